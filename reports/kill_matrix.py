"""The kill matrix: which deviant was caught by which cases, and what that says about the suite.

A deviant is a speaker that breaks one requirement on purpose. The suite is as good as what it does to them.
"""

from enum import StrEnum
from pathlib import Path
from typing import Literal

from pydantic import Field

from reports.document import Document, Model
from reports.model import Verdict
from reports.words import count, duration


class Flaw(StrEnum):
    """What may be wrong with the suite or its deviants."""

    SURVIVOR = "survivor"
    NOT_ACCUSABLE = "not accusable"
    NO_DEVIANT = "no deviant"
    TOOTHLESS = "toothless"
    BLUNT = "blunt"
    BROKEN = "broken"


FLAW_MEANINGS: dict[Flaw, str] = {
    Flaw.SURVIVOR: "a deviant that no case of its requirement caught",
    Flaw.NOT_ACCUSABLE: "a deviant of a requirement that is unknown, a MAY, or not to be seen on the wire",
    Flaw.NO_DEVIANT: "a requirement that a case judges, though nothing shows that the case can tell",
    Flaw.TOOTHLESS: "a case that accused no deviant at all",
    Flaw.BLUNT: "a case that accuses so many deviants that it must be judging something else than its clause",
    Flaw.BROKEN: "a deviant over which cases, or which itself, ended by an error that is the suite's own",
}


class Finding(Model):
    """Something that has to be mended."""

    flaw: Flaw
    subject: str = Field(description="a case id, a requirement id, or the id and the name of a deviant")
    words: str


class Accusation(Model):
    """A case said that a deviant does not follow a requirement."""

    case: str
    verdict: Literal[Verdict.FAIL, Verdict.WARN]
    requirement: str


class Kill(Model):
    """What became of one deviant."""

    breaks: str = Field(description="id of the requirement that it breaks")
    level: Literal["MUST", "SHOULD", "MAY", ""] = Field(description='of that requirement; "" for one that is unknown')
    summary: str = Field(description="the requirement in words")
    name: str = Field(description="what the deviant does instead")
    caught_by: list[str] = Field(description="cases that accused it by the requirement that it breaks")
    blast_radius: list[Accusation] = Field(description="every other accusation of it")
    inconclusive: int = Field(description="number of cases that could say nothing about it")


class CaseTally(Model):
    """What one case did to all the deviants."""

    id: str
    title: str
    caught: int = Field(description="deviants that it accused by the requirement that they break")
    accused: int = Field(description="deviants that it accused by whatever requirement")


class KillMatrix(Document):
    """One hunt."""

    kind: Literal["kill-matrix"] = "kill-matrix"
    seed: int
    complete: bool = Field(description="all deviants were hunted; otherwise nothing is said about cases")
    strangers: int = Field(default=1, description="one in how many of the cases of other requirements a deviant met")
    kills: list[Kill]
    cases: list[CaseTally]
    findings: list[Finding]

    @property
    def caught(self) -> int:
        """Number of deviants that a case of their requirement accused by it."""
        return sum(bool(kill.caught_by) for kill in self.kills)

    def found(self, flaw: Flaw) -> list[Finding]:
        """The findings of one kind."""
        return [finding for finding in self.findings if finding.flaw is flaw]


def in_one_line(matrix: KillMatrix) -> str:
    """The outcome, for a terminal or another report."""
    survivors = len(matrix.kills) - matrix.caught
    others = len(matrix.findings) - len(matrix.found(Flaw.SURVIVOR))
    return (
        f"{count(survivors, 'survivor')}, {matrix.caught} caught: {count(len(matrix.kills), 'deviant')} met "
        f"{count(len(matrix.cases), 'case')} in {duration(matrix.duration_us)}"
        + (f"; {count(others, 'other finding')}" if others else "")
    )


def beside(folder: Path) -> KillMatrix | None:
    """The kill matrix that lies in `folder` together with its page, or None: a report links to it."""
    if not (folder / PAGE).is_file():
        return None
    try:
        return KillMatrix.model_validate_json((folder / DATA).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not UTF-8, or not of this schema
        return None


DATA, PAGE = "kill-matrix.json", "kill-matrix.html"
"""The names that a report looks for beside itself."""
