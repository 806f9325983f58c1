"""The three-way handshake as a bystander sees it (RFC 5880 sections 6.2 and 6.8.6).

Lives here: which changes of state the packets on the wire can explain. Must not live here: a state machine that runs;
nobody's clock and nobody's losses are known, so the question is never "what must happen now" but "could this have
happened". Three things keep an honest speaker from being accused:

* every packet to the speaker may have been lost, and may have been read up to `LAG_NS` after it was captured;
* a session may go to Down or AdminDown at any moment (timers, operators), also without a packet that shows it;
* a changed discriminator begins a new session for the bystander, and where a session's first packet stands is taken as
  given (RFC 5880 section 6.3 lets a speaker change its discriminator while it is Up).

What is assumed is that the capture itself lost nothing between its first and its last frame.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from captures.findings import Evidence, View, Wrong, in_frames
from captures.rows import Row

LAG_NS = 1_000_000_000
"""How long a packet may lie on the path and in the speaker's queues after it was captured, nanoseconds."""

ADMIN_DOWN, DOWN, INIT, UP = 0, 1, 2, 3
STATE_NAMES = ("AdminDown", "Down", "Init", "Up")

_End = tuple[str, int]  # an address and the discriminator that is sent from there
_SBFD_PORT = 7784  # RFC 7880 has a state machine of its own
_ENTRIES = {INIT: ((DOWN, DOWN),), UP: ((DOWN, INIT), (INIT, INIT), (INIT, UP))}
"""Section 6.2's diagram, without the ways down: how to enter a state, as (state before, state received)."""


@dataclass(frozen=True, slots=True)
class Step:
    """A session's change of state between two of its packets. `heard` are the packets that it may have read meanwhile.

    `doubt` says why the capture cannot judge the step, "" if it can.
    """

    before: Row
    after: Row
    heard: tuple[Row, ...]
    doubt: str

    @property
    def possible(self) -> bool:
        """Whether section 6.2 leads from the one state to the other, given what may have been read."""
        return self.after.state in _reachable(self.before.state, {row.state for row in self.heard})

    @property
    def peer_up(self) -> bool:
        """Whether an Up of the peer may have been read."""
        return any(row.state == UP for row in self.heard)


@dataclass(frozen=True, slots=True)
class Change:
    """A packet whose state differs from that of the same session's packet before (or that is the first)."""

    frame: int
    state: int


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a session, known by its address and discriminator, with its states in the order of the capture."""

    address: str
    discriminator: int
    changes: tuple[Change, ...]

    @property
    def init(self) -> int | None:
        """The frame of the first Init, or None."""
        return next((change.frame for change in self.changes if change.state == INIT), None)

    @property
    def up(self) -> int | None:
        """The frame of the first Up that the side came to; None when it never did, or was Up from the start."""
        return next((change.frame for change in self.changes[1:] if change.state == UP), None)


@dataclass(frozen=True, slots=True)
class Handshake:
    """Both ends of one session, as far as the capture shows them."""

    sides: tuple[Side, Side]

    @property
    def complete(self) -> bool:
        """Whether both ends came to Up, and one of them had said Init before the other said Up."""
        one, other = self.sides
        return (
            one.up is not None
            and other.up is not None
            and (_precedes(one.init, other.up) or _precedes(other.init, one.up))
        )


def handshake_seen(rows: Iterable[Row]) -> list[Handshake]:
    """The sessions of which both ends are in the capture: the frames of Down, Init and Up in order, on either end."""
    ends: dict[_End, list[Row]] = {}
    for row in rows:
        ends.setdefault((row.source, row.my_discriminator), []).append(row)
    pairs: dict[frozenset[_End], tuple[_End, _End]] = {}
    for end, sent in ends.items():
        for peer in dict.fromkeys((row.destination, row.your_discriminator) for row in sent):
            if peer in ends and peer != end:
                pairs.setdefault(frozenset((end, peer)), (end, peer))
    return [Handshake((_side(ends, one, other), _side(ends, other, one))) for one, other in pairs.values()]


def entries(view: View, *, to: int, out_of: tuple[int, ...], peer_up: bool | None = None) -> Evidence:
    """Judge every step of the speaker's sessions to the state `to`, Init or Up, out of one of the states `out_of`.

    `peer_up` keeps only the steps with (True) or without (False) an Up among the packets that may have been read.
    """
    examined, wrong, undecided = 0, [], []
    for sent in _sessions(view.sent):
        if sent[0].state == to and not peer_up:
            undecided.append(f"the session's first packet, frame {sent[0].frame}, says {STATE_NAMES[to]} already")
        for step in _steps(sent, view):
            if step.after.state != to or step.before.state not in out_of or peer_up not in (None, step.peer_up):
                continue
            if step.doubt and not step.possible:
                undecided.append(f"the step to {STATE_NAMES[to]} in frame {step.after.frame}: {step.doubt}")
                continue
            examined += 1
            if not step.possible:
                wrong.append(Wrong(step.after.frame, _needs(to), _was(step)))
    return Evidence(examined, wrong, undecided)


def _sessions(sent: Sequence[Row]) -> list[list[Row]]:
    groups: dict[tuple[str, int, int], list[Row]] = {}
    for row in sent:
        if row.version == 1 and _SBFD_PORT not in (row.source_port, row.destination_port) and not row.to_many:
            groups.setdefault((row.destination, row.destination_port, row.my_discriminator), []).append(row)
    return list(groups.values())


def _steps(sent: list[Row], view: View) -> Iterator[Step]:
    if all(row.state == sent[0].state for row in sent):
        return
    peer, own = sent[0].destination, sent[0].my_discriminator
    heard = [row for row in view.received if _acceptable(row) and _belongs(row, peer, own)]
    begun = min(row.time_ns for row in (*view.sent[:1], *view.received[:1]))
    for before, after in pairwise(sent):
        if before.state != after.state:
            since = before.time_ns - LAG_NS
            doubt = "" if heard else "no packet of the peer is in the capture"
            if since < begun and sent[0].your_discriminator:
                doubt = "the capture began in the middle of the session, just before"
            yield Step(
                before, after, tuple(row for row in heard if row.time_ns >= since and _earlier(row, after)), doubt
            )


def _acceptable(row: Row) -> bool:
    """Whether the reception rules of section 6.8.6 let the packet through, as far as a bystander can tell."""
    least = 26 if row.authentication_present else 24
    well_formed = row.version == 1 and least <= row.length <= row.payload_length and not row.multipoint
    known = row.your_discriminator != 0 or row.state in (ADMIN_DOWN, DOWN)
    return well_formed and row.detect_mult != 0 and row.my_discriminator != 0 and known


def _belongs(row: Row, peer: str, discriminator: int) -> bool:
    """Section 6.3: Your Discriminator decides alone; while it is zero, the address does."""
    return row.your_discriminator == discriminator or (row.your_discriminator == 0 and row.source == peer)


def _earlier(row: Row, other: Row) -> bool:
    """Captured on several interfaces, frames may be out of order in the file: either order counts."""
    return row.frame < other.frame or row.time_ns <= other.time_ns


def _reachable(state: int, heard: set[int]) -> set[int]:
    reached = {state, DOWN, ADMIN_DOWN}
    for target in (INIT, UP):  # in this order: who came to Init may have gone on
        if any(before in reached and received in heard for before, received in _ENTRIES[target]):
            reached.add(target)
    return reached


def _needs(state: int) -> str:
    ways = " or ".join(
        f"{STATE_NAMES[received]} received in {STATE_NAMES[before]}" for before, received in _ENTRIES[state]
    )
    return f"{STATE_NAMES[state]} only after {ways}"


def _was(step: Step) -> str:
    states = {state: [row.frame for row in step.heard if row.state == state] for state in range(4)}
    heard = ", ".join(f"{STATE_NAMES[state]} ({in_frames(frames)})" for state, frames in states.items() if frames)
    change = f"{STATE_NAMES[step.before.state]} (frame {step.before.frame}) to {STATE_NAMES[step.after.state]}"
    return f"{change}, when the peer had sent {heard or 'nothing'}"


def _side(ends: dict[_End, list[Row]], end: _End, peer: _End) -> Side:
    """What `end` said to `peer`, or to nobody yet: the same end may have had other peers before."""
    sent = [row for row in ends[end] if row.your_discriminator in (0, peer[1])]
    before = [None, *(row.state for row in sent)]
    changes = (Change(row.frame, row.state) for row, last in zip(sent, before, strict=False) if row.state != last)
    return Side(*end, tuple(changes))


def _precedes(frame: int | None, other: int) -> bool:
    return frame is not None and frame < other
