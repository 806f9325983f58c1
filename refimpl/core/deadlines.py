"""When a session has to do something of its own accord (RFC 5880 sections 6.8.1, 6.8.4, 6.8.7 and 6.8.9).

Every deadline is derived afresh from what happened last and from the state variables as they are now, so that nothing
has to be rescheduled when a variable changes, and a late call delays one packet and not all that follow. Times are
integer microseconds; None is never.
"""

from dataclasses import dataclass

from refimpl.core import demand
from refimpl.core.constants import INITIAL_REMOTE_MIN_RX_US, State
from refimpl.core.echo import JITTER, EchoStream
from refimpl.core.procedures import Procedures
from refimpl.core.timing import jittered
from refimpl.core.variables import StateVariables


@dataclass(slots=True)
class Times:
    """When things happened last in a session.

    `draw`, uniform in [0, 1), is the jitter of the interval that follows `last_tx`. `last_rx` is the last packet
    received in the sense of 6.8.4; `last_valid` the last valid one, though possibly discarded because the session is
    AdminDown.
    """

    created: int
    draw: float
    last_tx: int | None = None
    last_rx: int | None = None
    last_valid: int | None = None


Silence = tuple[int, int]
"""Since when the remote system is silent, and for how long it may be (its Detection Time)."""


def next_transmission(
    v: StateVariables, rules: Procedures, times: Times, *, polling: bool, passive: bool
) -> int | None:
    """When the next periodic packet is due (6.8.7)."""
    if not rules.may_transmit(v, passive=passive) or rules.is_quieted(v, polling=polling):
        return None
    if times.last_tx is None:
        return times.created  # that is, at once
    return times.last_tx + jittered(rules.transmit_interval(v), rules.jitter_bounds(v.detect_mult), times.draw)


def silence(v: StateVariables, rules: Procedures, heard: int | None, polled: int | None) -> Silence | None:
    """The silence after `heard`, when the last packet came that counts, or after `polled`, when the first packet of the
    running Poll Sequence left; None where it means nothing (`demand.silence`)."""
    if heard is None or not rules.detection_time(v):
        return None
    return demand.silence(v, (heard, rules.detection_time(v)), polled, rules.demand_detection_time(v))


def expiry(v: StateVariables, since_received: Silence | None) -> int | None:
    """When the session fails, unless a packet is received before (6.8.4)."""
    if since_received is None or v.session_state not in (State.INIT, State.UP):
        return None
    since, detection_time = since_received
    return since + detection_time


def forgetting(v: StateVariables, since_valid: Silence | None, configured_discr: int) -> int | None:
    """When what the remote system said is forgotten (6.8.1 and 6.8.18); `configured_discr` is what was signalled
    outside BFD, 0 if nothing was."""
    initial = configured_discr, INITIAL_REMOTE_MIN_RX_US
    if since_valid is None or (v.remote_discr, v.remote_min_rx_interval_us) == initial:
        return None
    since, detection_time = since_valid
    return since + detection_time


def losing_sequence(v: StateVariables, since_valid: Silence | None) -> int | None:
    """When bfd.AuthSeqKnown becomes zero: twice the Detection Time after the last packet (6.8.1)."""
    if since_valid is None or not v.auth_seq_known:
        return None
    since, detection_time = since_valid
    return since + 2 * detection_time


def next_echo(v: StateVariables, rules: Procedures, times: Times, stream: EchoStream) -> int | None:
    """When the next Echo packet is due (6.8.9), and those that did not come back are missed."""
    if not rules.may_echo(v):
        return None
    if stream.last_tx is None:
        return times.created  # that is, at once
    return stream.last_tx + jittered(rules.echo_interval(v), JITTER, stream.draw)
