"""Sessions whose variables or states move when they should not, or do not when they should."""

from typing import Any

from refimpl.core.constants import Diag, State
from refimpl.core.fsm import Event
from refimpl.core.outputs import Output
from refimpl.core.packet import ControlPacket, Meta
from refimpl.core.procedures import learn
from refimpl.core.session import Session
from refimpl.core.variables import StateVariables


class FailsAtRandom(Session):
    """The eighth packet of a session that is Up takes it Down."""

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        outputs = super().receive(packet, meta, now)
        if self.state is State.UP and self.counters.received == 8:
            self._move(Event.DETECTION_TIME_EXPIRED, outputs)
            self._tell_change(now, outputs)
        return outputs


class ForgivesInTime(Session):
    """AdminDown ends by itself after three packets."""

    _reported = 0

    def on_timer(self, now: int) -> list[Output]:
        outputs = super().on_timer(now)
        self._reported = self._reported + 1 if self.state is State.ADMIN_DOWN else 0
        return [*outputs, *self.enable(now)] if self._reported == 3 else outputs


class WokenByPackets(Session):
    """AdminDown ends with the first packet that comes."""

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        return [*self.enable(now), *super().receive(packet, meta, now)]


class FailsOverTimers(Session):
    """A change of timing parameters takes the session Down."""

    def set_timers(self, now: int, **timers: Any) -> list[Output]:
        outputs = super().set_timers(now, **timers)
        self._move(Event.RECEIVED_DOWN, outputs)
        self._tell_change(now, outputs)
        return outputs


class ExpiresInDown(Session):
    """A Detection Time without packets sets the diagnostic, in Down, too."""

    def _expire(self, now: int, outputs: list[Output]) -> None:
        forgetting = self._forgetting()
        super()._expire(now, outputs)
        if forgetting is not None and now >= forgetting and self.state is State.DOWN:
            self.variables.local_diag = Diag.CONTROL_DETECTION_TIME_EXPIRED


class NeverForgets(Session):
    """What the far end said is kept for ever."""

    def _forgetting(self) -> int | None:
        return None


class KeepsTheOldRate(Session):
    """A raised Desired Min TX Interval is announced and never kept."""

    def _finish_poll(self, outputs: list[Output]) -> None:
        before = self.variables.desired_min_tx_in_force_us
        super()._finish_poll(outputs)
        self.variables.desired_min_tx_in_force_us = min(before, self.variables.desired_min_tx_in_force_us)


class AsksNobodyAboutTx(Session):
    """A changed Desired Min TX Interval is announced without a Poll Sequence."""

    unasked = "desired_min_tx_us"

    def set_timers(self, now: int, **timers: Any) -> list[Output]:
        outputs = super().set_timers(now, **timers)
        if timers.get(self.unasked) is not None:
            self.poll.active = False
        return outputs


class AsksNobodyAboutRx(AsksNobodyAboutTx):
    """A changed Required Min RX Interval is announced without a Poll Sequence."""

    unasked = "required_min_rx_us"


class AsksNobodyOnceUp(Session):
    """The slow rate is left without a Poll Sequence."""

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        before = self.state
        outputs = super().receive(packet, meta, now)
        if self.state is State.UP and before is not State.UP:
            self.poll.active = False
        return outputs


class SchedulesOnce(Session):
    """When the next packet leaves is decided when one is sent, and by nothing that comes after it."""

    _due: int | None = None

    def _next_transmission(self) -> int | None:
        due = super()._next_transmission()
        if due is None or self.state is not State.UP:
            self._due = None
        elif self._due is None or self._times.last_tx is None or self._due <= self._times.last_tx:
            self._due = due
        return self._due if self._due is not None else due


class ComesUpInSteps(Session):
    """A far end that asks for more packets gets one at once, and then five at twice the interval."""

    _slow = 0

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        before = self.variables.remote_min_rx_interval_us
        outputs = super().receive(packet, meta, now)
        if self.variables.remote_min_rx_interval_us < before:
            self._slow = 6
        return outputs

    def on_timer(self, now: int) -> list[Output]:
        sent = self.counters.transmitted
        outputs = super().on_timer(now)
        self._slow = max(0, self._slow - (self.counters.transmitted - sent))
        return outputs

    def _next_transmission(self) -> int | None:
        due = super()._next_transmission()
        return due + self.transmit_interval if due is not None and 0 < self._slow < 6 else due


class IgnoresFinals(Session):
    """A Poll Sequence about changed timers goes on whatever comes."""

    _deaf = False

    def set_timers(self, now: int, **timers: Any) -> list[Output]:
        self._deaf = True
        return super().set_timers(now, **timers)

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        was_active = self.poll.active
        outputs = super().receive(packet, meta, now)
        if self._deaf and was_active and packet.final:
            self.poll.start()
        return outputs


class SlowInDemand(Session):
    """A far end in Demand mode is sent periodic packets all the same, six times as slowly."""

    def _next_transmission(self) -> int | None:
        due = super()._next_transmission()
        demanded = self.variables.remote_demand_mode and self.state is State.UP
        return self._times.last_tx + 6 * self.transmit_interval if demanded and self._times.last_tx is not None else due


def beginning(**variables: Any) -> type[Session]:
    """Sessions in which some variables have other initial values."""

    class Begun(Session):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            for name, value in variables.items():
                setattr(self.variables, name, value)

    return Begun


def rate_from_polls_only(v: StateVariables, packet: ControlPacket) -> None:
    """Required Min RX Interval is taken over from Polls and Finals, and from nothing else."""
    before = v.remote_min_rx_interval_us
    learn(v, packet)
    if not packet.poll and not packet.final and v.session_state is State.UP:
        v.remote_min_rx_interval_us = before


def silent_for_ever(v: StateVariables, packet: ControlPacket) -> None:
    """Once the far end has asked for no packets, it gets none."""
    before = v.remote_min_rx_interval_us
    learn(v, packet)
    if before == 0:
        v.remote_min_rx_interval_us = 0


def reset_by_polls(v: StateVariables, packet: ControlPacket) -> None:
    """A Poll that says Up takes a session that is Up back to Down."""
    learn(v, packet)
    if packet.poll and packet.state == State.UP and v.session_state is State.UP:
        v.session_state = State.DOWN
