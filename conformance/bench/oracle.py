"""Judging numbers: intervals between packets, and the tolerance that the bench's own noise demands.

Pure functions on times; nothing here knows a session.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from conformance.bench.packets import Seen
from conformance.bench.wire import Late
from refimpl.core.packet import ControlPacket

VIRTUAL_TOLERANCE_US = 200
"""On the virtual clock a frame takes 50 µs each way and nobody is late."""

REAL_TOLERANCE_US = 4_000
"""On the real clock: timers of a millisecond's grain on both sides and a scheduler between them."""

TOO_COARSE = 0.10
"""A tolerance above this part of the time that is judged cannot tell right from wrong."""


NEIGHBOURHOOD_US = 50_000
"""A machine that was busy this long before or after a packet may have been busy at the packet, too."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The time between two packets that follow each other."""

    first: Seen
    second: Seen

    @property
    def us(self) -> int:
        """Length, microseconds."""
        return self.second.time_us - self.first.time_us


def tolerance_us(*, real: bool, lateness: Sequence[int]) -> int:
    """What has to be added to permitted times: the fixed part, and twice the worst lateness that the tester measured on
    itself, because the target runs on the same machine and its timers are late in the same way."""
    if not real:
        return VIRTUAL_TOLERANCE_US
    return REAL_TOLERANCE_US + 2 * max(lateness, default=0)


def lateness_between(samples: Iterable[Late], since_us: int | None, until_us: int | None) -> list[int]:
    """The lateness of those samples that tell something about a time: a little before and after it included."""
    first = since_us - NEIGHBOURHOOD_US if since_us is not None else None
    last = until_us + NEIGHBOURHOOD_US if until_us is not None else None
    return [
        late.late_us
        for late in samples
        if (first is None or late.due_us >= first) and (last is None or late.due_us <= last)
    ]


def same_contents(first: ControlPacket, second: ControlPacket) -> bool:
    """Equal but for the Poll and Final bits: then 6.8.7 offers no reason to send the second one before its time."""
    return _contents(first) == _contents(second)


def _contents(packet: ControlPacket) -> tuple[object, ...]:
    return (
        packet.state,
        packet.diag,
        packet.demand,
        packet.detect_mult,
        packet.my_discriminator,
        packet.your_discriminator,
        packet.desired_min_tx_interval_us,
        packet.required_min_rx_interval_us,
        packet.required_min_echo_rx_interval_us,
    )


def periodic_intervals(packets: Iterable[Seen]) -> list[Interval]:
    """Intervals between periodic packets: answers to Polls (Final set) are left out, and so are intervals that end with
    a packet whose contents changed, which 6.8.7 lets a system send in between."""
    periodic = [seen for seen in packets if not seen.packet.final]
    return [
        Interval(first, second) for first, second in pairwise(periodic) if same_contents(first.packet, second.packet)
    ]


def spread_us(intervals: Sequence[Interval]) -> int:
    """Difference between a long and a short interval, microseconds: one in ten is longer, and one in ten is shorter.

    On the real clock a few intervals differ from all others because the machine was busy, not by anybody's choice.
    """
    ordered = sorted(each.us for each in intervals)
    left_out = len(ordered) // 10
    return ordered[-1 - left_out] - ordered[left_out]


def recurrence(values: Sequence[int], lags: int) -> float:
    """The greatest correlation, -1 to 1 without regard to sign, between a sequence and itself 1 to `lags` places later.

    Of independent values it is about 1/sqrt(n). Values that take turns come near 1, and so do equal ones.
    """
    mean = sum(values) / len(values)
    parts = [value - mean for value in values]
    power = sum(part * part for part in parts)
    if power == 0:
        return 1.0
    return max(abs(sum(a * b for a, b in zip(parts, parts[lag:], strict=False))) / power for lag in range(1, lags + 1))
