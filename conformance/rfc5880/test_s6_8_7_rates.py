"""RFC 5880 section 6.8.7: how often periodic packets are sent.

Tolerance: the fixed part of the bench plus twice its measured lateness, at most a tenth of the interval that is judged.
"""

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.match import control
from conformance.bench.oracle import recurrence, spread_us
from conformance.bench.packets import milliseconds
from conformance.bench.puppet import SLOW_US
from conformance.bench.rates import Rate, collect_intervals, judge_rate
from conformance.bench.scenario import FINAL, SLOW_WAIT_US, announce, establish, fresh, pace_polls, poll, slow_down
from refimpl.core.constants import State
from topologies.node import Capability

JITTER_INTERVALS = 100
JITTERED_US = 200_000

LEAST_SPREAD = 0.025
"""A hundred intervals that differ by less than this part were not drawn from any range that deserves the name
jitter."""

RECURRENCE_LAGS = 10
GREATEST_RECURRENCE = 0.8
"""Of a hundred random intervals it is 0.1 to 0.3, and reaches this value once in 10**14 runs. Intervals each of which
makes up for the one before come to 0.5, and are still random."""


@case("5880-6.8.7-01", judges=["5880-6.8.7-r01", "5880-6.8.7-r03", "5880-6.8.7-r02"], seconds=22)
def test_jitter(bench: Bench) -> None:
    """100 periodic intervals are between 75 and 100 % of the negotiated one, and differ."""
    puppet = bench.puppet(required_min_rx_us=JITTERED_US, desired_min_tx_us=JITTERED_US)
    establish(bench, puppet=puppet, desired_min_tx_us=JITTERED_US, required_min_rx_us=JITTERED_US, detect_mult=3)
    intervals = collect_intervals(bench, puppet, JITTER_INTERVALS, slowest_us=JITTERED_US)
    judge_rate(bench, intervals, Rate(JITTERED_US, too_fast="5880-6.8.7-r01", too_slow="5880-6.8.7-r03"))
    bench.check(
        spread_us(intervals) > JITTERED_US * LEAST_SPREAD,
        expected="intervals that vary at random",
        actual=f"{len(intervals)} intervals within {milliseconds(spread_us(intervals))} of each other",
        requirement="5880-6.8.7-r02",
    )
    repeats = recurrence([each.us for each in intervals], RECURRENCE_LAGS)
    bench.check(
        repeats < GREATEST_RECURRENCE,
        expected=f"intervals that do not follow from the ones before (a correlation below {GREATEST_RECURRENCE})",
        actual=f"{len(intervals)} intervals that repeat themselves with a correlation of {repeats:.2f}",
        requirement="5880-6.8.7-r02",
    )


@case("5880-6.8.7-02", judges=["5880-6.8.7-r04", "5880-6.8.7-r05"], needs=[Capability.DETECT_MULT_ONE], seconds=22)
def test_jitter_at_detect_mult_one(bench: Bench) -> None:
    """With Detect Mult 1, 100 periodic intervals are between 75 and 90 % of the negotiated one."""
    puppet = bench.puppet(required_min_rx_us=JITTERED_US, desired_min_tx_us=JITTERED_US)
    establish(bench, puppet=puppet, desired_min_tx_us=JITTERED_US, required_min_rx_us=JITTERED_US, detect_mult=1)
    intervals = collect_intervals(bench, puppet, JITTER_INTERVALS, slowest_us=JITTERED_US)
    rate = Rate(JITTERED_US, too_fast="5880-6.8.7-r05", too_slow="5880-6.8.7-r04", greatest=0.90)
    judge_rate(bench, intervals, rate)


@cases(
    Row("5880-6.8.7-03", ["5880-6.8.7-r08"], {"local_us": 600_000, "remote_us": 300_000}),
    Row("5880-6.8.7-04", ["5880-6.8.7-r08"], {"local_us": 300_000, "remote_us": 600_000}),
)
def test_slower_side_decides(bench: Bench, local_us: int, remote_us: int) -> None:
    """Desired Min TX {local_us} µs, Required Min RX of the far end {remote_us} µs: the greater one is the interval."""
    puppet = bench.puppet(required_min_rx_us=remote_us)
    establish(bench, puppet=puppet, desired_min_tx_us=local_us)
    poll(bench, puppet)
    intervals = collect_intervals(bench, puppet, 8, slowest_us=max(local_us, remote_us), after=bench.mark())
    judge_rate(bench, intervals, Rate(max(local_us, remote_us), too_fast="5880-6.8.7-r08", too_slow="5880-6.8.7-r08"))


@case("5880-6.8.7-05", judges=["5880-6.8.7-r01"])
def test_slow_rate_in_down(bench: Bench) -> None:
    """In Down the target keeps the interval that it announces, a second or more."""
    puppet = fresh(bench)
    intervals = collect_intervals(bench, puppet, 4, slowest_us=SLOW_US)
    announced = intervals[0].first.packet.desired_min_tx_interval_us
    judge_rate(bench, intervals, Rate(max(SLOW_US, announced), too_fast="5880-6.8.7-r01"), "interval in Down")


@case("5880-6.8.7-06", judges=["5880-6.8.7-r10", "5880-6.8.7-r14"])
def test_zero_required_min_rx_stops_periodic_packets(bench: Bench) -> None:
    """Required Min RX Interval 0 from the far end: no periodic packets, but Polls are answered."""
    puppet = establish(bench)
    told = announce(bench, puppet, required_min_rx_us=0)
    bench.until(told.time_us + 300_000)
    bench.expect_never(
        control(final=False),
        for_us=2_000_000,
        after=bench.mark(),
        requirement="5880-6.8.7-r10",
        puppet=puppet,
        because="the far end asked for no periodic packets",
    )
    pace_polls(bench, puppet)
    asked = bench.send(puppet, poll=True)
    bench.expect(FINAL, within_us=PROMPT_US, after=asked, requirement="5880-6.8.7-r14", puppet=puppet)


@case("5880-6.8.7-07", judges=["5880-6.8.7-r07"])
def test_periodic_packets_return(bench: Bench) -> None:
    """After zero, a Required Min RX Interval of 300 ms brings the periodic packets back."""
    puppet = establish(bench)
    announce(bench, puppet, required_min_rx_us=0)
    bench.elapse(1_000_000)
    told = announce(bench, puppet, required_min_rx_us=300_000)
    bench.expect(control(state=State.UP, final=False), within_us=SLOW_US, after=told, puppet=puppet)


@case("5880-6.8.7-10", judges=["5880-6.8.7-r07"])
def test_every_packet_carries_the_rate(bench: Bench) -> None:
    """Required Min RX Interval counts in every accepted packet, also in one without a Poll."""
    puppet = establish(bench)
    puppet.required_min_rx_us = 900_000
    told = bench.send(puppet)
    bench.until(told.time_us + 900_000)
    intervals = collect_intervals(bench, puppet, 3, slowest_us=900_000, after=bench.mark())
    judge_rate(bench, intervals, Rate(900_000, too_fast="5880-6.8.7-r07"))


@case("5880-6.8.7-08", judges=["5880-6.8.7-r22"])
def test_change_is_told_at_once(bench: Bench) -> None:
    """A change of state is sent ahead of the next scheduled packet, which is seconds away."""
    puppet = establish(bench)
    slow_down(bench, puppet, 4 * SLOW_US)
    bench.stop_keepalives(puppet)
    told = bench.send(puppet, state=State.DOWN)
    bench.expect(control(state=State.DOWN), within_us=PROMPT_US, after=told, puppet=puppet)


@case("5880-6.8.7-30", judges=["5880-6.8.7-r22"])
def test_progress_is_told_at_once(bench: Bench) -> None:
    """The step from Down to Init is sent ahead of the next scheduled packet."""
    puppet = fresh(bench)
    # The target has just sent its Down packet; at the slow rate the next one is at least 750 ms away.
    hello = bench.send(puppet)
    bench.expect(control(state=State.INIT), within_us=PROMPT_US, after=hello, puppet=puppet)


@case("5880-6.8.7-09", judges=["5880-6.8.7-r09"], needs=[Capability.PASSIVE])
def test_passive_role_falls_silent_again(bench: Bench) -> None:
    """In the Passive role the target falls silent when it has forgotten the far end."""
    puppet = bench.puppet(detect_mult=2)
    bench.add_session(puppet, passive=True)
    hello = bench.send(puppet)
    bench.wait(control(state=State.INIT), within_us=SLOW_WAIT_US, after=hello, what="Init", puppet=puppet)
    # Two seconds of Detection Time, and one for what the expiry itself makes it say.
    bench.until(hello.time_us + 2 * SLOW_US + SLOW_US)
    bench.expect_never(
        control(), for_us=SLOW_WAIT_US, after=bench.mark(), puppet=puppet, because="bfd.RemoteDiscr is zero again"
    )
