"""Judging the rate of periodic packets (RFC 5880 section 6.8.7): intervals between 75 and 100 % of the negotiated
one."""

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.bench.bench import Bench, Mark
from conformance.bench.oracle import TOO_COARSE, Interval, periodic_intervals
from conformance.bench.packets import Seen, milliseconds
from conformance.bench.puppet import Puppet
from conformance.bench.verdicts import Inconclusive

LEAST_PART = 0.75
GREATEST_PART = 1.0


@dataclass(frozen=True, slots=True)
class Rate:
    """A permitted rate: `interval_us` is the negotiated interval; the parts of it bound what jitter may make of it.

    `too_fast` and `too_slow` are the requirements by which each side is judged; None leaves a side open.
    """

    interval_us: int
    too_fast: str | None = None
    too_slow: str | None = None
    least: float = LEAST_PART
    greatest: float = GREATEST_PART

    @property
    def in_words(self) -> str:
        """The permitted range, without tolerance."""
        return f"{milliseconds(self.interval_us * self.least)} to {milliseconds(self.interval_us * self.greatest)}"


def collect_intervals(
    bench: Bench, puppet: Puppet, count: int, *, slowest_us: int, after: Seen | Mark | None = None
) -> list[Interval]:
    """Listen until there are `count` periodic intervals. A target that needs more than twice `slowest_us` for each is
    left with what it has sent; fewer than two intervals say nothing (Inconclusive)."""
    start = after or bench.mark()
    deadline = start.time_us + 2 * (count + 1) * slowest_us
    while True:
        intervals = periodic_intervals(seen for seen in bench.from_target(start) if puppet.is_from_target(seen))
        if len(intervals) >= count:
            return intervals[:count]
        if bench.now() >= deadline:
            break
        # Half the time that the missing ones may take: a target in time is not waited for longer than it needs.
        bench.until(min(deadline, bench.now() + (count - len(intervals)) * slowest_us // 2))
    if len(intervals) < 2:
        raise Inconclusive(f"only {len(intervals)} periodic intervals in {milliseconds(deadline - start.time_us)}")
    return intervals


def judge_rate(bench: Bench, intervals: Sequence[Interval], rate: Rate, name: str = "transmit interval") -> None:
    """Judge each interval with the tolerance that the tester's lateness around it calls for.

    Intervals during which the tester was too late to tell are left out, and said to be; if they are more than half,
    nothing is judged (Inconclusive). Nor is it where no more intervals are too long than were left out: a machine that
    held up the tester so often may have held up the target as often. It makes nobody send too early.
    """
    tolerances = [bench.tolerance_between(each.first, each.second) for each in intervals]
    finest = rate.interval_us * TOO_COARSE
    judged = [(each, tolerance) for each, tolerance in zip(intervals, tolerances, strict=True) if tolerance <= finest]
    if 2 * len(judged) < len(intervals):
        raise Inconclusive(
            f"the tester was too late to judge {len(intervals) - len(judged)} of {len(intervals)} intervals"
        )
    permitted = f"{rate.in_words}, tolerance up to {milliseconds(max(tolerance for _, tolerance in judged))}"
    bench.measure(name, [each.us for each, _ in judged], permitted)
    if len(judged) < len(intervals):
        bench.notes.append(f"{len(intervals) - len(judged)} intervals left out, during which the tester was late")
    shortest, longest = rate.interval_us * rate.least, rate.interval_us * rate.greatest
    fast = [each for each, tolerance in judged if rate.too_fast is not None and each.us < shortest - tolerance]
    slow = [each for each, tolerance in judged if rate.too_slow is not None and each.us > longest + tolerance]
    if rate.too_fast is not None:
        _check(bench, judged, fast, permitted, rate.too_fast)
    if 0 < len(slow) <= len(intervals) - len(judged):
        raise Inconclusive(
            f"{len(slow)} of {len(judged)} intervals are too long, but in as many others the tester itself was late: "
            "the machine may be to blame"
        )
    if rate.too_slow is not None:
        _check(bench, judged, slow, permitted, rate.too_slow)


def _check(
    bench: Bench, judged: Sequence[object], offenders: Sequence[Interval], permitted: str, requirement: str
) -> None:
    worst = offenders[0] if offenders else None
    bench.check(
        worst is None,
        expected=f"intervals of {permitted}",
        actual=(
            f"{len(offenders)} of {len(judged)} intervals out of range, the first one {milliseconds(worst.us)} "
            f"between frames {worst.first.frame} and {worst.second.frame}"
            if worst is not None
            else ""
        ),
        frames=[frame for each in offenders[:5] for frame in (each.first, each.second)],
        requirement=requirement,
    )
