"""One attempt at a scenario: what was played, and what is concluded from its evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interop.account import lines
from interop.evidence import Evidence, Mark
from interop.judgement import Conclusion, Judgement
from interop.scenarios.scenario import Scenario
from reports.model import Verdict

LATE_US = 150_000
"""A machine whose timers were this late may have stalled either end for as long: nobody is accused then."""

_TOLERANCE_NS = 30_000_000


@dataclass(frozen=True, slots=True)
class Task:
    """A scenario with side 0 played by node `actor`, 0 or 1."""

    scenario: Scenario
    actor: int


@dataclass(slots=True)
class Played:
    """An attempt that is over, not yet judged. `ended` is why nothing can be judged, if so."""

    task: Task
    names: tuple[str, str]
    addresses: tuple[str, str]
    paths: tuple[Path, Path]
    marks: Sequence[Mark] = ()
    ended: tuple[Verdict, str] | None = None
    never_up: str = ""
    lateness_us: int = 0
    duration_us: int = 0
    notes: Sequence[str] = ()

    def marked(self, name: str) -> bool:
        """Whether it came to that."""
        return any(mark.name == name for mark in self.marks)


def conclude(played: Played, evidence: Evidence) -> Mapping[str, Any]:
    """Verdict, words and lines of one attempt, as fields of a Meeting."""
    if played.ended is not None:
        verdict, reason = played.ended
        return {"verdict": verdict, "reason": reason, "lines": lines(evidence, ())}
    judgement = Judgement(evidence, tolerance_ns=_TOLERANCE_NS + 2000 * played.lateness_us)
    expected = actual = reason = ""
    verdict = Verdict.PASS
    try:
        played.task.scenario.judge(evidence, judgement)
        if played.never_up:
            judgement.unclear(played.never_up)
        if judgement.warnings:
            verdict, (expected, actual) = Verdict.WARN, judgement.warnings[0]
    except Conclusion as conclusion:
        verdict, expected = conclusion.verdict, conclusion.expected
        judgement.packets += conclusion.packets
        if verdict is Verdict.INCONCLUSIVE:
            reason = played.never_up or conclusion.seen
        else:
            actual = conclusion.seen
    if verdict in (Verdict.FAIL, Verdict.WARN) and played.lateness_us > LATE_US:
        reason = f"this machine was up to {played.lateness_us // 1000} ms late; it would have been {verdict}"
        verdict = Verdict.INCONCLUSIVE
    return {
        "verdict": verdict,
        "expected": expected,
        "actual": actual,
        "reason": reason,
        "seen": judgement.seen,
        "lines": lines(evidence, judgement.packets),
    }
