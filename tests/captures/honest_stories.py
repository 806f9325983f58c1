"""Captures of two reference speakers whose story chance wrote: losses, delays, cuts, restarts, commands of operators.

A capture is taken in the middle of a chain: speaker, link, capture, link, speaker. So packets may be lost or late
before they were captured, and after it.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from captures.rows import Row
from refimpl.core.auth.config import AuthConfig
from refimpl.core.constants import AuthType, Diag, State
from refimpl.core.outputs import Output
from refimpl.core.profile import SessionConfig
from refimpl.core.session import Session
from refimpl.profiles.rfc5881 import SINGLE_HOP
from refimpl.runtime.clock import VirtualClock
from refimpl.runtime.link import Impairments, LinkEnd, connect
from refimpl.runtime.virtual import VirtualEngine, VirtualInterface
from refimpl.wire.frames import dissect

ADDRESSES = ("192.0.2.1", "192.0.2.2")
START_NS = 1_700_000_000_000_000_000
SECOND_US = 1_000_000
INTERVALS_US = (20_000, 50_000, 100_000, 300_000, SECOND_US)
CUT = Impairments(loss=1.0)
_MACS = ("02:00:00:00:00:01", "02:00:00:00:00:02")


@dataclass
class Stage:
    """The speakers, the capture between them, and what chance decided about them. `told` says it in words.
    On `orderly` links no packet is duplicated. Of `half_heard`, an address, Finals and more are lost before they are
    captured. What is `captured_twice` is not delivered twice."""

    rng: Random
    clock: VirtualClock = field(default_factory=VirtualClock)
    rows: list[Row] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    orderly: bool = False
    half_heard: str = ""
    captured_twice: bool = False
    _passing: int = 0

    def __post_init__(self) -> None:
        self.auth = self._draw_auth()
        self.links = tuple(
            connect(self.clock, self.rng, self._draw_orderly() if self.orderly else self._draw_link())
            for _ in ADDRESSES
        )
        inner = self.links[0][1], self.links[1][0]
        inner[0].deliver = lambda frame: self._pass(frame, inner[1])
        inner[1].deliver = lambda frame: self._pass(frame, inner[0])
        self.ends = self.links[0][0], self.links[1][1]
        self.engines: list[VirtualEngine] = []
        self.sessions: list[Session] = []
        for number in (0, 1):
            self.engines.append(self._engine(number))
            self.sessions.append(self._session(number))

    def elapse(self, by_us: int) -> None:
        """Let time go by, microseconds."""
        self.clock.advance(self.clock.now + by_us)

    def tell(self, words: str) -> None:
        """Note what happens now."""
        self.told.append(f"{self.clock.now / SECOND_US:.3f}: {words}")

    def restart(self, number: int) -> None:
        """The speaker forgets everything, without a word."""
        self.engines[number].remove(self.sessions[number])
        self.engines[number] = self._engine(number)
        self.sessions[number] = self._session(number)

    def perform(self, number: int, outputs: list[Output]) -> None:
        """Carry out what a session answered."""
        self.engines[number].perform(self.sessions[number], outputs)

    def _engine(self, number: int) -> VirtualEngine:
        interface = VirtualInterface("eth0", self.ends[number], _MACS[number], _MACS[1 - number], (ADDRESSES[number],))
        return VirtualEngine(self.clock, [interface], rng=Random(self.rng.random()))

    def _session(self, number: int) -> Session:
        rng = self.rng
        config = SessionConfig(
            peer=ADDRESSES[1 - number],
            local=ADDRESSES[number],
            interface="eth0",
            desired_min_tx_us=rng.choice(INTERVALS_US),
            required_min_rx_us=rng.choice(INTERVALS_US),
            detect_mult=rng.choice((1, 2, 3, 3, 3, 5, 50)),
            demand=rng.random() < 0.1,
            auth=self.auth,
        )
        self.tell(f"{number} starts: {config}")
        return self.engines[number].add(config, SINGLE_HOP)

    def _draw_auth(self) -> AuthConfig | None:
        if self.rng.random() < 0.6:
            return None
        return AuthConfig(self.rng.choice(list(AuthType)), {1: b"secret12"}, 1)

    def _draw_link(self) -> Impairments:
        rng = self.rng
        calm = rng.random() < 0.4
        link = (
            Impairments(delay_us=rng.choice((50, 20_000)))
            if calm
            else Impairments(
                delay_us=rng.choice((50, 50, 1_000, 30_000, 200_000)),
                jitter_us=rng.choice((0, 0, 200, 5_000, 20_000, 100_000)),
                loss=rng.choice((0, 0, 0, 0.01, 0.1, 0.3)),
                # Never all: each copy of a packet that changes a state is answered at once, and that would not end.
                duplication=rng.choice((0, 0, 0, 0.05)),
                reordering=rng.choice((0, 0, 0, 0.05)),
                reorder_by_us=rng.choice((100, 5_000, 40_000)),
            )
        )
        self.tell(str(link))
        return link

    def _draw_orderly(self) -> Impairments:
        jitter_us, loss = self.rng.choice((0, 0, 5_000, 100_000)), self.rng.choice((0, 0, 0.01, 0.1))
        link = Impairments(delay_us=self.rng.choice((50, 20_000)), jitter_us=jitter_us, loss=loss)
        self.tell(str(link))
        return link

    def _pass(self, frame: bytes, onwards: LinkEnd) -> None:
        datagram = dissect(frame)
        if datagram is not None and datagram.source == self.half_heard and self._is_lost(datagram.payload):
            return
        for _ in range(0 if datagram is None else 1 + self.captured_twice):
            self.rows.append(row(frame, len(self.rows) + 1, START_NS + self.clock.now * 1000))
        onwards.send(frame)

    def _is_lost(self, payload: bytes) -> bool:
        """Finals, and every third packet: if it were Finals alone, the speaker would seem to send none."""
        if payload[1] & 0x10:
            return True
        self._passing = (self._passing + 1) % 3
        return self._passing == 0


def row(frame: bytes, number: int, time_ns: int) -> Row:
    """The row of a frame that holds a right Control packet."""
    datagram = dissect(frame)
    assert datagram is not None
    payload = datagram.payload
    version_diag, state_flags, mult, length, *words = struct.unpack_from(">4B5I", payload)
    auth = payload[24:length] if state_flags & 0x04 else b""
    return Row(
        frame=number,
        time_ns=time_ns,
        source=datagram.source,
        destination=datagram.destination,
        ttl=datagram.ttl,
        source_port=datagram.source_port,
        destination_port=datagram.destination_port,
        ip_version=4,
        udp_length=len(payload) + 8,
        version=version_diag >> 5,
        diag=version_diag & 0x1F,
        state=state_flags >> 6,
        poll=bool(state_flags & 0x20),
        final=bool(state_flags & 0x10),
        control_plane_independent=bool(state_flags & 0x08),
        authentication_present=bool(state_flags & 0x04),
        demand=bool(state_flags & 0x02),
        multipoint=bool(state_flags & 0x01),
        detect_mult=mult,
        length=length,
        my_discriminator=words[0],
        your_discriminator=words[1],
        desired_min_tx_interval_us=words[2],
        required_min_rx_interval_us=words[3],
        required_min_echo_rx_interval_us=words[4],
        auth_type=auth[0] if auth else None,
        auth_length=auth[1] if auth else None,
        auth_key_id=auth[2] if auth else None,
        auth_sequence=int.from_bytes(auth[4:8], "big") if auth and auth[0] > 1 else None,
        malformed=False,
    )


# ------------------------------------------------------------------ what may happen


def _retimed(stage: Stage, number: int) -> None:
    rng, wanted = stage.rng, {}
    if rng.random() < 0.7:
        wanted["desired_min_tx_us"] = rng.choice(INTERVALS_US)
    if rng.random() < 0.7:
        wanted["required_min_rx_us"] = rng.choice((*INTERVALS_US, 0))
    if rng.random() < 0.3:
        wanted["detect_mult"] = rng.randint(1, 10)
    stage.tell(f"{number} has {wanted}")
    stage.perform(number, stage.sessions[number].set_timers(stage.clock.now, **wanted))


def _disabled(stage: Stage, number: int) -> None:
    stage.tell(f"{number} is disabled")
    stage.perform(number, stage.sessions[number].disable(stage.clock.now))
    stage.elapse(stage.rng.choice((1, 200_000, 5 * SECOND_US)))
    stage.tell(f"{number} is enabled")
    stage.perform(number, stage.sessions[number].enable(stage.clock.now))


def _demanded(stage: Stage, number: int) -> None:
    wanted = not stage.sessions[number].wants_demand
    stage.tell(f"{number} in Demand mode: {wanted}")
    stage.perform(number, stage.sessions[number].set_demand(stage.clock.now, wanted))


def _verified(stage: Stage, number: int) -> None:
    if stage.sessions[number].state is State.UP:
        stage.tell(f"{number} verifies")
        stage.perform(number, stage.sessions[number].verify(stage.clock.now))


def _restarted(stage: Stage, number: int) -> None:
    stage.tell(f"{number} restarts")
    stage.restart(number)


def _cut(stage: Stage, number: int) -> None:
    """One direction or both of the link on one side of the capture, or of both."""
    rng = stage.rng
    cut = [end for link in stage.links for end in link if rng.random() < 0.4]
    before = [end.impairments for end in cut]
    stage.tell(f"cut: {[(i, j) for i, link in enumerate(stage.links) for j, end in enumerate(link) if end in cut]}")
    for end in cut:
        end.impairments = CUT
    stage.elapse(rng.choice((300_000, 3 * SECOND_US, 15 * SECOND_US)))
    for end, how in zip(cut, before, strict=True):
        end.impairments = how
    stage.tell("mended")


def _reset(stage: Stage, number: int) -> None:
    stage.tell(f"{number} resets its forwarding plane")
    stage.perform(number, stage.sessions[number].reset_forwarding(stage.clock.now))


def _pathless(stage: Stage, number: int) -> None:
    if stage.sessions[number].state is State.UP:
        diag = stage.rng.choice((Diag(6), Diag(8), Diag(0)))
        stage.tell(f"{number} reports {diag}")
        stage.perform(number, stage.sessions[number].report_path(stage.clock.now, diag))


EVENTS: Sequence[Callable[[Stage, int], None]] = (
    _retimed,
    _retimed,
    _disabled,
    _demanded,
    _verified,
    _restarted,
    _cut,
    _cut,
    _reset,
    _pathless,
)


def honest_story(seed: int, events: int = 6) -> Stage:
    """The stage after its story. The capture may begin in the middle of it, and shows one direction only at times."""
    rng = Random(seed)
    stage = Stage(rng, captured_twice=rng.random() < 0.1)
    stage.elapse(rng.choice((3, 10)) * SECOND_US)
    for _ in range(events):
        event = rng.choice(EVENTS)
        event(stage, rng.randrange(2))
        stage.elapse(int(10 ** rng.uniform(4, 7.3)))
    if rng.random() < 0.4:
        since = rng.randrange(len(stage.rows) + 1)
        stage.tell(f"only what came after frame {since} was captured")
        stage.rows = stage.rows[since:]
    if rng.random() < 0.1:
        speaker = rng.choice(ADDRESSES)
        stage.tell(f"only what {speaker} sent was captured")
        stage.rows = [each for each in stage.rows if each.source == speaker]
    stage.rows = [replace(each, frame=number) for number, each in enumerate(stage.rows, 1)]
    return stage


# ------------------------------------------------------------------ timers change, and there is time to see it

PACES_US = (50_000, 100_000, 200_000, 500_000)


def _repaced(stage: Stage, number: int) -> None:
    wanted = {stage.rng.choice(("desired_min_tx_us", "required_min_rx_us")): stage.rng.choice(PACES_US)}
    stage.tell(f"{number} has {wanted}")
    stage.perform(number, stage.sessions[number].set_timers(stage.clock.now, **wanted))


def _unanswered(stage: Stage, number: int) -> None:
    """Timers change while Finals are lost."""
    stage.half_heard = ADDRESSES[1 - number]
    stage.tell(f"{stage.half_heard} is half heard")
    for _ in range(stage.rng.randint(1, 2)):
        _repaced(stage, number)
        stage.elapse(stage.rng.choice((300_000, 10 * SECOND_US, 20 * SECOND_US)))
    stage.half_heard = ""
    stage.tell("Finals arrive again")


CHANGES: Sequence[Callable[[Stage, int], None]] = (_repaced, _repaced, _repaced, _unanswered, _unanswered, _cut)


def story_of_changes(seed: int, events: int = 5) -> Stage:
    """As honest_story, on links that lose and delay little, and duplicate nothing."""
    rng = Random(seed)
    stage = Stage(rng, orderly=True)
    for _ in range(events):
        stage.elapse(int(rng.uniform(1, 20) * SECOND_US))
        rng.choice(CHANGES)(stage, rng.randrange(2))
    stage.elapse(20 * SECOND_US)
    if rng.random() < 0.2:
        since = rng.randrange(len(stage.rows) + 1)
        stage.tell(f"only what came after frame {since} was captured")
        stage.rows = stage.rows[since:]
    stage.rows = [replace(each, frame=number) for number, each in enumerate(stage.rows, 1)]
    return stage
