"""A run as one HTML file that needs nothing else: no network, no other file, no script to be complete.

Lives here: what the page is told. What it looks like is in templates/.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from reports import kill_matrix, page, words
from reports.kill_matrix import KillMatrix
from reports.model import VERDICT_MEANINGS, Run, Verdict

_LEAST_SHARE = 0.012
"""A single failed case among thousands still has to be seen: the least share of the strip that a verdict gets."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the strip at the top, in percent of its width."""

    verdict: Verdict
    count: int
    start: float
    width: float


def render(run: Run, matrix: KillMatrix | None = None) -> str:
    """The page of `run`."""
    return page.render(
        "report.html.j2",
        scripts=("report.js", "sort.js"),
        run=run,
        rfcs=_by_rfc(words.sections(run)),
        totals=run.totals(),
        strip=strip(run.totals()),
        meanings=VERDICT_MEANINGS,
        noise=words.noise(run),
        unexpected=run.unexpected(),
        known=[result for result in run.results if words.standing(result) is words.Standing.KNOWN],
        matrix=matrix,
        matrix_page=kill_matrix.PAGE,
        matrix_in_one_line=kill_matrix.in_one_line(matrix) if matrix is not None else "",
    )


def strip(totals: dict[Verdict, int]) -> list[Segment]:
    """The strip of verdicts: widths in proportion to the counts, none too narrow to be seen."""
    cases = sum(totals.values())
    shares = {verdict: max(count / cases, _LEAST_SHARE) for verdict, count in totals.items() if count}
    whole = sum(shares.values())
    segments, start = [], 0.0
    for verdict, share in shares.items():
        width = 100 * share / whole
        segments.append(Segment(verdict, totals[verdict], round(start, 3), round(width, 3)))
        start += width
    return segments


def _by_rfc(found: Iterable[words.Section]) -> list[tuple[str, list[words.Section]]]:
    return [(rfc, list(group)) for rfc, group in groupby(found, key=lambda section: section.rfc)]
