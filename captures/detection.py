"""What a bystander can say of Detection Times (RFC 5880 section 6.8.4).

Lives here: until when a session may live on what it heard. Must not live here: any rule. Whether a packet arrived is
not known; but a session that hears nothing for a Detection Time goes Down, so one that lives on has heard something,
and must do what it was told.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from captures.conversation import End, Stretch
from captures.findings import View
from captures.handshake import INIT, LAG_NS, UP, Heard, heard_by
from captures.rows import Row

ENOUGH_PACKETS = 3
FOREVER = 1 << 63
FOREGOING_NS = 10_000_000_000
"""A session that is Up when the capture begins may live on what was said before: for this long, it is assumed."""


def detection_ns(heard: Row, required_min_rx_us: int) -> int:
    """The Detection Time in Asynchronous mode, nanoseconds: that of a system with this Required Min RX Interval after
    it received `heard`."""
    return heard.detect_mult * max(heard.desired_min_tx_interval_us, required_min_rx_us) * 1000


def lives_until(end: End, heard: Sequence[Heard], silent_ns: int) -> int | None:
    """The last moment at which a session that is not in Demand mode may be Init or Up, if it received nothing that was
    captured after `silent_ns`, nanoseconds since the Unix epoch.

    What it received last, and with which values it calculates, is not known: the most favourable counts. None where
    that may have been before the capture began, and for a session that asks for no packets: silence may be its wish.
    """
    if any(said.row.required_min_rx_interval_us == 0 for said in end.said):
        return None
    if not heard or (end.said[0].row.state in (INIT, UP) and silent_ns < heard[0].stretch.first_ns + FOREGOING_NS):
        return None
    required = max(said.row.required_min_rx_interval_us for said in end.said)
    return max(
        (
            min(each.stretch.last_ns, silent_ns) + LAG_NS + detection_ns(each.row, required)
            for each in heard
            if each.stretch.first_ns <= silent_ns
        ),
        default=None,
    )


@dataclass(frozen=True, slots=True)
class Order:
    """What the peer said without saying anything else in between, as far as the end had to take it in: from the first
    packet to before the first of something else. `deadline_ns` is until when the end may live without having heard any
    of it, None where that cannot be known."""

    first: Heard
    packets: int
    until_ns: int
    deadline_ns: int | None

    @property
    def since_ns(self) -> int:
        """When the peer said it first."""
        return self.first.stretch.first_ns


def orders(end: End, view: View, of: Callable[[Row], bool]) -> Iterator[Order]:
    """All that the peer said to the end by its discriminator and `of` picks, in the order of time."""
    heard = sorted(heard_by(end, view), key=lambda each: each.stretch.first_ns)
    for picked, run in groupby(
        enumerate(heard), key=lambda item: item[1].row.your_discriminator == end.discriminator and of(item[1].row)
    ):
        if not picked:
            continue
        numbered = list(run)
        begins, first = numbered[0]
        after = numbered[-1][0] + 1
        until_ns = heard[after].stretch.first_ns if after < len(heard) else FOREVER
        packets = sum(each.stretch.count for _, each in numbered)
        yield Order(first, packets, until_ns, lives_until(end, heard[:begins], first.stretch.first_ns))


def defied(order: Order, stretches: Iterable[Stretch]) -> Stretch | None:
    """The first of the end's `stretches` that shows it going on although it must have heard the order, if it lives."""
    if order.deadline_ns is None or order.packets < max(ENOUGH_PACKETS, order.first.row.detect_mult):
        return None
    for stretch in stretches:
        if any(order.deadline_ns + LAG_NS < ns < order.until_ns for ns in (stretch.first_ns, stretch.last_ns)):
            return stretch
    return None
