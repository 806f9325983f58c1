"""Sessions with one flaw about administrative control, reports of the operator, and rates."""

from dataclasses import replace

from conformance.deviants.patches import with_row
from refimpl.core.concatenated import FAILURES
from refimpl.core.constants import Diag, State
from refimpl.core.fsm import Event
from refimpl.core.outputs import Output
from refimpl.core.packet import ControlPacket, Meta
from refimpl.core.procedures import Procedures
from refimpl.core.session import Session


def on_reset(to: State, diag: Diag | None) -> Procedures:
    """The procedures with another outcome of a forwarding plane reset while Up."""
    return with_row(State.UP, Event.FORWARDING_PLANE_RESET, to, diag)


def on_path_down(to: State, diag: Diag | None) -> Procedures:
    """The procedures with another outcome of a reported path while Up."""
    return with_row(State.UP, Event.CONCATENATED_PATH_DOWN, to, diag)


class TakenInByDiag(Session):
    """Takes `believed` in the far end's packets for a failure of this session."""

    believed = frozenset(FAILURES)

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        if packet.diag in self.believed:
            packet = replace(packet, state=State.DOWN)
        return super().receive(packet, meta, now)


class BlamesNeighbor(Session):
    """Is disabled, and says that the far end went down."""

    def disable(self, now: int, diag: Diag = Diag.ADMINISTRATIVELY_DOWN) -> list[Output]:
        return super().disable(now, Diag.NEIGHBOR_SIGNALED_SESSION_DOWN)


class SaysOnce(Session):
    """Says what changed, and nothing any more in AdminDown."""

    def _next_transmission(self) -> int | None:
        return None if self.state is State.ADMIN_DOWN else super()._next_transmission()


class NeverForgets(Session):
    """Knows the far end for ever."""

    def _forgetting(self) -> int | None:
        return None


class TellsPathOnce(Session):
    """Takes the diagnostic of a path back with the packet that told it."""

    def report_path(self, now: int, diag: Diag) -> list[Output]:
        outputs = super().report_path(now, diag)
        self.variables.local_diag = Diag.NONE
        return outputs


class NeverPollsAboutPaths(Session):
    """Keeps a report to itself while the far end is in Demand mode."""

    def report_path(self, now: int, diag: Diag) -> list[Output]:
        return [] if self.variables.remote_demand_active else super().report_path(now, diag)


class ClingsToPath(Session):
    """Keeps the diagnostic of a path while `event` takes the session down."""

    event = Event.DETECTION_TIME_EXPIRED

    def _move(self, event: Event, outputs: list[Output], diag: Diag | None = None) -> None:
        before = self.variables.local_diag
        super()._move(event, outputs, diag)
        if event is self.event and before in FAILURES:
            self.variables.local_diag = before


class ClingsToPathWhenSignalled(ClingsToPath):
    """The same when the far end says Down."""

    event = Event.RECEIVED_DOWN


class LimitsAnswers(Session):
    """Answers one Poll in twice the announced Desired Min TX Interval."""

    _answered: int | None = None

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        limit_us = 2 * self.variables.desired_min_tx_interval_us
        if packet.poll and self._answered is not None and now < self._answered + limit_us:
            packet = replace(packet, poll=False)
        elif packet.poll:
            self._answered = now
        return super().receive(packet, meta, now)


class Unmoved(Session):
    """Hears of congestion and does nothing."""

    def congested(self, now: int) -> list[Output]:
        return []


class AsksForAsMuch(Session):
    """Sends less in congestion, and asks the far end for as much as before."""

    def congested(self, now: int) -> list[Output]:
        self._wanted_rx //= 2
        return super().congested(now)


class SelfishInCongestion(Session):
    """Asks the far end for less in congestion, and announces its own rate as before."""

    def congested(self, now: int) -> list[Output]:
        self._wanted_tx //= 2
        return super().congested(now)


class NeedsOptions(Session):
    """Wants a far end that loops back Echo packets."""

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        return super().receive(packet, meta, now) if packet.required_min_echo_rx_interval_us else []


class RefusesIndependence(Session):
    """Has nothing to do with a far end that sets C."""

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        return [] if packet.control_plane_independent else super().receive(packet, meta, now)


class RefusesEcho(Session):
    """Has nothing to do with a far end that would loop back Echo packets."""

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        return [] if packet.required_min_echo_rx_interval_us else super().receive(packet, meta, now)


class FallsByDemand(Session):
    """Takes a far end that asks for Demand mode for one that is Down."""

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        return super().receive(replace(packet, state=State.DOWN) if packet.demand else packet, meta, now)
