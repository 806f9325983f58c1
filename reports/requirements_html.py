"""The requirement catalogue as one HTML file that needs nothing else: what each RFC asks for, and which cases look."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from reports import page
from reports.model import RfcCoverage


@dataclass(frozen=True, slots=True)
class Line:
    """A requirement. `seen` says where it can be seen, "" for nowhere; `reason` then says why; `cases` judge it."""

    id: str
    level: str
    summary: str
    seen: str
    reason: str
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A section of an RFC with its requirements."""

    rfc: str
    number: str
    title: str
    lines: tuple[Line, ...]


def render(sections: Sequence[Section], counts: Sequence[RfcCoverage], generator: str) -> str:
    """The page of `sections`, which are in the order of the RFCs; `counts` are those of the whole catalogue."""
    return page.render(
        "requirements.html.j2",
        scripts=("rows.js", "sort.js"),
        rfcs=[(rfc, list(group)) for rfc, group in groupby(sections, key=lambda section: section.rfc)],
        counts=counts,
        uncovered=sum(each.observable - each.covered for each in counts),
        generator=generator,
    )
