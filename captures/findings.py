"""What a check may look at, and what it may say.

Lives here: the view that a check gets of a conversation, and the types of its answer. Must not live here: any rule. A
check that looked at nothing says so: `examined` is part of every answer, and zero is never "confirmed".
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal, NamedTuple, Self, TypeVar

from captures.conversation import Conversation, End, Said, Stretch

Level = Literal["MUST", "SHOULD"]
_Answer = TypeVar("_Answer")


class Ruling(StrEnum):
    """What a capture says about a requirement."""

    CONFIRMED = "confirmed"
    VIOLATED = "violated"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Span:
    """Where something is to be seen: equal packets of one end, from a first frame to a last one. `time_ns` is that of
    the first, nanoseconds since the Unix epoch."""

    frame: int
    last_frame: int
    packets: int
    time_ns: int

    def __str__(self) -> str:
        if self.packets == 1:
            return f"frame {self.frame}"
        return f"frames {self.frame} to {self.last_frame} ({self.packets} packets)"


def span(seen: Said | Stretch) -> Span:
    """All packets of it."""
    return Span(seen.first_frame, seen.last_frame, seen.count, seen.first_ns)


def at(frame: int, time_ns: int) -> Span:
    """One packet."""
    return Span(frame, frame, 1, time_ns)


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that breaks the rule: where, what the rule wants there, and what is there."""

    where: Span
    expected: str
    seen: str


class Evidence(NamedTuple):
    """What a check found in a view. `examined` counts what could have broken the rule. `undecided` are things that the
    capture is not complete enough to judge."""

    examined: int
    wrong: Sequence[Wrong] = ()
    undecided: Sequence[str] = ()
    notes: Sequence[str] = ()


NOTHING = Evidence(0)


class Known:
    """Whatever several checks need to know of something, worked out for the first that asks."""

    _known: dict[str, Any]

    def once(self, name: str, work_out: Callable[[Self], _Answer]) -> _Answer:
        """What `work_out` says of it."""
        try:
            known: _Answer = self._known[name]
        except KeyError:
            known = self._known[name] = work_out(self)
        return known


@dataclass(frozen=True)
class System(Known):
    """One address in one place of the capture, taken for one system: all conversations in which it speaks."""

    address: str
    conversations: Sequence[Conversation]
    _known: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class View(Known):
    """One speaker's part in a conversation. `ends_ns` is when the capture's last BFD packet came, whoever sent it;
    `strays` are ends in other conversations of the speaker, or in what the speaker only listens to, that name one of
    the speaker's discriminators here."""

    conversation: Conversation
    system: System
    ends_ns: int
    strays: Sequence[End] = ()
    _known: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def speaker(self) -> str:
        """Its address."""
        return self.system.address

    @cached_property
    def ends(self) -> list[End]:
        """The speaker's ends, in order of appearance."""
        return self.conversation.of(self.speaker)

    @cached_property
    def sent(self) -> list[Said]:
        """All that the speaker said, end by end."""
        return [said for end in self.ends for said in end.said]

    @cached_property
    def peers(self) -> list[End]:
        """The ends of the other side, from whichever address it sends: its discriminator alone selects a session (RFC
        5880 section 6.3)."""
        return [*self.conversation.of(self.conversation.other(self.speaker)), *self.strays]

    @cached_property
    def undecoded(self) -> list[Said]:
        """What the speaker sent that no reader could read."""
        end = self.conversation.ends.get((self.speaker, None))
        return end.said if end else []


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that breaks a requirement. `check` is the requirement's id; `where` are the packets that prove it, in
    the order of the capture."""

    check: str
    clause: str
    level: Level
    conversation: Conversation
    speaker: str
    where: tuple[Span, ...]
    expected: str
    seen: str

    @property
    def frames(self) -> tuple[int, ...]:
        """The first frame of each span."""
        return tuple(span.frame for span in self.where)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A check's answer. `examined` counts the packets (or steps of the state machine) that could have broken the rule.

    `reason` says why the check is not applicable. `notes` are observations that break nothing.
    """

    check: str
    clause: str
    level: Level
    ruling: Ruling
    examined: int
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A requirement with the function that looks for it. `absent` says what a capture without such packets lacks.

    `about`, if given, is quick to say that there is nothing to look at; several checks have the same.
    """

    requirement: str
    clause: str
    level: Level
    examine: Callable[[View], Evidence]
    absent: str
    about: Callable[[View], bool] | None = None

    def judge(self, parts: Sequence[tuple[View, Evidence]]) -> Outcome:
        """The answer from what `examine` found in a speaker's part in one conversation or several."""
        examined = sum(evidence.examined for _, evidence in parts)
        undecided = [f"not decidable: {text}" for _, evidence in parts for text in evidence.undecided]
        findings = [
            Finding(self.requirement, self.clause, self.level, view.conversation, view.speaker, where, *words)
            for view, evidence in parts
            if evidence.wrong
            for words, where in _alike(evidence.wrong).items()
        ]
        ruling, reason = Ruling.CONFIRMED, ""
        if findings:
            ruling = Ruling.VIOLATED
        elif not examined:
            ruling, reason = Ruling.NOT_APPLICABLE, "; ".join(undecided) or self.absent
            undecided = []
        notes = [note for _, evidence in parts for note in evidence.notes] + undecided
        said = tuple(dict.fromkeys(notes)) if notes else ()
        return Outcome(self.requirement, self.clause, self.level, ruling, examined, tuple(findings), reason, said)


def in_frames(where: Sequence[Span], shown: int = 5) -> str:
    """For example "frame 7", or "frame 1, frames 3 to 9 (7 packets) and 12 more places"."""
    listed = ", ".join(map(str, where[:shown]))
    return listed + (f" and {len(where) - shown} more places" if len(where) > shown else "")


def _alike(wrong: Iterable[Wrong]) -> dict[tuple[str, str], tuple[Span, ...]]:
    groups: dict[tuple[str, str], list[Span]] = {}
    for each in wrong:
        groups.setdefault((each.expected, each.seen), []).append(each.where)
    return {words: tuple(where) for words, where in groups.items()}
