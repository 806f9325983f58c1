"""What a check may look at, and what it may say.

Lives here: the view that a check gets of a capture, and the types of its answer. Must not live here: any rule. A check
that looked at nothing says so: `examined` is part of every answer, and zero is never "confirmed".
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from captures.rows import Row, Undecoded

Level = Literal["MUST", "SHOULD"]


class Ruling(StrEnum):
    """What a capture says about a requirement."""

    CONFIRMED = "confirmed"
    VIOLATED = "violated"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that breaks a requirement. `check` is the requirement's id, `frames` are the frames that prove it."""

    check: str
    clause: str
    level: Level
    frames: tuple[int, ...]
    expected: str
    seen: str


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
class View:
    """What a capture holds of one speaker, in file order: what it sent, and what was sent to it."""

    sent: Sequence[Row]
    received: Sequence[Row]
    undecoded: Sequence[Undecoded]


@dataclass(frozen=True, slots=True)
class Wrong:
    """One packet or step that breaks the rule."""

    frame: int
    expected: str
    seen: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a check found in a view. `undecided` are things that the capture is not complete enough to judge."""

    examined: int
    wrong: Sequence[Wrong] = ()
    undecided: Sequence[str] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A requirement with the function that looks for it. `absent` says what a capture without such packets lacks."""

    requirement: str
    clause: str
    level: Level
    examine: Callable[[View], Evidence]
    absent: str

    def judge(self, view: View) -> Outcome:
        """Run the check."""
        evidence = self.examine(view)
        findings = tuple(
            Finding(self.requirement, self.clause, self.level, frames, expected, seen)
            for (expected, seen), frames in _alike(evidence.wrong).items()
        )
        undecided = tuple(f"not decidable: {text}" for text in evidence.undecided)
        ruling, reason, notes = Ruling.CONFIRMED, "", (*evidence.notes, *undecided)
        if findings:
            ruling = Ruling.VIOLATED
        elif not evidence.examined:
            ruling, reason, notes = Ruling.NOT_APPLICABLE, "; ".join(undecided) or self.absent, tuple(evidence.notes)
        return Outcome(self.requirement, self.clause, self.level, ruling, evidence.examined, findings, reason, notes)


def in_frames(frames: Sequence[int], shown: int = 5) -> str:
    """For example "frame 7" or "frames 1, 2, 3, 4, 5 and 12 more"."""
    listed = ", ".join(map(str, frames[:shown])) + (f" and {len(frames) - shown} more" if len(frames) > shown else "")
    return f"frame{'s' if len(frames) > 1 else ''} {listed}"


def _alike(wrong: Iterable[Wrong]) -> dict[tuple[str, str], tuple[int, ...]]:
    groups: dict[tuple[str, str], list[int]] = {}
    for each in wrong:
        groups.setdefault((each.expected, each.seen), []).append(each.frame)
    return {words: tuple(frames) for words, frames in groups.items()}
