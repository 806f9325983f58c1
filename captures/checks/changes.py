"""Rules about changes of the timers: what has to wait for the end of a Poll Sequence, and what has to happen at once.

Covers RFC 5880 sections 6.5 and 6.8.3. A single gap proves nothing, for packets are lost and late; so what is judged is
a speaker that kept one pace, and after a change keeps a pace that is another one than it has to be. Losses look like a
slower pace, but not like a steady one; and delays cannot grow for ever.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, groupby, pairwise
from typing import NamedTuple

from captures.conversation import End, Said, Stretch
from captures.detection import FOREGOING_NS, demanding, lifetime
from captures.findings import Check, Evidence, View, Wrong, span
from captures.handshake import INIT, LAG_NS, UP, heard_by, judged
from captures.rows import Row
from captures.timeline import Timeline, heard_of

_ENOUGH_GAPS, _BASIS_GAPS = 20, 10
"""So many gaps show a wrong pace, and so many before the change that the speaker can keep one."""

_SHORTEST, _MEAN, _LONGEST = 0.70, 1.05, 2.0
"""Bounds of the gaps of a steady pace, in intervals: with jitter they are 0.75 to 1, and some packets are lost."""

_APART = 1.5
"""Of paces that differ less, gaps of the one may be such of the other; captures.checks.rates judges them."""

_FINEST_US = 20_000
_MS_NS = 1_000_000
_MANY_TIMES = 3


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch with enough packets to have a pace. `run` counts how often the end had changed its Desired Min TX
    Interval, or gone to Up or out of it; `old_ns` is when it said for the last time what it said before, if it did."""

    said: Said
    stretch: Stretch
    run: int
    old_ns: int | None

    @property
    def desired_us(self) -> int:
        """The Desired Min TX Interval, microseconds."""
        return self.said.row.desired_min_tx_interval_us

    @property
    def gaps(self) -> int:
        """How many there are between its packets."""
        return self.stretch.count - 1

    @property
    def lasts_ns(self) -> int:
        """From its first packet to its last."""
        return self.stretch.last_ns - self.stretch.first_ns

    def steady(self, interval_us: int) -> bool:
        """Whether it goes by an interval: jittered, a packet lost now and then, nothing sent or delivered twice."""
        interval_ns = interval_us * 1000
        shortest, longest = self.stretch.shortest, self.stretch.longest
        if shortest is None or longest is None or interval_us < _FINEST_US:
            return False
        regular = shortest.ns >= _SHORTEST * interval_ns and longest.ns <= _LONGEST * interval_ns
        return regular and self.lasts_ns <= _MEAN * interval_ns * self.gaps

    def words(self, interval_us: int) -> str:
        """For example "gaps of 261 ms on average, as with 300 ms"."""
        return f"gaps of {self.lasts_ns / self.gaps / _MS_NS:.0f} ms on average, as with {interval_us / 1000:g} ms"


def _parts(view: View) -> list[tuple[End, list[_Part]]]:
    """The speaker's ends, with what each said at a pace, in the order of time."""
    return [(end, list(_parts_of(said))) for end, said in judged(view)]


def _parts_of(said: Iterable[Said]) -> Iterator[_Part]:
    run, old_ns, before = 0, None, None
    for own in said:
        if before is not None and _pace(before.row) != _pace(own.row):
            run, old_ns = run + 1, before.last_ns
        before = own
        if own.count > _BASIS_GAPS and not own.row.final:
            for stretch in own.stretches:
                if stretch.count > _BASIS_GAPS:
                    yield _Part(own, stretch, run, old_ns)


def _pace(row: Row) -> tuple[int, bool]:
    return row.desired_min_tx_interval_us, row.state == UP


def _retimed(view: View) -> bool:
    """Whether an end of the speaker had two intervals, each for some time."""
    return any(len({each.stretch.interval_us for each in parts}) > 1 for _, parts in view.once("parts", _parts))


class _Change(NamedTuple):
    """Two parts of an end, one after the other, and the intervals that hold before and after, microseconds."""

    before: _Part
    after: _Part
    old_us: int
    new_us: int


def _pairs(view: View) -> Iterator[tuple[End, list[tuple[_Part, _Part]]]]:
    """Each part of an end with the next one. Not in Demand mode, and not where the peer asked for no packets at some
    time: pauses mean nothing there."""
    for end, parts in view.once("parts", _parts):
        if len(parts) < 2 or end in demanding(view):
            continue
        heard = heard_by(end, view)
        if heard and not any(each.row.demand or not each.row.required_min_rx_interval_us for each in heard):
            yield end, [(before, after) for before, after in pairwise(parts) if after.gaps >= _ENOUGH_GAPS]


# ------------------------------------------------------------------ the speaker's own timer


def _raised(view: View) -> Evidence:
    """The speaker polls with a greater Desired Min TX Interval, no answer has come, and it goes by it."""
    examined, wrong = 0, []
    for end, changes in _own(view):
        for before, after, old, new in changes:
            both_up = before.said.row.state == after.said.row.state == UP
            if new < _APART * old or not (both_up and after.said.row.poll) or after.old_ns is None:
                continue
            since_ns, until_ns = after.old_ns - 2 * LAG_NS, after.stretch.last_ns
            if _answered(view, since_ns, until_ns):
                continue
            examined += 1
            if after.steady(new) and _slower(after.lasts_ns, after.gaps, old):
                if _stays_up(end, view, since_ns, until_ns):
                    expected = f"{old / 1000:g} ms or less until a Final comes"
                    wrong.append(Wrong(span(after.stretch), expected, after.words(new)))
                break
    return Evidence(examined, wrong)


def _lowered(view: View) -> Evidence:
    """The speaker, Up, says a lesser Desired Min TX Interval, and goes by the one before."""
    examined, wrong = 0, []
    for end, changes in _own(view):
        known_ns = end.said[0].first_ns + 2 * LAG_NS
        if end.said[0].row.state in (INIT, UP):  # it may go by what the peer asked for when there was no capture yet
            known_ns = heard_by(end, view)[0].stretch.first_ns + FOREGOING_NS
        for _, after, old, new in changes:
            if old < _APART * new or after.said.row.state != UP or after.stretch.first_ns < known_ns:
                continue
            examined += 1
            if after.steady(old) and _slower(after.lasts_ns, after.gaps, new):
                wrong.append(Wrong(span(after.stretch), f"{new / 1000:g} ms or less at once", after.words(old)))
                break
    return Evidence(examined, wrong)


def _own(view: View) -> Iterator[tuple[End, list[_Change]]]:
    """Changes of the speaker's Desired Min TX Interval, with the intervals that follow from its values if the peer asks
    for the greatest that it ever asked for."""
    for end, pairs in _pairs(view):
        heard = heard_by(end, view)
        asked = list(accumulate((each.row.required_min_rx_interval_us for each in heard), max, initial=0))
        found = []
        for before, after in pairs:
            if after.run == before.run + 1:
                greatest = asked[heard.begun(after.stretch.last_ns)]
                found.append(_Change(before, after, *(max(each.desired_us, greatest) for each in (before, after))))
        yield end, [each for each in found if each.before.steady(each.old_us)]


def _slower(lasts_ns: float, gaps: float, interval_us: int) -> bool:
    """Whether it takes longer than so many gaps can, though the last packet was late and the first one was not."""
    return lasts_ns - LAG_NS > _MEAN * gaps * interval_us * 1000


# ------------------------------------------------------------------ what the peer asks for


def _asked(view: View, *, faster: bool) -> Evidence:
    """The peer asks for shorter intervals or for longer ones, and the speaker goes by those before, though it lives on
    what it hears."""
    examined, wrong = 0, []
    for end, pairs in _pairs(view):
        given = list(_of_peer(pairs, faster=faster))
        defied = [each for each in given if each.after.steady(each.old_us)]
        examined += len(given) - len(defied)
        if not defied:
            continue
        _, after, old, new = max(defied, key=lambda each: each.after.lasts_ns)
        known_ns = _known(view, end, after)
        if known_ns is None or (sure_ns := after.stretch.last_ns - known_ns) < _ENOUGH_GAPS * old * 1000:
            continue
        examined += 1
        if faster and _slower(sure_ns, sure_ns / (_SHORTEST * old * 1000) + 1, new):
            wrong.append(Wrong(span(after.stretch), f"{new / 1000:g} ms or less at once", after.words(old)))
        unsure = (after.lasts_ns - sure_ns + LAG_NS) / (_SHORTEST * old * 1000)
        if not faster and after.gaps > unsure + (sure_ns + LAG_NS) / (_SHORTEST * new * 1000):
            expected = f"{new / 1000:g} ms, reduced by no more than 25 %, at once"
            wrong.append(Wrong(span(after.stretch), expected, after.words(old)))
    return Evidence(examined, wrong)


def _of_peer(pairs: Iterable[tuple[_Part, _Part]], *, faster: bool) -> Iterator[_Change]:
    """Changes of the peer's Required Min RX Interval alone, all of them in Up."""
    for before, after in pairs:
        old, new = before.stretch.interval_us, after.stretch.interval_us
        apart = old >= _APART * new if faster else new >= _APART * old
        both_up = before.said.row.state == after.said.row.state == UP
        if apart and both_up and before.run == after.run and after.lasts_ns >= 2 * LAG_NS and before.steady(old):
            yield _Change(before, after, old, new)


def _known(view: View, end: End, part: _Part) -> int | None:
    """Since when the end must have heard what the peer asked for during a part, if it lives, nanoseconds since the Unix
    epoch and not before the part; None where that cannot be known, or the peer asked for something else as well."""
    if part.stretch.heard is None:
        return None
    asked = part.stretch.heard.row.required_min_rx_interval_us
    heard = heard_by(end, view)
    begin = heard.begun(part.stretch.first_ns)
    while begin and heard[begin - 1].row.required_min_rx_interval_us == asked:
        begin -= 1
    if begin == len(heard):
        return None
    since_ns: int = heard[begin].stretch.first_ns
    deadline_ns = lifetime(end, view).until(since_ns, begin)
    during = heard.during(since_ns + 1, part.stretch.last_ns)
    if deadline_ns is None or any(each.row.required_min_rx_interval_us != asked for each in during):
        return None
    return max(deadline_ns + LAG_NS, part.stretch.first_ns)


# ------------------------------------------------------------------ the packets of a Poll Sequence


def _polls_often(view: View) -> bool:
    """Whether an end of the speaker sets the P bit anew again and again."""
    return any(sum(own.row.poll for own in said) > _MANY_TIMES for _, said in judged(view))


def _every_other(view: View) -> Evidence:
    """Packets without P in the middle of a Poll Sequence, again and again, and no Final that could have ended it."""
    examined, wrong = 0, []
    for end, said in judged(view):
        for (up, demand, *_), run in groupby(said, key=lambda own: _asks(own.row)):
            first: Said | None = None
            gone: list[Said] = []
            for own, after in pairwise(own for own in run if not own.row.final) if up and not demand else ():
                if first is not None and _answered(view, first.first_ns - 2 * LAG_NS, after.last_ns):
                    first = None
                if first is None:
                    first, gone = own if own.row.poll else None, []
                elif own.first_ns > first.first_ns + LAG_NS:
                    examined += 1
                    if after.row.poll and not own.row.poll:
                        gone.append(own)
                if first is None or len(gone) < _MANY_TIMES:
                    continue
                if _stays_up(end, view, first.first_ns - 2 * LAG_NS, after.last_ns):
                    words = f"P clear and set again, {_MANY_TIMES} times up to frame {after.first_frame}, with no Final"
                    words += f" since frame {first.first_frame}"
                    wrong.append(Wrong(span(gone[0]), "P set in each packet until a Final comes", words))
                    break
                first = None
    return Evidence(examined, wrong)


def _asks(row: Row) -> tuple[object, ...]:
    return row.state == UP, row.demand, row.desired_min_tx_interval_us, row.required_min_rx_interval_us


# ------------------------------------------------------------------ what came meanwhile


def _answered(view: View, since_ns: int, until_ns: int) -> bool:
    """Whether a Final, to whomever, was captured between two moments."""
    return (view.once("all finals", _finals).last_ns(until_ns) or 0) >= since_ns


def _finals(view: View) -> Timeline:
    return Timeline(heard_of(said for peer in view.peers for said in peer.said if said.row.final))


def _stays_up(end: End, view: View, since_ns: int, until_ns: int) -> bool:
    """Whether the peer is heard between two moments, and says nothing but Up: then the session did not fall. In Demand
    mode nobody can tell."""
    around = heard_by(end, view).during(since_ns, until_ns)
    return bool(around) and all(each.row.state == UP and not each.row.demand for each in around)


CHECKS: tuple[Check, ...] = (
    Check(
        requirement="5880-6.5-r05",
        clause="RFC 5880 section 6.5: a Poll Sequence sets P on the periodic packets",
        level="MUST",
        examine=_every_other,
        absent="no Poll Sequence of the speaker was interrupted",
        about=_polls_often,
    ),
    Check(
        requirement="5880-6.8.3-r06",
        clause="RFC 5880 section 6.8.3: while Up, a raised Desired Min TX Interval is not used before the Final",
        level="MUST",
        examine=_raised,
        absent="the capture holds too few packets of the speaker before and during a Poll with a raised interval",
        about=_retimed,
    ),
    Check(
        requirement="5880-6.8.3-r12",
        clause="RFC 5880 section 6.8.3: a lowered Desired Min TX Interval is used at once",
        level="MUST",
        examine=_lowered,
        absent="the capture holds too few packets of the speaker before and after it lowered its interval",
        about=_retimed,
    ),
    Check(
        requirement="5880-6.8.3-r09",
        clause="RFC 5880 section 6.8.3: a lowered Required Min RX Interval of the peer is honored at once",
        level="MUST",
        examine=partial(_asked, faster=True),
        absent="the capture holds too few packets of the speaker before and after the peer asked for shorter intervals",
        about=_retimed,
    ),
    Check(
        requirement="5880-6.8.3-r13",
        clause="RFC 5880 section 6.8.3: a raised Required Min RX Interval of the peer is honored at once",
        level="MUST",
        examine=partial(_asked, faster=False),
        absent="the capture holds too few packets of the speaker before and after the peer asked for longer intervals",
        about=_retimed,
    ),
)
