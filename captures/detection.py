"""What a bystander can say of Detection Times (RFC 5880 section 6.8.4).

Lives here: until when a session may live on what it heard. Must not live here: any rule. Whether a packet arrived is
not known; but a session that hears nothing for a Detection Time goes Down, so one that lives on has heard something,
and must do what it was told.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, groupby
from operator import attrgetter
from typing import NamedTuple, TypeVar

from captures.conversation import End, Stretch
from captures.findings import View
from captures.handshake import INIT, LAG_NS, UP, heard_by
from captures.rows import Row
from captures.timeline import Heard, Timeline, first_between, heard_of

_Key = TypeVar("_Key")

ENOUGH_PACKETS = 3
FOREVER = 1 << 63
FOREGOING_NS = 10_000_000_000
"""A session that is Up when the capture begins may live on what was said before: for this long, it is assumed."""


def detection_ns(heard: Row, required_min_rx_us: int) -> int:
    """The Detection Time in Asynchronous mode, nanoseconds: that of a system with this Required Min RX Interval after
    it received `heard`."""
    return heard.detect_mult * max(heard.desired_min_tx_interval_us, required_min_rx_us) * 1000


class Lifetime:
    """Until when an end that is not in Demand mode may be Init or Up, by what it `heard`."""

    def __init__(self, end: End, heard: Timeline) -> None:
        required = [said.row.required_min_rx_interval_us for said in end.said]
        self._heard = heard
        self._asks_for_none = 0 in required
        self._alive_at_first = end.said[0].row.state in (INIT, UP)
        self._required_us = max(required)
        over = sorted((each.stretch.last_ns, each.stretch.last_ns + self._allowed_ns(each.row)) for each in heard)
        self._lasts = [last_ns for last_ns, _ in over]
        self._limits = list(accumulate((limit_ns for _, limit_ns in over), max))

    def until(self, silent_ns: int, among: int | None = None) -> int | None:
        """The last moment, if the end received nothing that was captured after `silent_ns`, and only of the first
        `among` of what it heard. Nanoseconds since the Unix epoch.

        What it received last, and with which values it calculates, is not known: the most favourable counts. None where
        that may have been before the capture began, and for a session that asks for no packets: silence may be its
        wish.
        """
        heard = self._heard
        begun = heard.begun(silent_ns) if among is None else among
        if self._asks_for_none or not begun:
            return None
        if self._alive_at_first and silent_ns < heard[0].stretch.first_ns + FOREGOING_NS:
            return None
        over = bisect_left(self._lasts, silent_ns)
        limits = [self._limits[over - 1]] if over else []
        limits += [silent_ns + self._allowed_ns(each.row) for each in heard.reaching(silent_ns, begun)]
        return max(limits)

    def _allowed_ns(self, row: Row) -> int:
        return LAG_NS + detection_ns(row, self._required_us)


def lifetime(end: End, view: View) -> Lifetime:
    """By what the end had to take in."""
    return view.once("lifetimes", _lifetimes)[end]


def _lifetimes(view: View) -> dict[End, Lifetime]:
    return {end: Lifetime(end, heard_by(end, view)) for end in view.ends}


def demanding(view: View) -> frozenset[End]:
    """The speaker's ends that are in Demand mode at some time."""
    return view.once(
        "demanding", lambda view: frozenset(end for end in view.ends if any(said.row.demand for said in end.said))
    )


def all_heard(view: View) -> Timeline:
    """All that peers said, whether it had to be taken in or not."""
    return view.once(
        "all heard",
        lambda view: Timeline(heard_of(said for peer in view.peers for said in peer.said)),
    )


class Order(NamedTuple):
    """What the peer said without saying anything else in between, as far as the end had to take it in: from the first
    packet to before the first of something else. `before` is how much the end had heard before."""

    first: Heard
    packets: int
    until_ns: int
    before: int
    end: End
    view: View

    @property
    def since_ns(self) -> int:
        """When the peer said it first."""
        return self.first.stretch.first_ns

    @property
    def deadline_ns(self) -> int | None:
        """Until when the end may live without having heard any of it, None where that cannot be known."""
        return lifetime(self.end, self.view).until(self.since_ns, self.before)


def orders(end: End, view: View, of: Callable[[Row], bool]) -> Iterator[Order]:
    """All that the peer said to the end by its discriminator and `of` picks, in the order of time."""
    return (order for picked, order in _runs(end, view, of) if picked)


def first_orders(end: End, view: View, key: Callable[[Row], _Key]) -> Iterator[Order]:
    """Where the peer says something with a new key, in the order of time."""
    known = set()
    for common, order in _runs(end, view, key):
        if common not in known:
            known.add(common)
            yield order


def orders_by_state(end: End, view: View) -> dict[int, list[Order]]:
    """What the peer said to the end by its discriminator, a list for each state, in the order of time."""
    return view.once("orders by state", _orders_by_state)[end]


def _orders_by_state(view: View) -> dict[End, dict[int, list[Order]]]:
    by_state: dict[End, dict[int, list[Order]]] = {end: {} for end in view.ends}
    for end, found in by_state.items():
        for state, order in _runs(end, view, attrgetter("state")):
            found.setdefault(state, []).append(order)
    return by_state


def _runs(end: End, view: View, key: Callable[[Row], _Key]) -> Iterator[tuple[_Key, Order]]:
    """What the peer said to the end by its discriminator, in parts of which all packets have the same key."""
    heard = heard_by(end, view)
    keys = [key(each.row) if each.row.your_discriminator == end.discriminator else None for each in heard]
    begin = 0
    for common, run in groupby(keys):
        after = begin + len(list(run))
        if common is not None:
            until_ns = heard[after].stretch.first_ns if after < len(heard) else FOREVER
            packets = sum(each.stretch.count for each in heard[begin:after])
            yield common, Order(heard[begin], packets, until_ns, begin, end, view)
        begin = after


def defied(order: Order, stretches: Sequence[Stretch]) -> Stretch | None:
    """The first of the end's `stretches`, in their order, that shows it going on although it must have heard the order,
    if it lives."""
    if order.packets < max(ENOUGH_PACKETS, order.first.row.detect_mult):
        return None
    deadline_ns = order.deadline_ns
    return None if deadline_ns is None else first_between(stretches, deadline_ns + LAG_NS, order.until_ns)
