"""Demand mode (RFC 5880 section 6.6): when it may be asked for, how it judges silence, what it has to poll about.

Each system asks on its own, with the D bit; the other one then ceases its periodic packets. Silence means nothing any
more, except the silence after a Poll: the Detection Time runs from the first packet of a Poll Sequence (6.8.4).
"""

from dataclasses import replace

from refimpl.core.packet import ControlPacket
from refimpl.core.variables import StateVariables


def may_be_active(v: StateVariables) -> bool:
    """Do both systems perceive the session to be Up? Only then may the D bit be set (6.6, 6.8.7)."""
    return v.both_up


def in_use(v: StateVariables) -> bool:
    """Is Demand mode active on either system, or on both?"""
    return v.demand_active or v.remote_demand_active


def detection_time(v: StateVariables) -> int:
    """The Detection Time of Demand mode, microseconds (6.8.4): made of what the *local* system multiplies and sends,
    because it is the local system's Polls that are missed."""
    return v.detect_mult * max(v.desired_min_tx_interval_us, v.remote_min_rx_interval_us)


def silence(
    v: StateVariables, since_packet: tuple[int, int], polled: int | None, detection_time_us: int
) -> tuple[int, int] | None:
    """Since when the remote system is silent and how long it may be, microseconds; None where its silence means nothing
    (6.8.4).

    `since_packet` is the answer of Asynchronous mode; `polled` is when the first packet of the running Poll Sequence
    left, None where none did; `detection_time_us` is that of Demand mode.
    """
    if not v.demand_in_force:
        return since_packet
    if polled is None:
        return None
    since_poll = polled, detection_time_us
    # While the remote system is told that Demand mode is over, it may have been silent for long: the Poll decides.
    return since_poll if v.demand_active else max(since_poll, since_packet, key=sum)


def contents_differ(told: ControlPacket, following: ControlPacket) -> bool:
    """Does a packet say anything new, Poll and Final aside? With Demand mode in use that takes a Poll Sequence (6.6).

    The Authentication Section is not among the contents: both packets are as they were before they were signed.
    """
    return replace(following, poll=told.poll, final=told.final) != told
