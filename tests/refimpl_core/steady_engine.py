"""Two ways to drive a session over the same script: asking it every time, or using its steady state.

Both write down what is seen from outside: (time, packet) of each transmission and (time, old, new, diagnostic) of each
change of state.
"""

from dataclasses import dataclass, field

from session_rig import FixedDraw, meta

from refimpl.core.outputs import Discarded, Output, StateChanged, Transmit, Why
from refimpl.core.packet import ControlPacket
from refimpl.core.session import Session
from refimpl.core.steady import Steady


@dataclass
class Seen:
    packets: list[tuple[int, ControlPacket]] = field(default_factory=list)
    changes: list[tuple[int, int, int, int]] = field(default_factory=list)

    def note(self, now: int, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Transmit):
                self.packets.append((now, output.packet))
            elif isinstance(output, StateChanged):
                self.changes.append((now, output.old, output.new, output.diag))


class AskingEngine:
    """Asks the session about every packet and every deadline."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.seen = Seen()

    def advance(self, to: int) -> None:
        while (deadline := self.session.next_deadline()) is not None and deadline <= to:
            self.seen.note(deadline, self.session.on_timer(deadline))
            later = self.session.next_deadline()
            assert later is None or later > deadline, "a timer that was served is over"

    def receive(self, packet: ControlPacket, now: int) -> None:
        self.seen.note(now, self.session.receive(packet, meta(), now))

    def set_timers(self, now: int, changes: dict[str, int]) -> None:
        self.seen.note(now, self.session.set_timers(now, **changes))


class SteadyEngine:
    """Sends and accepts on its own while the session is steady; `asked` counts what it still asked the session.

    It draws its intervals from `draw`, and knows of the session only what `Steady` and the outputs tell.
    """

    def __init__(self, session: Session, draw: FixedDraw) -> None:
        self.session = session
        self.seen = Seen()
        self.asked = 0
        self._draw = draw
        self._steady: Steady | None = None
        self._last_tx = self._last_rx = 0
        self._transmitted = self._received = 0

    def advance(self, to: int) -> None:
        while True:
            if self._steady is None:
                deadline = self.session.next_deadline()
                if deadline is None or deadline > to:
                    return
                self._ask(deadline, self.session.on_timer(deadline))
                continue
            expiry = self._last_rx + self._steady.detection_time_us
            due = self._last_tx + self._interval(self._steady)
            if min(expiry, due) > to:
                return
            if expiry <= due:
                self._hand_over()
                self._ask(expiry, self.session.on_timer(expiry))
            else:
                self.seen.packets.append((due, self._steady.transmit))
                self._last_tx, self._transmitted = due, self._transmitted + 1

    def receive(self, packet: ControlPacket, now: int) -> None:
        steady = self._steady
        if steady is not None and (packet, meta()) == (steady.accept, steady.accept_meta):
            self._last_rx, self._received = now, self._received + 1
            return
        self._hand_over()
        outputs = self.session.receive(packet, meta(), now)
        if not any(isinstance(output, Discarded) for output in outputs):
            self._last_rx = now
        self._ask(now, outputs)

    def set_timers(self, now: int, changes: dict[str, int]) -> None:
        self._hand_over()
        self._ask(now, self.session.set_timers(now, **changes))

    def finish(self) -> None:
        """Tell the session what it missed."""
        self._hand_over()

    def _interval(self, steady: Steady) -> int:
        spread = steady.longest_us - steady.shortest_us + 1
        return steady.shortest_us + int(spread * self._draw.random())

    def _hand_over(self) -> None:
        if self._steady is not None:
            self.session.catch_up(
                last_tx=self._last_tx,
                transmitted=self._transmitted,
                last_rx=self._last_rx,
                received=self._received,
            )
        self._steady = None
        self._transmitted = self._received = 0

    def _ask(self, now: int, outputs: list[Output]) -> None:
        self.asked += 1
        self.seen.note(now, outputs)
        if any(isinstance(output, Transmit) and output.why is not Why.FINAL for output in outputs):
            self._last_tx = now
        self._steady = self.session.steady()
