"""Judging times: which intervals count, how much tolerance there is, rates, and the Detection Time."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_target import MS, MUST, OTHER, SHOULD, ScriptedWire, bench_on, control, seen

from conformance.bench.bench import Bench
from conformance.bench.detection import Judges, judge_expiry, last_sent
from conformance.bench.oracle import (
    NEIGHBOURHOOD_US,
    REAL_TOLERANCE_US,
    VIRTUAL_TOLERANCE_US,
    Interval,
    lateness_between,
    periodic_intervals,
    recurrence,
    same_contents,
    spread_us,
    tolerance_us,
)
from conformance.bench.packets import Seen
from conformance.bench.puppet import Puppet
from conformance.bench.rates import Rate, collect_intervals, judge_rate
from conformance.bench.verdicts import Inconclusive, Violation
from conformance.bench.wire import Late
from refimpl.core.constants import Diag, State

TOLERANCE = VIRTUAL_TOLERANCE_US


def lengths(intervals: Sequence[Interval]) -> list[int]:
    return [each.us for each in intervals]


def intervals_of(*times_us: int) -> list[Interval]:
    return periodic_intervals(seen(time_us, number) for number, time_us in enumerate(times_us, start=1))


def test_intervals_are_between_neighbours() -> None:
    assert lengths(intervals_of(0, 250, 510)) == [250, 260]
    assert spread_us(intervals_of(0, 250, 510)) == 10


def test_a_few_intervals_are_no_spread() -> None:
    arrivals = [number * 200 for number in range(20)]
    assert spread_us(intervals_of(*arrivals, 3900, 4100)) == 0


def test_finals_are_no_periodic_packets() -> None:
    packets = [seen(0), seen(100, final=True), seen(250), seen(500)]
    assert lengths(periodic_intervals(packets)) == [250, 250]


@pytest.mark.parametrize(
    "change",
    [
        {"state": State.DOWN},
        {"diag": 1},
        {"demand": True},
        {"detect_mult": 4},
        {"my_discriminator": 8},
        {"your_discriminator": 8},
        {"desired_min_tx_interval_us": 1},
        {"required_min_rx_interval_us": 1},
        {"required_min_echo_rx_interval_us": 1},
    ],
)
def test_an_interval_that_ends_with_changed_contents_does_not_count(change: dict[str, Any]) -> None:
    packets = [seen(0), seen(250), seen(260, **change), seen(500, **change)]
    assert lengths(periodic_intervals(packets)) == [250, 240]


def test_poll_and_final_bits_are_no_contents() -> None:
    assert same_contents(control(poll=True), control(final=True))
    assert lengths(periodic_intervals([seen(0), seen(250, poll=True), seen(500)])) == [250, 250]


def test_tolerance_is_fixed_on_the_virtual_clock() -> None:
    assert tolerance_us(real=False, lateness=[5_000]) == VIRTUAL_TOLERANCE_US


@pytest.mark.parametrize(("lateness", "extra"), [([], 0), ([0], 0), ([100, 3_000, 200], 6_000)])
def test_tolerance_grows_by_twice_the_worst_lateness(lateness: list[int], extra: int) -> None:
    assert tolerance_us(real=True, lateness=lateness) == REAL_TOLERANCE_US + extra


def test_too_late_a_tester_judges_nothing() -> None:
    bench = bench_on(ScriptedWire(real=True, late=[Late(0, 20_000)]))
    try:
        assert bench.tolerance_for(440 * MS) == REAL_TOLERANCE_US + 40_000
        with pytest.raises(Inconclusive, match="too late to judge 439 ms: a tolerance of 44 ms would be needed"):
            bench.tolerance_for(439 * MS)
    finally:
        bench.close()


@pytest.mark.parametrize(
    ("due_us", "counts"),
    [
        (1_000 * MS - NEIGHBOURHOOD_US - 1, False),
        (1_000 * MS - NEIGHBOURHOOD_US, True),
        (1_500 * MS, True),
        (2_000 * MS + NEIGHBOURHOOD_US, True),
        (2_000 * MS + NEIGHBOURHOOD_US + 1, False),
    ],
)
def test_lateness_counts_around_the_time_that_is_judged(due_us: int, counts: bool) -> None:
    samples = [Late(due_us, 7_000)]
    assert lateness_between(samples, 1_000 * MS, 2_000 * MS) == ([7_000] if counts else [])
    assert lateness_between(samples, None, None) == [7_000]
    bench = bench_on(ScriptedWire(real=True, late=samples))
    try:
        tolerance = bench.tolerance_between(seen(1_000 * MS), seen(2_000 * MS))
        assert tolerance == REAL_TOLERANCE_US + (14_000 if counts else 0)
    finally:
        bench.close()


RATE = Rate(300 * MS, too_fast=MUST, too_slow=SHOULD)


def judged(rate: Rate, *times_us: int) -> Bench:
    bench = bench_on(ScriptedWire(), requirements=(MUST, SHOULD))
    judge_rate(bench, intervals_of(*times_us), rate)
    return bench


@pytest.mark.parametrize("length", [225 * MS, 300 * MS, 225 * MS - TOLERANCE, 300 * MS + TOLERANCE])
def test_rate_within_bounds_and_tolerance(length: int) -> None:
    bench = judged(RATE, 0, length, 2 * length)
    assert bench.judged == {MUST, SHOULD}
    (measurement,) = bench.measurements
    assert (measurement.minimum, measurement.maximum, measurement.count) == (length / 1000, length / 1000, 2)
    assert measurement.permitted == "225 ms to 300 ms, tolerance up to 0.2 ms"


@pytest.mark.parametrize(
    ("length", "requirement"), [(225 * MS - TOLERANCE - 1, MUST), (300 * MS + TOLERANCE + 1, SHOULD)]
)
def test_rate_out_of_bounds(length: int, requirement: str) -> None:
    with pytest.raises(Violation) as raised:
        judged(RATE, 0, 250 * MS, 250 * MS + length)
    assert raised.value.requirement == requirement
    assert raised.value.frames == (2, 3)
    assert raised.value.actual.startswith("1 of 2 intervals out of range, the first one ")
    assert raised.value.actual.endswith("between frames 2 and 3")


def test_a_side_without_requirement_is_left_open() -> None:
    bench = judged(Rate(300 * MS, too_slow=SHOULD), 0, 1 * MS, 2 * MS)
    assert bench.judged == {SHOULD}


def test_a_rate_finer_than_the_tolerance_is_not_judged() -> None:
    with pytest.raises(Inconclusive):
        judged(Rate(1 * MS, too_fast=MUST), 0, 1, 2)


def judged_late(*late: Late, second_ms: int = 100, **clauses: str) -> Bench:
    """Four intervals, all but the second one of 300 ms, by a tester that was late at these moments."""
    bench = bench_on(ScriptedWire(real=True, late=late))
    times = [0, 300, 300 + second_ms, 600 + second_ms, 900 + second_ms]
    try:
        rate = Rate(300 * MS, **(clauses or {"too_fast": MUST}))
        judge_rate(bench, intervals_of(*(each * MS for each in times)), rate)
    finally:
        bench.close()
    return bench


def test_an_interval_during_which_the_tester_was_late_is_left_out() -> None:
    """And the next one, which begins in the neighbourhood."""
    bench = judged_late(Late(351 * MS, 60_000))
    assert bench.measurements[0].count == 2
    assert bench.notes == ["2 intervals left out, during which the tester was late"]


def test_lateness_elsewhere_is_no_excuse() -> None:
    with pytest.raises(Violation, match="1 of 3 intervals out of range, the first one 100 ms between frames 2 and 3"):
        judged_late(Late(150 * MS, 60_000))


def test_as_many_long_intervals_as_the_tester_was_late_in_may_be_the_machines() -> None:
    with pytest.raises(Inconclusive, match="1 of 3 intervals are too long, but in as many others"):
        judged_late(Late(150 * MS, 60_000), second_ms=500, too_slow=MUST)
    with pytest.raises(Violation, match="1 of 4 intervals out of range, the first one 500 ms"):
        judged_late(second_ms=500, too_slow=MUST)


def test_a_tester_that_was_late_most_of_the_time_judges_nothing() -> None:
    with pytest.raises(Inconclusive, match="too late to judge 3 of 4 intervals"):
        judged_late(Late(150 * MS, 60_000), Late(550 * MS, 60_000), Late(850 * MS, 60_000))


def test_collecting_ends_when_there_are_enough() -> None:
    wire = ScriptedWire()
    for number in range(10):
        wire.at(number * 300 * MS, control())
    bench = bench_on(wire)
    intervals = collect_intervals(bench, bench.puppet(), 3, slowest_us=300 * MS)
    assert lengths(intervals) == [300 * MS] * 3
    assert bench.now() < 1_500 * MS


def test_collecting_from_a_slow_target_returns_what_there_was() -> None:
    wire = ScriptedWire()
    for number in range(3):
        wire.at(number * 900 * MS, control())
    bench = bench_on(wire)
    intervals = collect_intervals(bench, bench.puppet(), 5, slowest_us=300 * MS)
    assert lengths(intervals) == [900 * MS] * 2


def test_collecting_from_a_silent_target_is_inconclusive() -> None:
    wire = ScriptedWire()
    wire.at(0, control())
    wire.at(300 * MS, control())
    bench = bench_on(wire)
    with pytest.raises(Inconclusive, match="only 1 periodic intervals in 3600 ms"):
        collect_intervals(bench, bench.puppet(), 5, slowest_us=300 * MS)


def test_collecting_leaves_other_sessions_out() -> None:
    wire = ScriptedWire()
    for number in range(6):
        wire.at(number * 300 * MS, control())
        wire.at(number * 300 * MS + 100, control(), source="192.0.2.77")
    bench = bench_on(wire)
    assert lengths(collect_intervals(bench, bench.puppet(), 3, slowest_us=300 * MS)) == [300 * MS] * 3


DETECTION = 900 * MS
EVERY_SIDE = Judges(too_early=MUST, too_late=SHOULD, diag=OTHER)
EXPIRED = {"state": State.DOWN, "diag": Diag.CONTROL_DETECTION_TIME_EXPIRED}


def expiry(judges: Judges, *script: tuple[int, dict[str, Any]]) -> tuple[Bench, Puppet, Seen]:
    """Send one packet at 0, then let the script run; judge."""
    wire = ScriptedWire()
    bench = bench_on(wire, requirements=(MUST, SHOULD, OTHER))
    puppet = bench.puppet()
    bench.send(puppet)
    for time_us, fields in script:
        wire.at(time_us, control(**fields))
    return bench, puppet, judge_expiry(bench, puppet, DETECTION, judges)


@pytest.mark.parametrize("moment", [DETECTION - TOLERANCE, DETECTION, DETECTION + 500 * MS])
def test_down_in_time(moment: int) -> None:
    bench, puppet, down = expiry(EVERY_SIDE, (DETECTION + TOLERANCE - 1, {}), (moment, EXPIRED))
    assert down.time_us == moment
    assert bench.judged == {MUST, SHOULD, OTHER}
    assert bench.measurements[0].median == moment / 1000
    assert last_sent(bench, puppet).frame == 1


def test_down_too_early() -> None:
    with pytest.raises(Violation) as raised:
        expiry(EVERY_SIDE, (DETECTION - TOLERANCE - 1, EXPIRED))
    assert raised.value.requirement == MUST
    assert raised.value.actual.startswith("frame 2, 899.799 ms after: Down")
    assert raised.value.frames == (1, 2)


def test_a_packet_that_still_says_up_proves_that_expiry_was_missed() -> None:
    with pytest.raises(Violation) as raised:
        expiry(EVERY_SIDE, (DETECTION + TOLERANCE + 1, {}), (DETECTION + 300 * MS, EXPIRED))
    assert raised.value.requirement == SHOULD
    assert raised.value.frames == (1, 2)


def test_no_down_at_all() -> None:
    with pytest.raises(Violation) as raised:
        expiry(EVERY_SIDE)
    assert (raised.value.requirement, raised.value.actual) == (SHOULD, "no Down packet")
    with pytest.raises(Inconclusive, match="no Down packet within 2400 ms of silence"):
        expiry(Judges(too_early=MUST))


def test_wrong_diag() -> None:
    with pytest.raises(Violation) as raised:
        expiry(EVERY_SIDE, (DETECTION, EXPIRED | {"diag": Diag.PATH_DOWN}))
    assert raised.value.requirement == OTHER


@pytest.mark.parametrize(
    ("values", "repeats"),
    [
        ([1, 9] * 50, True),  # in turns
        ([1, 3, 5, 7, 9] * 20, True),  # a saw
        ([5] * 100, True),
        ([number * number % 101 for number in range(100)], False),
    ],
)
def test_recurrence_tells_what_repeats_itself(values: list[int], repeats: bool) -> None:
    assert (recurrence(values, 10) > 0.8) is repeats


@given(st.integers(min_value=0))
def test_random_intervals_do_not_recur(seed: int) -> None:
    rng = Random(seed)
    assert recurrence([rng.randint(150_000, 200_000) for _ in range(100)], 10) < 0.8
