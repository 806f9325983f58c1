"""The interop matrix as one HTML file that needs nothing else; the captures lie beside it."""

from collections.abc import Iterable
from itertools import groupby

from reports import page
from reports.interop import LETTERS, MEANINGS, Interop, Meeting, in_one_line


def render(run: Interop) -> str:
    """The page of `run`."""
    return page.render(
        "interop.html.j2",
        scripts=("report.js",),
        run=run,
        one_line=in_one_line(run),
        letters=LETTERS,
        meanings=MEANINGS,
        titles={scenario.id: scenario for scenario in run.scenarios},
        unexpected=run.unexpected(),
        pairs=_pairs(run.meetings),
    )


def _pairs(meetings: Iterable[Meeting]) -> list[tuple[str, list[Meeting]]]:
    """The meetings by pair, whoever acts, in the order of the run."""
    grouped = groupby(meetings, key=lambda meeting: frozenset((meeting.actor, meeting.other)))
    found = [list(group) for _, group in grouped]
    return [(f"{group[0].actor} and {group[0].other}", group) for group in found]
