"""The procedures of RFC 5880 that a session follows, as one replaceable value.

A session asks these tables and functions instead of knowing them. That keeps each readable on its own, and lets a test
build a speaker that breaks exactly one rule: `dataclasses.replace(RFC5880, jitter_bounds=...)`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from refimpl.core import demand, echo, reception, timing, transmission
from refimpl.core.auth.reception import AUTHENTICATION, AuthRow
from refimpl.core.constants import SEDATE_RX_US, SLOW_INTERVAL_US, State
from refimpl.core.fsm import TABLE, Event, Transition
from refimpl.core.packet import ControlPacket
from refimpl.core.poll import PollSequence
from refimpl.core.variables import StateVariables


class Compose(Protocol):
    """Builds an outgoing packet from the variables."""

    def __call__(self, v: StateVariables, *, poll: bool, final: bool) -> ControlPacket: ...


class MayTransmit(Protocol):
    """Decides whether packets may be sent."""

    def __call__(self, v: StateVariables, *, passive: bool) -> bool: ...


class IsQuieted(Protocol):
    """Decides whether periodic packets cease."""

    def __call__(self, v: StateVariables, *, polling: bool) -> bool: ...


def announce(v: StateVariables, desired_min_tx_us: int, required_min_rx_us: int) -> None:
    """Change the announced intervals, and those in force as far as that may happen at once (6.8.3)."""
    v.desired_min_tx_interval_us = desired_min_tx_us
    v.required_min_rx_interval_us = required_min_rx_us
    up = v.session_state is State.UP
    if not (up and desired_min_tx_us > v.desired_min_tx_in_force_us):
        v.desired_min_tx_in_force_us = desired_min_tx_us
    if not (up and required_min_rx_us < v.required_min_rx_in_force_us):
        v.required_min_rx_in_force_us = required_min_rx_us


def learn(v: StateVariables, packet: ControlPacket) -> None:
    """Take over what an accepted packet says about the remote system (6.8.6, the assignments)."""
    v.remote_discr = packet.my_discriminator
    v.remote_session_state = State(packet.state)
    v.remote_diag = packet.diag
    v.remote_demand_mode = packet.demand
    v.remote_min_rx_interval_us = packet.required_min_rx_interval_us
    v.remote_desired_min_tx_interval_us = packet.desired_min_tx_interval_us
    v.remote_detect_mult = packet.detect_mult
    v.remote_control_plane_independent = packet.control_plane_independent
    v.remote_min_echo_rx_interval_us = packet.required_min_echo_rx_interval_us


@dataclass(frozen=True, slots=True)
class Procedures:
    """See the module. `slow_interval_us` is the least transmit interval while the session is not Up, `sedate_rx_us` the
    least Required Min RX Interval while the Echo function is active (6.8.3)."""

    fsm: Mapping[tuple[State, Event], Transition] = field(default_factory=lambda: TABLE)
    before_selection: tuple[reception.PacketRow, ...] = reception.BEFORE_SELECTION
    after_selection: tuple[reception.SessionRow, ...] = reception.AFTER_SELECTION
    authentication: tuple[AuthRow, ...] = AUTHENTICATION
    learn: Callable[[StateVariables, ControlPacket], None] = learn
    announce: Callable[[StateVariables, int, int], None] = announce
    transmit_interval: Callable[[StateVariables], int] = timing.transmit_interval
    jitter_bounds: Callable[[int], tuple[int, int]] = timing.jitter_bounds
    detection_time: Callable[[StateVariables], int] = timing.detection_time
    compose: Compose = transmission.compose
    may_transmit: MayTransmit = transmission.may_transmit
    is_quieted: IsQuieted = transmission.is_quieted
    poll_sequence: Callable[[], PollSequence] = PollSequence
    demand_may_be_active: Callable[[StateVariables], bool] = demand.may_be_active
    demand_detection_time: Callable[[StateVariables], int] = demand.detection_time
    contents_differ: Callable[[ControlPacket, ControlPacket], bool] = demand.contents_differ
    slow_interval_us: int = SLOW_INTERVAL_US
    may_echo: Callable[[StateVariables], bool] = echo.may_echo
    echo_interval: Callable[[StateVariables], int] = echo.echo_interval
    echo_failed: Callable[[int, StateVariables], bool] = echo.echo_failed
    sedate_rx_us: int = SEDATE_RX_US


RFC5880 = Procedures()
"""What the RFC says."""
