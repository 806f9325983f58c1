"""Sessions with one method overridden, for deviants that no procedure of the table can express."""

from dataclasses import replace
from random import Random
from typing import Any

from refimpl.core.constants import Diag, State
from refimpl.core.fsm import Event
from refimpl.core.outputs import Output, Transmit, Why
from refimpl.core.packet import ControlPacket, Meta
from refimpl.core.poll import PollSequence
from refimpl.core.session import Session


class Joining(PollSequence):
    """Whatever is announced joins the running Poll Sequence."""

    @property
    def idle(self) -> bool:
        """Always."""
        return True

    def start(self) -> None:
        """Go on; a Poll that was sent before the contents changed still counts."""
        if not self.active:
            super().start()


class Hurried(Session):
    """A second change joins the Poll Sequence of the first one."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.poll = Joining()


class Forgetful(Session):
    """A change during a Poll Sequence is lost."""

    def set_timers(self, now: int, **changes: Any) -> list[Output]:
        """Obey when no Poll is running."""
        return super().set_timers(now, **changes) if self.poll.idle else []


class Sluggish(Session):
    """Unless Up, the old interval stays in force until the Final comes."""

    def _announce(self, outputs: list[Output]) -> None:
        v = self.variables
        before = v.desired_min_tx_in_force_us
        super()._announce(outputs)
        if v.session_state is not State.UP and self.poll.active:
            v.desired_min_tx_in_force_us = before


class Reborn(Session):
    """A failure brings the values back that the session was created with."""

    def _move(self, event: Event, outputs: list[Output], diag: Diag | None = None) -> None:
        super()._move(event, outputs, diag)
        if event is Event.DETECTION_TIME_EXPIRED:
            self._wanted_mult = self.config.detect_mult


class Resentful(Session):
    """The first diagnostic is kept for good."""

    def _move(self, event: Event, outputs: list[Output], diag: Diag | None = None) -> None:
        first = self.variables.local_diag
        super()._move(event, outputs, diag)
        self.variables.local_diag = first or self.variables.local_diag


class Oblivious(Session):
    """The far end is forgotten as soon as the session is Down."""

    def _move(self, event: Event, outputs: list[Output], diag: Diag | None = None) -> None:
        super()._move(event, outputs, diag)
        if self.variables.session_state is State.DOWN and event is not Event.RECEIVED_ADMIN_DOWN:
            self.variables.remote_discr = 0


class ShortOfMemory(Session):
    """The far end is forgotten after half of the Detection Time."""

    def _forgetting(self) -> int | None:
        whole = super()._forgetting()
        return None if whole is None else whole - self.detection_time // 2


class Restless(Session):
    """The Detection Time runs in AdminDown, too."""

    def _expiry(self) -> int | None:
        if self.variables.session_state is State.ADMIN_DOWN and self._times.last_rx is not None:
            return self._times.last_rx + self.detection_time
        return super()._expiry()


class Overwhelmed(Session):
    """At most four packets a second are taken in."""

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        """Lose what comes sooner."""
        if self._times.last_rx is not None and now - self._times.last_rx < 250_000:
            return []
        return super().receive(packet, meta, now)


class AskingOnce(Session):
    """Only the first packet of a Poll Sequence has P set."""

    def _transmit(self, why: Why, now: int, outputs: list[Output]) -> None:
        asked = self.poll.asked
        super()._transmit(why, now, outputs)
        if asked and why is Why.PERIODIC:
            outputs[-1] = Transmit(replace(self._last_sent or ControlPacket(), poll=False), why)


class Turns(Random):
    """Long and short take turns."""

    def random(self) -> float:
        """The other one of two values."""
        self._long = not getattr(self, "_long", False)
        return 0.9 if self._long else 0.1


class Alternating(Session):
    """Jitter that takes turns instead of being drawn."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "rng": Turns()})


class Unmoved(Session):
    """A new Detect Mult is for the next session only."""

    def set_timers(self, now: int, *, detect_mult: int | None = None, **changes: Any) -> list[Output]:
        """Obey but for the multiplier."""
        return super().set_timers(now, **changes)


class Postponing(Session):
    """A change waits for the packet after the next one."""

    def set_timers(self, now: int, **changes: Any) -> list[Output]:
        """Remember what to do."""
        self.postponed: dict[str, Any] = changes
        return []

    def _transmit(self, why: Why, now: int, outputs: list[Output]) -> None:
        super()._transmit(why, now, outputs)
        changes, self.postponed = getattr(self, "postponed", {}), {}
        outputs += super().set_timers(now, **changes)


class StruckDeaf(Session):
    """The receiver does not survive a packet with the A bit, and the rest of the session does not notice."""

    deaf = False

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        """Hear nothing after that."""
        self.deaf = self.deaf or packet.authentication_present
        return [] if self.deaf else super().receive(packet, meta, now)
