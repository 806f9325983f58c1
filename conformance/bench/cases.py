"""How a case is declared: a permanent id, the requirements it judges, what it needs of the target.

    @case("5880-6.8.6-04", judges=["5880-6.8.6-r05"])
    def test_detect_mult_zero(bench: Bench) -> None:
        \"\"\"A packet with Detect Mult 0 is discarded.\"\"\"

The first line of the docstring is the case's title. A table of cases shares one body: each `Row` has an id of its own.
Ids are never renumbered and never used again.
"""

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import pytest

from topologies.node import Capability

ID = re.compile(r"^(?P<rfc>\d{4})-(?P<section>[0-9]+(\.[0-9]+)*)-(?P<number>\d{2,3})$")

Body = TypeVar("Body", bound=Callable[..., None])


@dataclass(frozen=True, slots=True)
class Case:
    """A case as declared. `judges` are requirement ids, `needs` capabilities of the target; `seconds` is roughly how
    long it takes on the real clock, so that long ones can begin first; `links` is how many links to the target it
    uses."""

    id: str
    judges: tuple[str, ...]
    needs: tuple[Capability, ...]
    title: str
    seconds: int = 5
    links: int = 1

    @property
    def rfc(self) -> str:
        """The RFC number."""
        return self.id.split("-")[0]

    @property
    def section(self) -> str:
        """The section number."""
        return self.id.split("-")[1]


@dataclass(frozen=True, slots=True)
class Row:
    """One case of a table: `values` are the arguments of the shared body, and fill the {names} in its title."""

    id: str
    judges: Sequence[str]
    values: dict[str, Any] = field(default_factory=dict)
    needs: Sequence[Capability] = ()


def case(
    id: str,  # noqa: A002
    *,
    judges: Sequence[str],
    needs: Sequence[Capability] = (),
    seconds: int = 5,
    links: int = 1,
) -> Callable[[Body], Body]:
    """Declare a case. Raises ValueError for an ill-formed id, no requirement, or a body without a docstring."""

    def declare(body: Body) -> Body:
        declared = replace(_declared(id, judges, needs, body, {}), seconds=seconds, links=links)
        marked: Body = pytest.mark.case(declared)(body)
        return marked

    return declare


def cases(*rows: Row, needs: Sequence[Capability] = (), seconds: int = 5, links: int = 1) -> Callable[[Body], Body]:
    """Declare a table of cases with one body. Raises ValueError as `case` does."""

    def declare(body: Body) -> Body:
        names = list(rows[0].values)
        parameters = [
            pytest.param(
                *(row.values[name] for name in names),
                id=row.id,
                marks=pytest.mark.case(
                    replace(
                        _declared(row.id, row.judges, [*needs, *row.needs], body, row.values),
                        seconds=seconds,
                        links=links,
                    )
                ),
            )
            for row in rows
        ]
        marked: Body = pytest.mark.parametrize(names, parameters)(body)
        return marked

    return declare


def _declared(
    case_id: str, judges: Sequence[str], needs: Sequence[Capability], body: Callable[..., None], values: dict[str, Any]
) -> Case:
    if not ID.match(case_id):
        raise ValueError(f"case id {case_id!r}: allowed is RFC-section-number, for example 5880-6.8.6-04")
    if not judges:
        raise ValueError(f"case {case_id} judges no requirement")
    doc = inspect.getdoc(body)
    if not doc:
        raise ValueError(f"case {case_id} has no docstring, so no title")
    title = doc.splitlines()[0].rstrip(".").format(**{name: _shown(value) for name, value in values.items()})
    return Case(case_id, tuple(judges), tuple(needs), title)


def _shown(value: Any) -> Any:
    return getattr(value, "label", getattr(value, "name", value))
