"""The interop matrix: what implementations did with each other, complete enough to be read without the machine that
made it.

Times are integer microseconds.
"""

from collections import Counter
from typing import Literal

from pydantic import Field

from reports.document import Document, Model
from reports.model import Verdict
from reports.words import count, duration

DATA, PAGE = "interop.json", "interop.html"
"""The names of the files in a report's folder."""

LETTERS: dict[Verdict, str] = {
    Verdict.PASS: "P",
    Verdict.WARN: "W",
    Verdict.FAIL: "F",
    Verdict.INCONCLUSIVE: "I",
    Verdict.UNSUPPORTED: "U",
}
"""One letter for each verdict of a meeting."""

MEANINGS: dict[Verdict, str] = {
    Verdict.PASS: "what has to be seen was seen at both ends",
    Verdict.WARN: "they got along, but a recommendation was not followed",
    Verdict.FAIL: "they did not get along; which of them is to blame is for the conformance suite",
    Verdict.INCONCLUSIVE: "this machine was late, or it did not come to what is judged: nothing is said",
    Verdict.UNSUPPORTED: "one of them lacks what it needs; that was checked, or there is no way to try",
}


class Party(Model):
    """An implementation that took part, in one version."""

    name: str
    version: str
    description: str = ""


class ScenarioInfo(Model):
    """A scenario, copied so that a report stands on its own. `directed` ones are tried with either end acting."""

    id: str
    title: str
    expects: str
    clause: str
    directed: bool


class Line(Model):
    """A packet, or something that the operator did. Packets that read the same are one line."""

    time_us: int = Field(description="microseconds since the first line")
    side: int | None = Field(description="who sent the packet: 0 the end that acts, 1 the other; null for the operator")
    frames: tuple[int | None, int | None] = Field(
        default=(None, None), description="its numbers in the captures of the two ends; null where it is not in one"
    )
    words: str
    alike: int = Field(default=0, description="how many packets of the same side that read the same come after it")
    marked: bool = Field(default=False, description="the verdict rests on it")


class Known(Model):
    """A known failure of these two, from interop/expectations.yaml."""

    verdict: Verdict
    why: str
    evidence: str = ""
    since: str = ""


class Meeting(Model):
    """Two implementations in one scenario, judged."""

    scenario: str
    actor: str = Field(description="the end that acts; with a scenario that is not directed, the first one")
    other: str
    verdict: Verdict
    expected: str = Field(default="", description="what should have been seen, in words, with FAIL and WARN")
    actual: str = Field(default="", description="what was seen instead, in words")
    reason: str = Field(default="", description="why INCONCLUSIVE or UNSUPPORTED")
    seen: list[str] = Field(default=[], description="what was seen as it should be, and remarks")
    notes: list[str] = Field(default=[])
    known: Known | None = None
    as_expected: bool = Field(description="False makes the run fail")
    lines: list[Line] = Field(default=[])
    captures: list[str] = Field(
        default=[], description="paths of the pcapng files of the two ends, relative to interop.json"
    )
    attempts: int = 1
    lateness_us: int = Field(default=0, description="the worst lateness of the machine's own timers meanwhile")
    duration_us: int = 0
    repeat: str = Field(description="the one command that repeats this meeting")

    @property
    def id(self) -> str:
        """Names it within a run."""
        return f"{self.scenario}:{self.actor}:{self.other}"


class Interop(Document):
    """One run."""

    kind: Literal["interop"] = "interop"
    driver: str
    parties: list[Party]
    scenarios: list[ScenarioInfo]
    meetings: list[Meeting]
    troubles: list[str] = Field(
        default=[], description="why pairs are missing or incomplete: a laboratory that did not come up, for one"
    )

    def totals(self) -> dict[Verdict, int]:
        """Number of meetings per verdict, every verdict with a letter present."""
        counts = Counter(meeting.verdict for meeting in self.meetings)
        return {verdict: counts[verdict] for verdict in LETTERS}

    def unexpected(self) -> list[Meeting]:
        """The meetings that make the run fail."""
        return [meeting for meeting in self.meetings if not meeting.as_expected]

    def cell(self, actor: str, other: str) -> list[tuple[ScenarioInfo, Meeting | None]]:
        """Every scenario with its meeting of these two: where it is directed, the one in which `actor` acts."""
        return [(scenario, self._meeting(scenario, actor, other)) for scenario in self.scenarios]

    def _meeting(self, scenario: ScenarioInfo, actor: str, other: str) -> Meeting | None:
        either = [(actor, other)] if scenario.directed else [(actor, other), (other, actor)]
        return next(
            (
                meeting
                for meeting in self.meetings
                if meeting.scenario == scenario.id and (meeting.actor, meeting.other) in either
            ),
            None,
        )


def in_one_line(run: Interop) -> str:
    """The outcome, for a terminal or another report."""
    named = ", ".join(f"{number} {verdict}" for verdict, number in run.totals().items() if number)
    return (
        f"{count(len(run.meetings), 'meeting')} of {count(len(run.parties), 'implementation')} in "
        f"{duration(run.duration_us)}: {named or 'none'}"
    )
