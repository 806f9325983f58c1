"""Speakers that get Demand mode wrong, each in one way (RFC 5880 section 6.6)."""

from dataclasses import replace

from refimpl.core import demand, procedures
from refimpl.core.constants import State
from refimpl.core.outputs import Output, Why
from refimpl.core.packet import ControlPacket
from refimpl.core.poll import PollSequence
from refimpl.core.session import Session
from refimpl.core.variables import StateVariables

INTERVAL_US = 300_000


def demand_in_polls_only(packet: ControlPacket, v: StateVariables, poll: bool, final: bool) -> ControlPacket:
    """D is forgotten in packets that do not poll."""
    return replace(packet, demand=packet.demand and poll)


def demand_as_stored(packet: ControlPacket, v: StateVariables, poll: bool, final: bool) -> ControlPacket:
    """D is bfd.DemandMode, whatever the states."""
    return replace(packet, demand=v.demand_mode)


def down_on_change_of_demand(v: StateVariables, packet: ControlPacket) -> None:
    """A change of the far end's D bit ends the session."""
    changed = packet.demand != v.remote_demand_mode
    procedures.learn(v, packet)
    if changed and v.session_state is State.UP:
        v.session_state = State.DOWN


def demand_from_polls_only(v: StateVariables, packet: ControlPacket) -> None:
    """D of a packet without P or F is not looked at."""
    before = v.remote_demand_mode
    procedures.learn(v, packet)
    if not (packet.poll or packet.final):
        v.remote_demand_mode = before


def demand_never_cleared(v: StateVariables, packet: ControlPacket) -> None:
    """A far end that was in Demand mode once stays there."""
    before = v.remote_demand_mode
    procedures.learn(v, packet)
    v.remote_demand_mode = before or packet.demand


def quiet_when_alone(v: StateVariables, *, polling: bool) -> bool:
    """Periodic packets cease for a far end in Demand mode, but not in both directions."""
    return v.remote_demand_active and not v.demand_active and not polling


def quiet_when_asking(v: StateVariables, *, polling: bool) -> bool:
    """One's own Demand mode ends one's own periodic packets."""
    return demand.in_use(v) and not polling


def quiet_before_far_end_is_up(v: StateVariables, *, polling: bool) -> bool:
    """The far end's state is not looked at."""
    return v.remote_demand_mode and v.session_state is State.UP and not polling


def quiet_in_any_state(v: StateVariables, *, polling: bool) -> bool:
    """No state is looked at."""
    return v.remote_demand_mode and not polling


def remote_multiplier(v: StateVariables) -> int:
    """The far end's Detect Mult where the local one belongs."""
    return v.remote_detect_mult * max(v.desired_min_tx_interval_us, v.remote_min_rx_interval_us)


def own_interval(v: StateVariables) -> int:
    """bfd.DesiredMinTxInterval alone."""
    return v.detect_mult * v.desired_min_tx_interval_us


def their_interval(v: StateVariables) -> int:
    """bfd.RemoteMinRxInterval alone."""
    return v.detect_mult * v.remote_min_rx_interval_us


class CountedFromLastPoll(PollSequence):
    """The Detection Time begins anew with each Poll."""

    def transmitted(self, now: int) -> None:
        super().transmitted(now)
        self.first_sent = now


class CountedFromBefore(PollSequence):
    """The Detection Time begins an interval before the first Poll."""

    def transmitted(self, now: int) -> None:
        first = not self.asked
        super().transmitted(now)
        if first:
            self.first_sent = now - INTERVAL_US


class SettledByClearFinal(PollSequence):
    """Also in Demand mode, only a packet with F clear tells two Poll Sequences apart."""

    def received(self, now: int, *, final: bool, demand: bool) -> bool:
        return super().received(now, final=final, demand=False)

    def settle(self, now: int) -> None:
        self.settles_at = now + 3_600_000_000


class NeverVerifies(Session):
    """A wish to verify comes to nothing."""

    def verify(self, now: int) -> list[Output]:
        return []


class PollsOnce(Session):
    """A Poll is sent once and waited for."""

    def _next_transmission(self) -> int | None:
        waits = self.poll.asked and self.variables.remote_demand_active
        return None if waits else super()._next_transmission()

    def _transmit(self, why: Why, now: int, outputs: list[Output]) -> None:
        active = self.poll.active
        self.poll.active = active and not self.poll.asked
        super()._transmit(why, now, outputs)
        self.poll.active = active


class QuietChange(Session):
    """D changes without a Poll Sequence in the directions `silenced`."""

    silenced: tuple[bool, ...] = ()

    def set_demand(self, now: int, enabled: bool) -> list[Output]:
        outputs = super().set_demand(now, enabled)
        if enabled in self.silenced:
            self.poll.active = False
        return outputs


class QuietOn(QuietChange):
    """D is set without a Poll Sequence, and cleared with one."""

    silenced = (True,)


class QuietOff(QuietChange):
    """D is set with a Poll Sequence, and cleared without one."""

    silenced = (False,)


class RestlessAfterPoll(Session):
    """A Poll Sequence of its own makes it forget that the far end is in Demand mode."""

    def _finish_poll(self, outputs: list[Output]) -> None:
        super()._finish_poll(outputs)
        if self.variables.remote_demand_active:
            self._procedures = replace(self._procedures, is_quieted=lambda v, *, polling: False)


class ImpatientInDemandMode(Session):
    """Silence means a failure in Demand mode, too."""

    def _silence(self, heard: int | None) -> tuple[int, int] | None:
        return None if heard is None else (heard, self._procedures.detection_time(self.variables))


class DecidesOnce(Session):
    """Whether Demand mode is to be active is decided when the operator asks for it, and never again."""

    def _announce(self, outputs: list[Output]) -> None:
        self._wanted_demand = self._wanted_demand and (self.variables.both_up or self.variables.demand_mode)
        super()._announce(outputs)
