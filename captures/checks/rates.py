"""Rules about the rate of periodic packets (RFC 5880 section 6.8.7), by the distribution of many gaps.

Neither the sender's clock nor the capture's is perfect, and the way between them delays packets: what is too long by it
is followed by what is too short. So it is not a gap that is judged, but whether gaps are too short more often than too
long, or the other way round, by more than chance explains; and whether their mean, which delays do not change, is far
from the 87.5 % of who jitters as it should. A lost packet makes a gap of 150 % and more, which says nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from captures import traits
from captures.conversation import BIN_PERCENT, BINS, End, Said, Stretch
from captures.detection import FOREGOING_NS, defied, lifetime, orders
from captures.findings import Check, Evidence, View, Wrong, at, span
from captures.handshake import INIT, LAG_NS, UP, heard_by, judged
from captures.rows import Row
from captures.sheet import Sheet, Together

_LEAST, _GREATEST, _GREATEST_AT_ONE, _LOST = 75, 100, 90, 150
"""Bounds of a jittered interval, per cent of the negotiated one; the second greatest is for Detect Mult 1."""

_ENOUGH_GAPS = 20
_TOLERANCE_PERCENT, _TOLERANCE_US = 5, 5_000
_FINEST_US = 25_000
"""Of shorter intervals, the tolerance is too great a part to judge the rest."""

_BEYOND_NOISE = 0.2
_SIGMAS = 3
"""So many standard deviations of a count are chance."""
_FAST_MEAN, _SLOW_MEAN = 80, 0.95
"""Per cent of the interval, and part of the greatest that is permitted."""
_FEW_LOST = 0.3

_AT_ONCE = 2
"""So many bins hold what comes directly behind another packet."""
_FEW_AT_ONCE = 0.02
"""More packets than this part directly behind another one may have been captured, or delivered, twice."""

_UNJITTERED_GAPS = 40
_ALIKE = 0.9
"""Intervals of which so many lie within five per cent are not reduced by a random value of 0 to 25 %."""


Numbers = Any  # one number for all, or an array with one for each


@dataclass(frozen=True, slots=True)
class _Rhythm:
    """Periodic packets with enough gaps, in the view with the number `view`."""

    view: int
    end: End
    said: Said
    stretch: Stretch

    def unsure_ns(self, view: View) -> int:
        """For how long the speaker may have gone by other values than the peer's last ones, which may have been lost
        on the way to it."""
        begun = self.stretch.first_ns
        limit = lifetime(self.end, view).until(begun, heard_by(self.end, view).begun(begun - 1))
        return FOREGOING_NS if limit is None else limit + LAG_NS - begun

    @property
    def words(self) -> str:
        """For example "82 % to 91 % of 300 ms (the middle 80 % of 120 gaps)"."""
        summed = np.cumsum(np.array(self.stretch.gaps))
        low, high = (BIN_PERCENT * int(np.searchsorted(summed, part * summed[-1])) for part in (0.1, 0.9))
        bounds = f"{low:g} % to {high + BIN_PERCENT:g} %"
        return f"{bounds} of {self.stretch.interval_us / 1000:g} ms (the middle 80 % of {summed[-1]} gaps)"


class _Rhythms:
    """The rhythms of some views, as arrays with an element for each: numbers of gaps, and nanoseconds."""

    def __init__(self, sheet: Sheet) -> None:
        self.each = [rhythm for number, view in enumerate(sheet.views) for rhythm in _rhythms(number, view)]
        rows = [rhythm.said.row for rhythm in self.each]
        self.view = np.array([rhythm.view for rhythm in self.each], np.int64)
        self.interval_us = np.array([rhythm.stretch.interval_us for rhythm in self.each], np.int64)
        self.own_us = np.array([row.desired_min_tx_interval_us for row in rows], np.int64)
        self.multiplier = np.array([row.detect_mult for row in rows], np.int64)
        self.state = np.array([row.state for row in rows], np.int64)
        self.demand = np.array([row.demand for row in rows], np.bool_)
        self.lasted_ns = np.array([each.stretch.last_ns - each.stretch.first_ns for each in self.each], np.int64)
        self.gaps = np.array([rhythm.stretch.gaps for rhythm in self.each], np.int64).reshape(-1, BINS)
        tolerance = np.maximum(_TOLERANCE_PERCENT, 100 * _TOLERANCE_US / np.maximum(self.interval_us, 1))
        self.greatest = np.where(self.multiplier == 1, _GREATEST_AT_ONE, _GREATEST)
        self.short_until = np.floor((_LEAST - tolerance) / BIN_PERCENT).astype(np.int64)
        """Gaps in the bins before this one are too short; and so on."""
        self.long_from = np.ceil((self.greatest + tolerance) / BIN_PERCENT).astype(np.int64)
        self.lost_from = np.floor((_LOST - tolerance) / BIN_PERCENT).astype(np.int64)
        self._counts = _summed(self.gaps)
        self._percents = _summed(self.gaps * ((np.arange(BINS) + 0.5) * BIN_PERCENT))

    def count(self, begin: Numbers = 0, end: Numbers = BINS) -> Any:
        """How many gaps are in the bins from one to before another."""
        return _within(self._counts, begin, end)

    def nanoseconds(self, begin: Numbers, end: Numbers) -> Any:
        """How much time is in the gaps of these bins."""
        return _within(self._percents, begin, end) * self.interval_us * 10

    @cached_property
    def sigmas(self) -> Any:
        """By how many standard deviations there are more gaps that are too short than gaps that are too long, if either
        was as likely; negative where there are fewer."""
        short, long = self.count(0, self.short_until), self.count(self.long_from, self.lost_from)
        return (short - long) / np.sqrt(np.maximum(short + long, 1))

    @cached_property
    def mean(self) -> Any:
        """Of the gaps without a lost packet, per cent of the interval."""
        return _within(self._percents, 0, self.lost_from) / np.maximum(self.count(0, self.lost_from), 1)

    def evidence(self, sheet: Sheet, examined: Any, wrong: Iterable[tuple[int, str]]) -> list[Evidence]:
        """The evidence of each view, where so many gaps of each rhythm were `examined`, and in those with the numbers
        in `wrong` something else was expected."""
        found: dict[int, list[Wrong]] = {}
        for number, expected in wrong:
            rhythm = self.each[number]
            found.setdefault(rhythm.view, []).append(Wrong(span(rhythm.stretch), expected, rhythm.words))
        return sheet.evidence(self.view, examined, found)


def _summed(values: Any) -> Any:
    """In each line, the sum of all before each place."""
    return np.concatenate([np.zeros((len(values), 1), values.dtype), np.cumsum(values, axis=1)], axis=1)


def _within(sums: Any, begin: Numbers, end: Numbers) -> Any:
    lines = np.arange(len(sums))
    return sums[lines, np.maximum(end, begin)] - sums[lines, begin]


def _rhythms(number: int, view: View) -> Iterator[_Rhythm]:
    """The stretches whose rate can be judged."""
    for end, said in judged(view):
        for own in said:
            if own.row.poll or own.row.final:
                continue
            for stretch in own.stretches:
                told = stretch.heard.row if stretch.heard else None
                if stretch.gaps is None or stretch.count <= _ENOUGH_GAPS or stretch.interval_us < _FINEST_US:
                    continue
                if told is None or not (told.demand or told.required_min_rx_interval_us == 0):
                    yield _Rhythm(number, end, own, stretch)


@dataclass(frozen=True, slots=True)
class _TooFast(Together):
    """Who hears nothing while Down, or in Demand mode, cannot know of a slower rate that the peer asks for."""

    of: range

    def together(self, sheet: Sheet) -> list[Evidence]:
        """See `Together`."""
        all_of = sheet.once("rhythms", _Rhythms)
        own_rate = all_of.interval_us == all_of.own_us
        alive = ((all_of.state == INIT) | (all_of.state == UP)) & ~all_of.demand
        twice = all_of.count(0, _AT_ONCE) > _FEW_AT_ONCE * all_of.count()
        picked = _among(all_of, self.of) & (alive | own_rate) & ~twice
        short_ns = all_of.nanoseconds(0, all_of.short_until)
        excess_ns = short_ns - all_of.nanoseconds(all_of.long_from, all_of.lost_from)
        noise_ns = _BEYOND_NOISE * all_of.nanoseconds(0, all_of.lost_from)
        suspect = picked & (all_of.mean < _FAST_MEAN) & (all_of.sigmas > _SIGMAS) & (excess_ns > noise_ns)
        wrong = []
        for number in np.flatnonzero(suspect).tolist():
            rhythm = all_of.each[number]
            unsure_ns = 0 if own_rate[number] else rhythm.unsure_ns(sheet.views[rhythm.view])
            sure = max(0, 1 - unsure_ns / short_ns[number])
            if excess_ns[number] - unsure_ns > noise_ns[number] and all_of.sigmas[number] * sure**0.5 > _SIGMAS:
                wrong.append((number, f"gaps of {_LEAST} % of the interval or more"))
        return all_of.evidence(sheet, all_of.count() * picked, wrong)


@dataclass(frozen=True, slots=True)
class _TooSlow(Together):
    """Only while Up, towards a peer whose values are known, and where few packets are lost."""

    of: range

    def together(self, sheet: Sheet) -> list[Evidence]:
        """See `Together`."""
        all_of = sheet.once("rhythms", _Rhythms)
        told = np.array([rhythm.stretch.heard is not None for rhythm in all_of.each], np.bool_)
        regular = all_of.count(0, all_of.lost_from)
        few_lost = all_of.count(all_of.lost_from) <= _FEW_LOST * regular
        picked = _among(all_of, self.of) & (all_of.state == UP) & ~all_of.demand & told & few_lost
        long = all_of.count(all_of.long_from, all_of.lost_from)
        excess = long - all_of.count(0, all_of.short_until)
        slow = all_of.mean > _SLOW_MEAN * all_of.greatest
        wrong = []
        suspect = picked & slow & (-all_of.sigmas > _SIGMAS) & (excess > _BEYOND_NOISE * regular)
        for number in np.flatnonzero(suspect).tolist():
            rhythm = all_of.each[number]
            unsure = rhythm.unsure_ns(sheet.views[rhythm.view]) / (rhythm.stretch.interval_us * 1000)
            sure = max(0, 1 - unsure / long[number])
            noise = _BEYOND_NOISE * regular[number]
            if excess[number] - unsure > noise and -all_of.sigmas[number] * sure**0.5 > _SIGMAS:
                wrong.append((number, f"gaps of {all_of.greatest[number]} % of the interval or less"))
        return all_of.evidence(sheet, regular * picked, wrong)


class _Unjittered(Together):
    """Nearly all gaps are alike, and not because they are all too short."""

    def together(self, sheet: Sheet) -> list[Evidence]:
        """See `Together`."""
        all_of = sheet.once("rhythms", _Rhythms)
        regular = np.where(np.arange(BINS) < all_of.lost_from[:, None], all_of.gaps, 0)
        count = regular.sum(axis=1)
        pairs = regular[:, :-1] + regular[:, 1:]
        fullest, alike = pairs.argmax(axis=1), pairs.max(axis=1)
        picked = count >= _UNJITTERED_GAPS
        wrong = []
        for number in np.flatnonzero(picked & (alike >= _ALIKE * count) & (fullest >= all_of.short_until)).tolist():
            rhythm = all_of.each[number]
            if all_of.lasted_ns[number] >= 2 * rhythm.unsure_ns(sheet.views[rhythm.view]):
                wrong.append((number, "gaps shortened by a random 0 to 25 %"))
        return all_of.evidence(sheet, count * picked, wrong)


def _among(all_of: _Rhythms, multipliers: range) -> Any:
    return (all_of.multiplier >= multipliers.start) & (all_of.multiplier < multipliers.stop)


def _unwanted(view: View) -> Evidence:
    """Periodic packets, though the peer asks for none: equal ones, so that none has anything to tell."""
    examined, wrong = 0, []
    for end, said in judged(view):
        periodic = [
            stretch
            for own in said
            if own.row.state == UP and not (own.row.poll or own.row.final or own.row.demand)
            for stretch in own.stretches
            if stretch.count >= 3
        ]
        for order in orders(end, view, _wants_none):
            examined += 1
            late = defied(order, periodic)
            if late is not None:
                words = (
                    f"packets as before, {(late.last_ns - order.since_ns) / 1e9:.1f} s after the peer asked for none"
                )
                words += f" in frame {order.first.stretch.first_frame}"
                wrong.append(Wrong(at(late.last_frame, late.last_ns), "no periodic packets", words))
    return Evidence(examined, wrong)


def _wants_none(row: Row) -> bool:
    return row.required_min_rx_interval_us == 0


_MANY, _ONE = range(2, 256), range(1, 2)

CHECKS: tuple[Check, ...] = (
    Check(
        requirement="5880-6.8.7-r01",
        clause="RFC 5880 section 6.8.7: periodic packets are no closer together than 75 % of the interval",
        level="MUST",
        examine=_TooFast(_MANY),
        absent="the capture holds too few periodic packets of the speaker in a row",
    ),
    Check(
        requirement="5880-6.8.7-r03",
        clause="RFC 5880 section 6.8.7: periodic packets are no further apart than the interval",
        level="MUST",
        examine=_TooSlow(_MANY),
        absent="the capture holds too few periodic packets of the speaker in a row while Up",
    ),
    Check(
        requirement="5880-6.8.7-r05",
        clause="RFC 5880 section 6.8.7: with Detect Mult 1, packets are no closer together than 75 % of the interval",
        level="MUST",
        examine=_TooFast(_ONE),
        absent="the capture holds too few periodic packets of the speaker in a row with Detect Mult 1",
    ),
    Check(
        requirement="5880-6.8.7-r04",
        clause="RFC 5880 section 6.8.7: with Detect Mult 1, packets are no further apart than 90 % of the interval",
        level="MUST",
        examine=_TooSlow(_ONE),
        absent="the capture holds too few periodic packets of the speaker in a row with Detect Mult 1",
    ),
    Check(
        requirement="5880-6.8.7-r02",
        clause="RFC 5880 section 6.8.7: periodic packets are jittered, each anew",
        level="MUST",
        examine=_Unjittered(),
        absent="the capture holds too few periodic packets of the speaker in a row",
    ),
    Check(
        requirement="5880-6.8.7-r10",
        clause="RFC 5880 section 6.8.7: no periodic packets while the peer's Required Min RX Interval is zero",
        level="MUST",
        examine=_unwanted,
        absent="no peer of the speaker asked for no packets",
        about=traits.peer_wants_none,
    ),
)
