"""Rules about the rate of periodic packets (RFC 5880 section 6.8.7), by the distribution of many gaps.

Neither the sender's clock nor the capture's is perfect, and the way between them delays packets: what is too long by it
is followed by what is too short. So it is not a gap that is judged, but whether gaps are too short more often than too
long, or the other way round. A lost packet makes a gap of 150 % and more, which says nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

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

_UNJITTERED_GAPS = 40
_ALIKE = 0.9
"""Intervals of which so many lie within five per cent are not reduced by a random value of 0 to 25 %."""

_EDGES = np.arange(BINS) * BIN_PERCENT
_CENTERS = _EDGES + BIN_PERCENT / 2


@dataclass(frozen=True, slots=True)
class _Rhythm:
    """Periodic packets with enough gaps. `unsure_ns` is for how long the speaker may have gone by other values than the
    peer's last ones, which may have been lost."""

    said: Said
    stretch: Stretch
    gaps: Any
    unsure_ns: int

    @property
    def tolerance(self) -> float:
        """In per cent of the interval."""
        return max(_TOLERANCE_PERCENT, 100 * _TOLERANCE_US / self.stretch.interval_us)

    @property
    def greatest(self) -> int:
        """Per cent of the interval."""
        return _GREATEST_AT_ONE if self.said.row.detect_mult == 1 else _GREATEST

    @property
    def short(self) -> Any:
        """Which bins hold gaps that are too short."""
        return _LEAST - self.tolerance >= _EDGES + BIN_PERCENT

    @property
    def long(self) -> Any:
        """Which bins hold gaps that are too long, and not for a lost packet."""
        return (self.greatest + self.tolerance <= _EDGES) & ~self.lost

    @property
    def lost(self) -> Any:
        """Which bins hold gaps that a lost packet explains."""
        return _LOST - self.tolerance < _EDGES + BIN_PERCENT

    @property
    def words(self) -> str:
        """For example "82 % to 91 % of 300 ms (the middle 80 % of 120 gaps)"."""
        summed = np.cumsum(self.gaps)
        low, high = (float(_EDGES[int(np.searchsorted(summed, part * summed[-1]))]) for part in (0.1, 0.9))
        bounds = f"{low:g} % to {high + BIN_PERCENT:g} %"
        return f"{bounds} of {self.stretch.interval_us / 1000:g} ms (the middle 80 % of {summed[-1]} gaps)"


def _rhythms(view: View, of: range) -> Iterator[_Rhythm]:
    """The stretches whose rate can be judged, of a Detect Mult in `of`."""
    for end, said in judged(view):
        for own in said:
            row = own.row
            if row.poll or row.final or row.detect_mult not in of:
                continue
            for stretch in own.stretches:
                told = stretch.heard.row if stretch.heard else None
                if stretch.gaps is None or stretch.interval_us < _FINEST_US:
                    continue
                if told is not None and (told.demand or told.required_min_rx_interval_us == 0):
                    continue
                if int(stretch.gaps.sum()) >= _ENOUGH_GAPS:
                    yield _Rhythm(own, stretch, stretch.gaps.astype(np.int64), _unsure_ns(end, view, stretch))


def _unsure_ns(end: End, view: View, stretch: Stretch) -> int:
    known = sorted(
        (each for each in heard_by(end, view) if each.stretch.first_ns < stretch.first_ns),
        key=lambda each: each.stretch.first_ns,
    )
    limit = lives_until(end, known, stretch.first_ns)
    return FOREGOING_NS if limit is None else limit + LAG_NS - stretch.first_ns


def _by_own_rate(rhythm: _Rhythm) -> bool:
    """Who hears nothing while Down, or in Demand mode, cannot know of a slower rate that the peer asks for."""
    row = rhythm.said.row
    alive = row.state in (INIT, UP) and not row.demand
    return alive or rhythm.stretch.interval_us == row.desired_min_tx_interval_us


def _too_fast(view: View, *, of: range) -> Evidence:
    examined, wrong = 0, []
    for rhythm in filter(_by_own_rate, _rhythms(view, of)):
        examined += int(rhythm.gaps.sum())
        times = rhythm.gaps * _CENTERS * rhythm.stretch.interval_us * 10  # nanoseconds
        short_ns, long_ns = float(times[rhythm.short].sum()), float(times[rhythm.long].sum())
        own_rate = rhythm.stretch.interval_us == rhythm.said.row.desired_min_tx_interval_us
        unsure_ns = 0 if own_rate else rhythm.unsure_ns
        if short_ns - long_ns - unsure_ns > _BEYOND_NOISE * float(times[~rhythm.lost].sum()):
            wrong.append(Wrong(span(rhythm.stretch), f"gaps of {_LEAST} % of the interval or more", rhythm.words))
    return Evidence(examined, wrong)


def _too_slow(view: View, *, of: range) -> Evidence:
    examined, wrong = 0, []
    for rhythm in _rhythms(view, of):
        row, stretch = rhythm.said.row, rhythm.stretch
        if row.state != UP or row.demand or stretch.heard is None:
            continue
        lost = int(rhythm.gaps[rhythm.lost].sum())
        regular = int(rhythm.gaps.sum()) - lost
        if lost > _FEW_LOST * regular:
            continue
        examined += regular
        unsure = rhythm.unsure_ns / (stretch.interval_us * 1000)
        excess = int(rhythm.gaps[rhythm.long].sum()) - int(rhythm.gaps[rhythm.short].sum())
        if excess - unsure > _BEYOND_NOISE * regular:
            wrong.append(Wrong(span(stretch), f"gaps of {rhythm.greatest} % of the interval or less", rhythm.words))
    return Evidence(examined, wrong)


def _unjittered(view: View) -> Evidence:
    examined, wrong = 0, []
    for rhythm in _rhythms(view, range(256)):
        regular = np.where(rhythm.lost, 0, rhythm.gaps)
        count = int(regular.sum())
        duration_ns = rhythm.stretch.last_ns - rhythm.stretch.first_ns
        if count < _UNJITTERED_GAPS or duration_ns < 2 * rhythm.unsure_ns:
            continue
        examined += count
        pairs = regular[:-1] + regular[1:]
        fullest = int(np.argmax(pairs))
        if pairs[fullest] >= _ALIKE * count and rhythm.short[fullest] == 0:
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
