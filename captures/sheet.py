"""All views of a capture at once, for checks that numpy can put to all of them together.

Lives here: what such checks get and give. Must not live here: any rule.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from captures.findings import NOTHING, Evidence, Known, View, Wrong


class Sheet(Known):
    """The views, and what several checks need to know of all of them."""

    def __init__(self, views: Sequence[View]) -> None:
        self.views = views
        self._known: dict[str, Any] = {}

    def evidence(self, at: Any, examined: Any, wrong: Mapping[int, Sequence[Wrong]]) -> list[Evidence]:
        """The evidence of each view: how much was `examined` in the views with the numbers `at` (two arrays of the same
        length), and what is wrong there, by number."""
        totals = np.bincount(at, examined, len(self.views)).astype(np.int64).tolist()
        return [
            Evidence(total, wrong.get(number, ())) if total or number in wrong else NOTHING
            for number, total in enumerate(totals)
        ]


class Together(ABC):
    """How a check examines all views at once."""

    @abstractmethod
    def together(self, sheet: Sheet) -> list[Evidence]:
        """What it finds in each view."""

    def __call__(self, view: View) -> Evidence:
        """What a single view shows."""
        return self.together(Sheet([view]))[0]
