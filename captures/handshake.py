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
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

from captures.conversation import Conversation, End, Said
from captures.findings import Evidence, View, Wrong, at
from captures.rows import Row
from captures.timeline import Heard, Timeline, heard_by_name

LAG_NS = 1_000_000_000
"""How long a packet may lie on the path and in the speaker's queues after it was captured, nanoseconds."""

OVERTAKEN_NS = 100_000_000
"""How much later than a packet sent after it a packet may be captured, nanoseconds."""

ADMIN_DOWN, DOWN, INIT, UP = 0, 1, 2, 3
STATE_NAMES: tuple[Literal["AdminDown", "Down", "Init", "Up"], ...] = ("AdminDown", "Down", "Init", "Up")

_SBFD_PORT = 7784  # RFC 7880 has a state machine of its own
_ENTRIES = {INIT: ((DOWN, DOWN),), UP: ((DOWN, INIT), (INIT, INIT), (INIT, UP))}
"""Section 6.2's diagram, without the ways down: how to enter a state, as (state before, state received)."""


class Step(NamedTuple):
    """A session's change of state from one thing said to the next. `heard` may have been read meanwhile, and said
    `states`; `possible` is whether section 6.2 leads from the one state to the other then.

    `doubt` says why the capture cannot judge the step, "" if it can.
    """

    end: End
    before: Said
    after: Said
    heard: Sequence[Heard]
    states: frozenset[int]
    possible: bool
    doubt: str

    @property
    def silent(self) -> bool:
        """Whether nothing came from the end before the step for as long as its peer waits for it: then it may have been
        restarted, or AdminDown, or in Demand mode, without anybody seeing it."""
        lead_ns = self.after.stretches[0].lead_ns or 0
        return lead_ns >= self.before.stretches[-1].interval_us * 1000 * self.before.row.detect_mult

    @property
    def words(self) -> str:
        """For example "Down (frame 1) to Up (frame 3), when the peer had sent Down (frame 2)"."""
        frames: dict[int, int] = {}
        for heard in self.heard:
            frames.setdefault(heard.row.state, heard.stretch.first_frame)
        listed = ", ".join(f"{STATE_NAMES[state]} (frame {frame})" for state, frame in sorted(frames.items()))
        before = f"{STATE_NAMES[self.before.row.state]} (frame {self.before.last_frame})"
        return f"{before} to {STATE_NAMES[self.after.row.state]}, when the peer had sent {listed or 'nothing'}"


@dataclass(frozen=True, slots=True)
class Change:
    """A packet whose state differs from that of the same session's packet before (or that is the first)."""

    frame: int
    state: int
    time_ns: int


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


def handshake_seen(conversations: Iterable[Conversation]) -> list[Handshake]:
    """The sessions of which both ends are in the capture: the frames of Down, Init and Up in order, on either end."""
    return [Handshake((_side(one, other), _side(other, one))) for one, other in sessions(conversations)]


def sessions(conversations: Iterable[Conversation]) -> list[tuple[End, End]]:
    """Pairs of ends of which one names the other by its Your Discriminator, in order of appearance."""
    pairs: dict[frozenset[End], tuple[End, End]] = {}
    for conversation in conversations:
        for end in conversation.ends.values():
            for said in end.said if end.discriminator is not None else ():
                peer = conversation.peer(end, said.row)
                if peer is not None and peer is not end:
                    pairs.setdefault(frozenset((end, peer)), (end, peer))
    return list(pairs.values())


def entries(view: View, *, to: int, out_of: tuple[int, ...], peer_up: bool | None = None) -> Evidence:
    """Judge every step of the speaker's sessions to the state `to`, Init or Up, out of one of the states `out_of`.

    `peer_up` keeps only the steps with (True) or without (False) an Up among the packets that may have been read.
    """
    examined, wrong, undecided = 0, [], []
    for _, said in judged(view):
        if said[0].row.state == to and not peer_up:
            undecided.append(f"the session's first packet, frame {said[0].first_frame}, says {STATE_NAMES[to]} already")
    for step in steps(view):
        if step.after.row.state != to or step.before.row.state not in out_of:
            continue
        if peer_up not in (None, UP in step.states):
            continue
        frame = step.after.first_frame
        if step.doubt and not step.possible:
            undecided.append(f"the step to {STATE_NAMES[to]} in frame {frame}: {step.doubt}")
            continue
        examined += 1
        if not step.possible:
            wrong.append(Wrong(at(frame, step.after.first_ns), _needs(to), step.words))
    return Evidence(examined, wrong, undecided)


def judged(view: View) -> list[tuple[End, list[Said]]]:
    """The speaker's ends that have the state machine of RFC 5880, with what they said in version 1 of the protocol."""
    return view.once("judged", _judged)


def _judged(view: View) -> list[tuple[End, list[Said]]]:
    if view.conversation.destination_port == _SBFD_PORT:
        return []
    found = [(end, [each for each in end.said if each.row.version == 1 and not each.row.to_many]) for end in view.ends]
    return [(end, said) for end, said in found if said]


def steps(view: View) -> list[Step]:
    """The changes of state of the speaker's ends."""
    return view.once("steps", _steps)


def _steps(view: View) -> list[Step]:
    return [step for end, said in judged(view) for step in _steps_of(end, said, view)]


def _steps_of(end: End, said: Sequence[Said], view: View) -> Iterator[Step]:
    first = said[0]
    if all(each.row.state == first.row.state for each in said):
        return
    heard = heard_by(end, view)
    begun = min([first.first_ns, *(peer.said[0].first_ns for peer in view.peers)])
    left_ns: dict[int, int] = {}
    for before, after in pairwise(said):
        if before.row.state != after.row.state:
            since = before.last_ns - LAG_NS
            doubt = "" if heard else "no packet of the peer is in the capture"
            if heard and since < begun:
                doubt = "the capture began just before"
            left_ns[before.row.state] = after.first_ns
            if left_ns.get(after.row.state, 0) > after.first_ns - OVERTAKEN_NS:
                doubt = f"it said {STATE_NAMES[after.row.state]} just before, and packets may overtake each other"
            meanwhile = heard.before(after.first_frame, after.first_ns, since_ns=since)
            states = frozenset(each.row.state for each in meanwhile)
            possible = after.row.state in _reachable(before.row.state, states)
            yield Step(end, before, after, meanwhile, states, possible, doubt)


def heard_by(end: End, view: View) -> Timeline:
    """What the other side sent that the end had to take in."""
    return view.once("heard", _heard)[end]


def _heard(view: View) -> dict[End, Timeline]:
    """Section 6.3: Your Discriminator decides alone; while it is zero, the address does. What was said to the address
    long before an end sent anything, so that no Detection Time lasts until then, is of no use to it."""
    by_name = heard_by_name(said for peer in view.peers for said in peer.said if acceptable(said.row))
    to_all = Timeline(by_name.pop(0, ()))
    required_us = max((said.row.required_min_rx_interval_us for said in view.sent), default=0)
    longest_us = max(
        (each.row.detect_mult * max(each.row.desired_min_tx_interval_us, required_us) for each in to_all), default=0
    )
    return {
        end: Timeline(
            [
                *to_all.during(end.said[0].first_ns - LAG_NS - longest_us * 1000, end.said[-1].last_ns + LAG_NS),
                *by_name.get(end.discriminator or 0, ()),
            ]
        )
        for end in view.ends
    }


def acceptable(row: Row) -> bool:
    """Whether the reception rules of section 6.8.6 let the packet through, as far as a bystander can tell."""
    least = 26 if row.authentication_present else 24
    well_formed = row.version == 1 and least <= row.length <= row.payload_length and not row.multipoint
    known = row.your_discriminator != 0 or row.state in (ADMIN_DOWN, DOWN)
    return well_formed and row.detect_mult != 0 and row.my_discriminator != 0 and known


@lru_cache
def _reachable(state: int, heard: frozenset[int]) -> frozenset[int]:
    reached = {state, DOWN, ADMIN_DOWN}
    for target in (INIT, UP):  # in this order: who came to Init may have gone on
        if any(before in reached and received in heard for before, received in _ENTRIES[target]):
            reached.add(target)
    return frozenset(reached)


def _needs(state: int) -> str:
    ways = " or ".join(
        f"{STATE_NAMES[received]} received in {STATE_NAMES[before]}" for before, received in _ENTRIES[state]
    )
    return f"{STATE_NAMES[state]} only after {ways}"


def _side(end: End, peer: End) -> Side:
    """What `end` said to `peer`, or to nobody yet: the same end may have had other peers before."""
    said = [each for each in end.said if each.row.your_discriminator in (0, peer.discriminator)]
    before = [None, *(each.row.state for each in said)]
    changes = tuple(
        Change(each.first_frame, each.row.state, each.first_ns)
        for each, last in zip(said, before, strict=False)
        if each.row.state != last
    )
    return Side(end.address, end.discriminator or 0, changes)


def _precedes(frame: int | None, other: int) -> bool:
    return frame is not None and frame < other
