"""Rules about single packets, for all packets of a capture at once.

Lives here: how such a rule is put to packets. Must not live here: the rules (captures.checks.contents).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from captures.conversation import Said
from captures.findings import Evidence, View, Wrong, span
from captures.rows import Row

Mask = Any  # an array of truth values, which numpy's types cannot tell from others when columns are compared

ABSENT = -1
"""What a column has where a row has None."""


class Columns:
    """What was said, by the names of the fields and properties of captures.rows.Row: each an array with an element per
    content. Conditions on them are joined by `&` and `|`, and negated by `~`."""

    def __init__(self, said: Sequence[Said]) -> None:
        self._rows = [each.row for each in said]

    def __getattr__(self, name: str) -> Any:
        values = [getattr(row, name) for row in self._rows]
        column = np.array([ABSENT if value is None else value for value in values])
        setattr(self, name, column)  # asked for once; the next time it is there
        return column

    @cached_property
    def all(self) -> Mask:
        """True for each."""
        return np.ones(len(self._rows), np.bool_)


@dataclass(frozen=True, slots=True)
class Rule:
    """Every packet that `of` picks has to satisfy `holds`; `seen` says what a packet has that does not."""

    of: Callable[[Columns], Mask]
    holds: Callable[[Columns], Mask]
    expected: str
    seen: Callable[[Row], str]

    def __call__(self, view: View) -> Evidence:
        """What a single view shows."""
        return Sheet([view]).evidence(self)[0]


class Sheet:
    """All that the speakers of some views said, one below the other."""

    def __init__(self, views: Sequence[View]) -> None:
        self._said = [said for view in views for said in view.sent]
        self._view = np.repeat(np.arange(len(views)), [len(view.sent) for view in views])
        self._counts = np.array([said.count for said in self._said], np.int64)
        self._columns = Columns(self._said)
        self._views = len(views)

    def evidence(self, rule: Rule) -> list[Evidence]:
        """What the rule finds in each view."""
        if not self._said:
            return [Evidence(0)] * self._views
        picked = rule.of(self._columns)
        examined = np.bincount(self._view[picked], self._counts[picked], self._views).astype(np.int64).tolist()
        wrong: dict[int, list[Wrong]] = {}
        for at in np.flatnonzero(picked & ~rule.holds(self._columns)).tolist():
            said = self._said[at]
            wrong.setdefault(int(self._view[at]), []).append(Wrong(span(said), rule.expected, rule.seen(said.row)))
        return [Evidence(number, wrong.get(view, ())) for view, number in enumerate(examined)]
