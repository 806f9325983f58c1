"""The kill matrix as one HTML file that needs nothing else."""

from dataclasses import dataclass
from itertools import groupby

from reports import page
from reports.kill_matrix import FLAW_MEANINGS, CaseTally, Flaw, Kill, KillMatrix, in_one_line
from reports.words import natural_key


@dataclass(frozen=True, slots=True)
class Target:
    """A requirement and all deviants that break it."""

    requirement: str
    kills: tuple[Kill, ...]

    @property
    def rfc(self) -> str:
        """The RFC number."""
        return self.requirement.split("-")[0]

    @property
    def survived(self) -> bool:
        """Some deviant was not caught."""
        return not all(kill.caught_by for kill in self.kills)


def render(matrix: KillMatrix) -> str:
    """The page of `matrix`."""
    return page.render(
        "kill-matrix.html.j2",
        scripts=("rows.js", "sort.js"),
        matrix=matrix,
        one_line=in_one_line(matrix),
        chapters=[(rfc, list(group)) for rfc, group in groupby(_targets(matrix), key=lambda target: target.rfc)],
        flaws=[(flaw, FLAW_MEANINGS[flaw], matrix.found(flaw)) for flaw in Flaw if matrix.found(flaw)],
        greatest_radius=max((len(kill.blast_radius) for kill in matrix.kills), default=0),
        busiest=_busiest(matrix),
    )


def _targets(matrix: KillMatrix) -> list[Target]:
    kills = sorted(matrix.kills, key=lambda kill: natural_key(kill.breaks))
    return [Target(breaks, tuple(group)) for breaks, group in groupby(kills, key=lambda kill: kill.breaks)]


def _busiest(matrix: KillMatrix, number: int = 10) -> list[CaseTally]:
    """The cases that accuse the most deviants: where bluntness would begin."""
    accusing = [case for case in matrix.cases if case.accused]
    return sorted(accusing, key=lambda case: (-case.accused, natural_key(case.id)))[:number]
