"""Rules about the rate of periodic packets (RFC 5880 section 6.8.7), by the distribution of many gaps.

Neither the sender's clock nor the capture's is perfect, and the way between them delays packets: what is too long by it
is followed by what is too short. So it is not a gap that is judged, but whether gaps are too short more often than too
long, or the other way round. A lost packet makes a gap of 150 % and more, which says nothing.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from math import ceil, floor

from captures.conversation import BIN_PERCENT, BINS, End, Said, Stretch
from captures.detection import FOREGOING_NS, defied, lives_until, orders
from captures.findings import Check, Evidence, View, Wrong, at, span
from captures.handshake import INIT, LAG_NS, UP, heard_by, judged
from captures.rows import Row

_LEAST, _GREATEST, _GREATEST_AT_ONE, _LOST = 75, 100, 90, 150
"""Bounds of a jittered interval, per cent of the negotiated one; the second greatest is for Detect Mult 1."""

_ENOUGH_GAPS = 20
_TOLERANCE_PERCENT, _TOLERANCE_US = 5, 5_000
_FINEST_US = 25_000
"""Of shorter intervals, the tolerance is too great a part to judge the rest."""

_BEYOND_NOISE = 0.2
_FEW_LOST = 0.3

_AT_ONCE = slice(0, 2)
_FEW_AT_ONCE = 0.02
"""More packets than this part directly behind another one may have been captured, or delivered, twice."""

_UNJITTERED_GAPS = 40
_ALIKE = 0.9
"""Intervals of which so many lie within five per cent are not reduced by a random value of 0 to 25 %."""


@dataclass(frozen=True, slots=True)
class _Rhythm:
    """Periodic packets with enough gaps. `unsure_ns` is for how long the speaker may have gone by other values than the
    peer's last ones, which may have been lost."""

    end: End
    said: Said
    stretch: Stretch
    gaps: list[int]

    @property
    def tolerance(self) -> float:
        """In per cent of the interval."""
        return max(_TOLERANCE_PERCENT, 100 * _TOLERANCE_US / self.stretch.interval_us)

    @property
    def greatest(self) -> int:
        """Per cent of the interval."""
        return _GREATEST_AT_ONE if self.said.row.detect_mult == 1 else _GREATEST

    @property
    def short(self) -> slice:
        """The bins whose gaps are too short."""
        return slice(0, floor((_LEAST - self.tolerance) / BIN_PERCENT))

    @property
    def lost(self) -> slice:
        """The bins whose gaps a lost packet explains."""
        return slice(floor((_LOST - self.tolerance) / BIN_PERCENT), BINS)

    @property
    def long(self) -> slice:
        """The bins whose gaps are too long, and not for a lost packet."""
        return slice(ceil((self.greatest + self.tolerance) / BIN_PERCENT), self.lost.start)

    def count(self, bins: slice) -> int:
        """How many gaps are in some bins."""
        return sum(self.gaps[bins])

    def nanoseconds(self, bins: slice) -> float:
        """How much time is in the gaps of some bins."""
        indices = range(*bins.indices(BINS))
        percent = sum((index + 0.5) * BIN_PERCENT * self.gaps[index] for index in indices)
        return percent * self.stretch.interval_us * 10

    def unsure_ns(self, view: View) -> int:
        """For how long the speaker may have gone by other values than the peer's last ones, which may have been lost
        on the way to it."""
        begun = self.stretch.first_ns
        known = [each for each in heard_by(self.end, view) if each.stretch.first_ns < begun]
        limit = lives_until(self.end, known, begun)
        return FOREGOING_NS if limit is None else limit + LAG_NS - begun

    @property
    def words(self) -> str:
        """For example "82 % to 91 % of 300 ms (the middle 80 % of 120 gaps)"."""
        summed = list(accumulate(self.gaps))
        low, high = (BIN_PERCENT * bisect_left(summed, part * summed[-1]) for part in (0.1, 0.9))
        bounds = f"{low:g} % to {high + BIN_PERCENT:g} %"
        return f"{bounds} of {self.stretch.interval_us / 1000:g} ms (the middle 80 % of {summed[-1]} gaps)"


def _rhythms(view: View) -> list[_Rhythm]:
    """The stretches whose rate can be judged."""
    found = []
    for end, said in judged(view):
        for own in said:
            if own.row.poll or own.row.final:
                continue
            for stretch in own.stretches:
                told = stretch.heard.row if stretch.heard else None
                if stretch.gaps is None or stretch.count <= _ENOUGH_GAPS or stretch.interval_us < _FINEST_US:
                    continue
                if told is None or not (told.demand or told.required_min_rx_interval_us == 0):
                    found.append(_Rhythm(end, own, stretch, stretch.gaps.tolist()))
    return found


def _of(view: View, multipliers: range) -> Iterator[_Rhythm]:
    return (each for each in view.once("rhythms", _rhythms) if each.said.row.detect_mult in multipliers)


def _by_own_rate(rhythm: _Rhythm) -> bool:
    """Who hears nothing while Down, or in Demand mode, cannot know of a slower rate that the peer asks for."""
    row = rhythm.said.row
    alive = row.state in (INIT, UP) and not row.demand
    return alive or rhythm.stretch.interval_us == row.desired_min_tx_interval_us


def _too_fast(view: View, *, of: range) -> Evidence:
    examined, wrong = 0, []
    for rhythm in filter(_by_own_rate, _of(view, of)):
        if rhythm.count(_AT_ONCE) > _FEW_AT_ONCE * rhythm.count(slice(BINS)):
            continue
        examined += rhythm.count(slice(BINS))
        excess_ns = rhythm.nanoseconds(rhythm.short) - rhythm.nanoseconds(rhythm.long)
        if excess_ns <= _BEYOND_NOISE * rhythm.nanoseconds(slice(0, rhythm.lost.start)):
            continue
        own_rate = rhythm.stretch.interval_us == rhythm.said.row.desired_min_tx_interval_us
        unsure_ns = 0 if own_rate else rhythm.unsure_ns(view)
        if excess_ns - unsure_ns > _BEYOND_NOISE * rhythm.nanoseconds(slice(0, rhythm.lost.start)):
            wrong.append(Wrong(span(rhythm.stretch), f"gaps of {_LEAST} % of the interval or more", rhythm.words))
    return Evidence(examined, wrong)


def _too_slow(view: View, *, of: range) -> Evidence:
    examined, wrong = 0, []
    for rhythm in _of(view, of):
        row, stretch = rhythm.said.row, rhythm.stretch
        if row.state != UP or row.demand or stretch.heard is None:
            continue
        lost = rhythm.count(rhythm.lost)
        regular = rhythm.count(slice(BINS)) - lost
        if lost > _FEW_LOST * regular:
            continue
        examined += regular
        excess = rhythm.count(rhythm.long) - rhythm.count(rhythm.short)
        if excess <= _BEYOND_NOISE * regular:
            continue
        if excess - rhythm.unsure_ns(view) / (stretch.interval_us * 1000) > _BEYOND_NOISE * regular:
            wrong.append(Wrong(span(stretch), f"gaps of {rhythm.greatest} % of the interval or less", rhythm.words))
    return Evidence(examined, wrong)


def _unjittered(view: View) -> Evidence:
    examined, wrong = 0, []
    for rhythm in _of(view, range(256)):
        regular = rhythm.gaps[: rhythm.lost.start]
        count = sum(regular)
        if count < _UNJITTERED_GAPS:
            continue
        examined += count
        fullest, alike = max(enumerate(map(sum, pairwise(regular))), key=lambda each: each[1])
        duration_ns = rhythm.stretch.last_ns - rhythm.stretch.first_ns
        if alike >= _ALIKE * count and fullest >= rhythm.short.stop and duration_ns >= 2 * rhythm.unsure_ns(view):
            wrong.append(Wrong(span(rhythm.stretch), "gaps shortened by a random 0 to 25 %", rhythm.words))
    return Evidence(examined, wrong)


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
        examine=partial(_too_fast, of=_MANY),
        absent="the capture holds too few periodic packets of the speaker in a row",
    ),
    Check(
        requirement="5880-6.8.7-r03",
        clause="RFC 5880 section 6.8.7: periodic packets are no further apart than the interval",
        level="MUST",
        examine=partial(_too_slow, of=_MANY),
        absent="the capture holds too few periodic packets of the speaker in a row while Up",
    ),
    Check(
        requirement="5880-6.8.7-r05",
        clause="RFC 5880 section 6.8.7: with Detect Mult 1, packets are no closer together than 75 % of the interval",
        level="MUST",
        examine=partial(_too_fast, of=_ONE),
        absent="the capture holds too few periodic packets of the speaker in a row with Detect Mult 1",
    ),
    Check(
        requirement="5880-6.8.7-r04",
        clause="RFC 5880 section 6.8.7: with Detect Mult 1, packets are no further apart than 90 % of the interval",
        level="MUST",
        examine=partial(_too_slow, of=_ONE),
        absent="the capture holds too few periodic packets of the speaker in a row with Detect Mult 1",
    ),
    Check(
        requirement="5880-6.8.7-r02",
        clause="RFC 5880 section 6.8.7: periodic packets are jittered, each anew",
        level="MUST",
        examine=_unjittered,
        absent="the capture holds too few periodic packets of the speaker in a row",
    ),
    Check(
        requirement="5880-6.8.7-r10",
        clause="RFC 5880 section 6.8.7: no periodic packets while the peer's Required Min RX Interval is zero",
        level="MUST",
        examine=_unwanted,
        absent="no peer of the speaker asked for no packets",
    ),
)
