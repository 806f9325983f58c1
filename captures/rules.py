"""Rules about single packets, for all packets of a capture at once.

Lives here: how such a rule is put to packets. Must not live here: the rules (captures.checks.contents).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from captures.conversation import Said
from captures.findings import NOTHING, Evidence, Wrong, span
from captures.rows import Row
from captures.sheet import Sheet, Together

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


class _Spoken:
    """All that the speakers of a sheet said, one below the other; `view` is the number of each one's view."""

    def __init__(self, sheet: Sheet) -> None:
        self.said = [said for view in sheet.views for said in view.sent]
        self.view = np.repeat(np.arange(len(sheet.views)), [len(view.sent) for view in sheet.views])
        self.counts = np.array([said.count for said in self.said], np.int64)
        self.columns = Columns(self.said)


@dataclass(frozen=True, slots=True)
class Rule(Together):
    """Every packet that `of` picks has to satisfy `holds`; `seen` says what a packet has that does not."""

    of: Callable[[Columns], Mask]
    holds: Callable[[Columns], Mask]
    expected: str
    seen: Callable[[Row], str]

    def together(self, sheet: Sheet) -> list[Evidence]:
        """See `Together`."""
        spoken = sheet.once("spoken", _Spoken)
        if not spoken.said:
            return [NOTHING] * len(sheet.views)
        picked = self.of(spoken.columns)
        wrong: dict[int, list[Wrong]] = {}
        for at in np.flatnonzero(picked & ~self.holds(spoken.columns)).tolist():
            said = spoken.said[at]
            wrong.setdefault(int(spoken.view[at]), []).append(Wrong(span(said), self.expected, self.seen(said.row)))
        return sheet.evidence(spoken.view[picked], spoken.counts[picked], wrong)
