"""The geometry of a range bar: what was permitted and what was seen, on one scale.

Lives here: reading the two numbers out of the permitted range's words, and the arithmetic. Must not live here: a
judgement. A permitted range that is not plainly "a to b unit", "at least a unit" or "at most b unit" has no bar.
"""

import math
import re
from dataclasses import dataclass

from reports.model import Measurement

_NUMBER = r"(-?\d+(?:\.\d+)?)"
_BETWEEN = re.compile(rf"(?:between )?{_NUMBER} ?(\S+)? ?(?:to|and|-|–|\.\.) ?{_NUMBER} ?(\S+)\b(.*)")
_ONE_SIDED = re.compile(rf"(at least|at most) {_NUMBER} ?(\S+)\b(.*)")
_QUALIFIES = re.compile(r"\s*(?:of|per|or|and|but)\b")
_MARGIN = 0.08


@dataclass(frozen=True, slots=True)
class RangeBar:
    """Positions in percent of the bar's width, 0 to 100. An open side of the permitted range ends at the edge."""

    permitted_from: float
    permitted_to: float
    seen_from: float
    seen_median: float
    seen_to: float


def range_bar(measurement: Measurement) -> RangeBar | None:
    """The bar of `measurement`, or None when its permitted range cannot be read as numbers in its own unit."""
    permitted = permitted_range(measurement.permitted, measurement.unit)
    seen = (measurement.minimum, measurement.median, measurement.maximum)
    if permitted is None or not all(map(math.isfinite, seen)):
        return None
    ends = [end for end in permitted if math.isfinite(end)]
    low, high = min(*seen, *ends), max(*seen, *ends)
    margin = (high - low or abs(high) or 1.0) * _MARGIN
    low, high = low - margin, high + margin

    def place(value: float) -> float:
        return round(100 * (min(max(value, low), high) - low) / (high - low), 2)

    return RangeBar(place(permitted[0]), place(permitted[1]), *map(place, seen))


def permitted_range(words: str, unit: str) -> tuple[float, float] | None:
    """The two ends that `words` name, infinite where one is open; None when they do not read as numbers of `unit`."""
    if match := _BETWEEN.match(words.strip()):
        low, low_unit, high, high_unit, rest = match.groups()
        ends = (float(low), float(high))
        same_unit = high_unit == unit and low_unit in (None, unit)
    elif match := _ONE_SIDED.match(words.strip()):
        side, end, end_unit, rest = match.groups()
        ends = (float(end), math.inf) if side == "at least" else (-math.inf, float(end))
        same_unit = end_unit == unit
    else:
        return None
    return ends if same_unit and ends[0] <= ends[1] and not _QUALIFIES.match(rest) else None
