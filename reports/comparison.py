"""Runs side by side: for each requirement, what every run found about it.

A case speaks of all requirements that it judges when it passes, and of the violated one alone when it accuses.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field

from reports.document import Document, Made, Model
from reports.model import CaseResult, RequirementRef, Run, Verdict
from reports.words import DEVIATIONS, natural_key

_GRAVEST_FIRST = (
    Verdict.FAIL,
    Verdict.WARN,
    Verdict.INCONCLUSIVE,
    Verdict.PASS_ALTERNATIVE,
    Verdict.PASS,
    Verdict.UNSUPPORTED,
)


class Column(Model):
    """One run."""

    target: str
    version: str
    description: str
    started: datetime
    seed: int
    report: str = Field(description='path of the run\'s page, relative to the comparison; "" where there is none')


class Judgement(Model):
    """What one case says about a requirement."""

    case: str
    title: str
    verdict: Verdict
    as_expected: bool
    words: str = Field(description="what was seen, or why nothing could be said; empty with PASS")


class Cell(Model):
    """What one run found about one requirement: the gravest of its judgements, None where no case spoke of it."""

    verdict: Verdict | None
    judgements: list[Judgement]


class Row(Model):
    """One requirement in all runs, in the order of the columns."""

    requirement: RequirementRef
    cells: list[Cell]

    @property
    def rfc(self) -> str:
        """The RFC number."""
        return self.requirement.id.partition("-")[0]

    @property
    def section(self) -> str:
        """The section number."""
        return self.requirement.id.partition("-")[2].partition("-")[0]

    @property
    def differs(self) -> bool:
        """The runs do not all say the same, those left aside that say nothing, or that the target has no such thing."""
        said = {cell.verdict for cell in self.cells} - {None, Verdict.UNSUPPORTED, Verdict.INCONCLUSIVE}
        return len(said) > 1

    @property
    def deviates(self) -> bool:
        """Some run found a deviation, or could not say."""
        return any(cell.verdict in DEVIATIONS for cell in self.cells)


class Comparison(Document):
    """Several runs of the suite."""

    kind: Literal["comparison"] = "comparison"
    columns: list[Column]
    rows: list[Row]

    def count(self, column: int, verdict: Verdict) -> int:
        """Number of requirements with this verdict in a run."""
        return sum(row.cells[column].verdict is verdict for row in self.rows)


def compare(runs: Sequence[Run], pages: Sequence[str], made: Made) -> Comparison:
    """Lay `runs` side by side; `pages` are their reports' paths, relative to the comparison, "" for none."""
    found: dict[str, RequirementRef] = {}
    judged: list[dict[str, list[Judgement]]] = []
    for run in runs:
        spoken: dict[str, list[Judgement]] = {}
        for result in sorted(run.results, key=lambda result: natural_key(result.id)):
            found.update((requirement.id, requirement) for requirement in result.requirements)
            for requirement in _spoken_of(result):
                spoken.setdefault(requirement, []).append(_judgement(result))
        judged.append(spoken)
    return Comparison(
        generator=made.generator,
        command=made.command,
        started=made.started,
        columns=[_column(run, page) for run, page in zip(runs, pages, strict=True)],
        rows=[
            Row(requirement=found[name], cells=[_cell(spoken.get(name, [])) for spoken in judged])
            for name in sorted(found, key=natural_key)
        ],
    )


def _spoken_of(result: CaseResult) -> Iterator[str]:
    if result.violated:
        yield result.violated
    else:
        yield from (requirement.id for requirement in result.requirements)


def _judgement(result: CaseResult) -> Judgement:
    return Judgement(
        case=result.id,
        title=result.title,
        verdict=result.verdict,
        as_expected=result.as_expected,
        words=result.actual or result.reason,
    )


def _cell(judgements: list[Judgement]) -> Cell:
    verdicts = {judgement.verdict for judgement in judgements}
    return Cell(verdict=next((each for each in _GRAVEST_FIRST if each in verdicts), None), judgements=judgements)


def _column(run: Run, page: str) -> Column:
    return Column(
        target=run.target.name,
        version=run.target.version,
        description=run.target.description,
        started=run.started,
        seed=run.seed,
        report=page,
    )
