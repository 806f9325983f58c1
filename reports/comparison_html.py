"""A comparison as one HTML file that needs nothing else; evidence is a link into the runs' own reports."""

from itertools import groupby

from reports import page
from reports.comparison import Comparison, Row
from reports.model import VERDICT_MEANINGS


def render(comparison: Comparison) -> str:
    """The page of `comparison`."""
    return page.render(
        "comparison.html.j2",
        scripts=("rows.js", "sort.js"),
        comparison=comparison,
        sections=_sections(comparison.rows),
        meanings=VERDICT_MEANINGS,
        differing=sum(row.differs for row in comparison.rows),
    )


def _sections(rows: list[Row]) -> list[tuple[str, str, list[Row]]]:
    """RFC, section and rows, in the order of the RFCs."""
    return [(*key, list(group)) for key, group in groupby(rows, key=lambda row: (row.rfc, row.section))]
