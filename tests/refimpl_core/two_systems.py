"""Two sessions, a bad link between them, and a witness who knows the RFC's rules but not the sessions' insides.

The witness looks at packets and outputs only; what it demands is typed from RFC 5880, not taken from the core.
"""

import heapq
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random
from typing import Any

from session_rig import meta

from refimpl.core.constants import State
from refimpl.core.outputs import Discarded, Output, PollEnded, PollStarted, RemoteForgotten, StateChanged, Transmit, Why
from refimpl.core.packet import ControlPacket, Meta
from refimpl.core.profile import SessionConfig
from refimpl.core.session import Session
from refimpl.profiles.rfc5881 import SINGLE_HOP

ADMIN, DOWN, INIT, UP = State.ADMIN_DOWN, State.DOWN, State.INIT, State.UP

ADDRESSES = ("192.0.2.1", "192.0.2.2")

LEGAL_MOVES = {
    ("received AdminDown", INIT, DOWN),
    ("received AdminDown", UP, DOWN),
    ("received Down", DOWN, INIT),
    ("received Down", UP, DOWN),
    ("received Init", DOWN, UP),
    ("received Init", INIT, UP),
    ("received Up", INIT, UP),
    ("Detection Time expired", INIT, DOWN),
    ("Detection Time expired", UP, DOWN),
    ("administratively disabled", DOWN, ADMIN),
    ("administratively disabled", INIT, ADMIN),
    ("administratively disabled", UP, ADMIN),
    ("administratively enabled", ADMIN, DOWN),
}


@dataclass
class Witness:
    """Watches one system. `others_discr` is the far end's discriminator."""

    discr: int
    others_discr: int
    state: State = DOWN
    scheduled_at: int | None = None  # the last packet that was no answer to a Poll
    may_send_every: int = 1_000_000  # the least interval that may be in force
    announced: int = 1_000_000  # in the last packet
    asked_interval: int = 1  # what the far end asked for, 1 when it said nothing
    disturbed_at: int = 0  # when anything happened that may make the next packet due at once
    polls_sent: int = 0  # of the Poll Sequence that is under way
    # Intervals and D of the last Poll, until a new one may be about others.
    polled_about: tuple[int, int, bool] | None = None
    answered: bool = False
    wants_demand: bool = False
    far_end_asks: bool = False  # for Demand mode
    may_say_demand: bool = False  # outlasts the wish until a packet has D clear: a change waits for the running Poll
    demand_said: bool = False  # in the last packet

    def heard(self, packet: ControlPacket, outputs: list[Output]) -> None:
        """A packet came in and the system answered with `outputs`, which were seen already."""
        self.asked_interval = packet.required_min_rx_interval_us
        self.far_end_asks = packet.demand
        self.answered = self.answered or PollEnded() in outputs
        # In Demand mode a round trip tells two Poll Sequences apart, of which the Final is the end.
        apart = not packet.final or packet.demand or self.demand_said
        if (self.answered and apart) or packet.state != UP:
            self.polled_about, self.answered = None, False
        if self.state is not ADMIN and not any(isinstance(output, Discarded) for output in outputs):
            finals = [output for output in outputs if isinstance(output, Transmit) and output.why is Why.FINAL]
            assert len(finals) == packet.poll, "one Final for a Poll, none without"

    def saw(self, now: int, outputs: list[Output]) -> None:
        for output in outputs:
            match output:
                case StateChanged(old=old, new=new, trigger=trigger):
                    assert old is self.state
                    assert (trigger, old, new) in LEGAL_MOVES
                    self.state = new
                    self.polled_about, self.answered = None, False  # the slow rate waits for nobody
                case RemoteForgotten():
                    self.asked_interval, self.disturbed_at = 1, now
                case PollStarted():
                    self.polls_sent = 0
                    if self.far_end_asks:
                        self.disturbed_at = now  # out of the silence that Demand mode is
                case PollEnded():
                    assert self.polls_sent > 0, "6.8.6: a Final answers a Poll that was sent"
                    self.may_send_every = self.announced
                case Transmit():
                    self._packet(now, output)

    def _packet(self, now: int, sent: Transmit) -> None:
        packet = sent.packet
        assert not (packet.poll and packet.final), "6.5: never both"
        assert packet.final is (sent.why is Why.FINAL)
        assert not packet.poll or sent.why is Why.PERIODIC, "6.5: a Poll rides on the schedule"
        assert packet.my_discriminator == self.discr != 0
        assert packet.your_discriminator in (0, self.others_discr)
        assert packet.state == self.state
        if self.state in (INIT, UP):
            assert packet.your_discriminator == self.others_discr
        if self.state is not UP:
            assert packet.desired_min_tx_interval_us >= 1_000_000, "6.8.3: slow unless Up"
        assert (packet.version, packet.length, packet.multipoint, packet.authentication_present) == (
            1,
            24,
            False,
            False,
        )
        assert not (packet.demand and self.state is not UP), "6.8.7: no D unless Up"
        assert packet.demand <= self.may_say_demand, "6.8.7: no D that nobody wants"
        self.may_say_demand = packet.demand or self.wants_demand
        self.demand_said = packet.demand
        self.announced = packet.desired_min_tx_interval_us
        # A lower value is in force at once; a higher one while Up only after the Final (6.8.3).
        self.may_send_every = min(self.may_send_every, self.announced) if self.state is UP else self.announced
        if packet.poll:
            about = (packet.desired_min_tx_interval_us, packet.required_min_rx_interval_us, packet.demand)
            assert self.polled_about in (None, about), "6.8.3: one change a Poll"
            self.polled_about, self.polls_sent = about, self.polls_sent + 1
        if sent.why is Why.PERIODIC and self.scheduled_at is not None:
            interval = max(self.may_send_every, self.asked_interval)
            longest = interval * 9 // 10 if packet.detect_mult == 1 else interval
            assert 4 * (now - self.scheduled_at) >= 3 * interval, "6.8.7: at most a quarter early"
            assert now <= max(self.scheduled_at + longest, self.disturbed_at), "6.8.7: not late"
        if sent.why is not Why.FINAL:
            self.scheduled_at = now


@dataclass
class System:
    """A session, its witness, and everything that was ever done to it, so that it can be done again."""

    config: SessionConfig
    discr: int
    seed: int
    witness: Witness
    session: Session = field(init=False)
    inputs: list[tuple[str, int, tuple[Any, ...]]] = field(default_factory=list)
    outputs: list[list[Output]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session = self._new_session()

    def do(self, what: str, now: int, *arguments: Any) -> list[Output]:
        self.inputs.append((what, now, arguments))
        outputs = _do(self.session, what, now, arguments)
        self.outputs.append(outputs)
        if what == "set_demand":
            self.witness.wants_demand = bool(arguments[0])
            self.witness.may_say_demand |= self.witness.wants_demand
        if what != "on_timer":
            self.witness.disturbed_at = now
        self.witness.saw(now, outputs)
        if what == "receive":
            self.witness.heard(arguments[0], outputs)
        deadline = self.session.next_deadline()
        if what == "on_timer":
            assert deadline is None or deadline > now, "a timer that was served is over"
        return outputs

    def check_determinism(self) -> None:
        """The same inputs, a second time: the same outputs."""
        session = self._new_session()
        assert [_do(session, what, now, arguments) for what, now, arguments in self.inputs] == self.outputs

    def _new_session(self) -> Session:
        return Session(self.config, SINGLE_HOP, local_discr=self.discr, rng=Random(self.seed), now=0)


def _do(session: Session, what: str, now: int, arguments: tuple[Any, ...]) -> list[Output]:
    match what, arguments:
        case "receive", (ControlPacket() as packet, Meta() as encapsulation):
            return session.receive(packet, encapsulation, now)
        case "set_timers", (dict() as changes,):
            return session.set_timers(now, **changes)
        case "set_demand", (bool() as enabled,):
            return session.set_demand(now, enabled)
        case _:
            outputs: list[Output] = getattr(session, what)(now)
            return outputs


class TwoSystems:
    """Systems 0 and 1 and the link between them; `loss[i]` swallows what i sends, `copies[i]` multiplies it."""

    def __init__(self, configs: tuple[SessionConfig, SessionConfig], seed: int) -> None:
        discrs = (0xA, 0xB)
        self.now = 0
        self.systems = tuple(
            System(
                replace(config, local=ADDRESSES[i], peer=ADDRESSES[1 - i]),
                discrs[i],
                seed + i,
                Witness(discrs[i], discrs[1 - i]),
            )
            for i, config in enumerate(configs)
        )
        self.loss = [False, False]
        self.copies = [1, 1]
        self.delay_us = 1_000
        self._in_flight: list[tuple[int, int, int, ControlPacket]] = []
        self._order = count()

    def advance(self, to: int) -> None:
        while (event := self._next_event()) is not None and event <= to:
            self.now = max(self.now, event)
            if self._in_flight and self._in_flight[0][0] <= self.now:
                _, _, i, packet = heapq.heappop(self._in_flight)
                encapsulation = meta(source=ADDRESSES[1 - i], destination=ADDRESSES[i])
                self.do(i, "receive", packet, encapsulation)
                continue
            for i, system in enumerate(self.systems):
                deadline = system.session.next_deadline()
                if deadline is not None and deadline <= self.now:
                    self.do(i, "on_timer")
        self.now = to

    def do(self, i: int, what: str, *arguments: Any) -> None:
        for output in self.systems[i].do(what, self.now, *arguments):
            if isinstance(output, Transmit) and not self.loss[i]:
                for _ in range(self.copies[i]):
                    arrival = self.now + self.delay_us
                    heapq.heappush(self._in_flight, (arrival, next(self._order), 1 - i, output.packet))

    def heal(self) -> None:
        """A good link from now on, and both systems willing."""
        self.loss, self.copies, self.delay_us = [False, False], [1, 1], 1_000
        for i in (0, 1):
            self.do(i, "enable")

    def _next_event(self) -> int | None:
        events = [system.session.next_deadline() for system in self.systems]
        if self._in_flight:
            events.append(self._in_flight[0][0])
        return min((event for event in events if event is not None), default=None)
