"""Jitter, transmit interval and Detection Time as arithmetic (RFC 5880 sections 6.8.2, 6.8.4, 6.8.7)."""

import math
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from refimpl.core.timing import detection_time, jitter_bounds, jitter_range, jittered, transmit_interval
from refimpl.core.variables import StateVariables

INTERVALS = st.integers(1, 2**32 - 1)
MULTIPLIERS = st.integers(1, 255)
DRAWS = st.floats(0, 1, exclude_max=True)
ALMOST_ONE = math.nextafter(1.0, 0.0)

THREE_QUARTERS = Fraction(3, 4)


def ceiling(detect_mult: int) -> Fraction:
    """The greatest part of the interval that may pass between two packets (6.8.7)."""
    return Fraction(9, 10) if detect_mult == 1 else Fraction(1)


@given(INTERVALS, MULTIPLIERS)
@example(4, 1)
@example(2**32 - 1, 1)
@example(1, 2)
@settings(deadline=None)
def test_the_range_is_all_that_the_rfc_allows_and_not_one_microsecond_more(interval: int, detect_mult: int) -> None:
    shortest, longest = jitter_range(interval, jitter_bounds(detect_mult))

    assert shortest == math.ceil(interval * THREE_QUARTERS)
    assert longest == max(shortest, math.floor(interval * ceiling(detect_mult)))


@pytest.mark.parametrize(("interval", "only"), [(1, 1), (2, 2), (3, 3)])
def test_where_no_whole_microsecond_lies_within_the_bounds_the_rate_is_kept_low(interval: int, only: int) -> None:
    assert jitter_range(interval, jitter_bounds(1)) == (only, only)
    assert jittered(interval, jitter_bounds(1), 0.0) == only


@given(INTERVALS, MULTIPLIERS, DRAWS)
@example(1, 1, 0.0)
@example(2**32 - 1, 3, ALMOST_ONE)
@settings(deadline=None)
def test_a_jittered_interval_is_a_whole_number_within_the_range(interval: int, detect_mult: int, draw: float) -> None:
    bounds = jitter_bounds(detect_mult)
    shortest, longest = jitter_range(interval, bounds)

    drawn = jittered(interval, bounds, draw)

    assert isinstance(drawn, int)
    assert 0 < shortest <= drawn <= longest


@given(INTERVALS, MULTIPLIERS)
@settings(deadline=None)
def test_the_ends_of_the_range_are_drawn_too(interval: int, detect_mult: int) -> None:
    bounds = jitter_bounds(detect_mult)

    assert (jittered(interval, bounds, 0.0), jittered(interval, bounds, ALMOST_ONE)) == jitter_range(interval, bounds)


@given(INTERVALS, MULTIPLIERS, DRAWS, DRAWS)
@settings(deadline=None)
def test_a_greater_draw_is_no_shorter_an_interval(interval: int, detect_mult: int, one: float, other: float) -> None:
    bounds = jitter_bounds(detect_mult)
    low, high = sorted((one, other))

    assert jittered(interval, bounds, low) <= jittered(interval, bounds, high)


@pytest.mark.parametrize(
    ("interval", "detect_mult", "expected"),
    [
        (1_000_000, 3, (750_000, 1_000_000)),
        (1_000_000, 1, (750_000, 900_000)),
        (1_000_001, 2, (750_001, 1_000_001)),
        (1_000_001, 1, (750_001, 900_000)),
        (300_000, 255, (225_000, 300_000)),
        (2**32 - 1, 1, (3_221_225_472, 3_865_470_565)),
    ],
)
def test_ranges_worked_out_by_hand(interval: int, detect_mult: int, expected: tuple[int, int]) -> None:
    assert jitter_range(interval, jitter_bounds(detect_mult)) == expected


def variables(**changes: int) -> StateVariables:
    values = {
        "local_discr": 1,
        "desired_min_tx_interval_us": 7,
        "required_min_rx_interval_us": 7,
        "detect_mult": 200,
        "desired_min_tx_in_force_us": 300_000,
        "required_min_rx_in_force_us": 300_000,
    }
    return StateVariables(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(("ours", "theirs", "expected"), [(300, 500, 500), (500, 300, 500), (500, 1, 500), (5, 5, 5)])
def test_the_slower_of_the_two_systems_decides_the_rate(ours: int, theirs: int, expected: int) -> None:
    v = variables(desired_min_tx_in_force_us=ours, remote_min_rx_interval_us=theirs)

    assert transmit_interval(v) == expected


@pytest.mark.parametrize(
    ("mult", "ours", "theirs", "expected"),
    [(3, 300, 500, 1500), (3, 500, 300, 1500), (1, 500, 300, 500), (255, 2**32 - 1, 1, 255 * (2**32 - 1))],
)
def test_detection_time_is_the_remote_multiplier_times_the_agreed_interval(
    mult: int, ours: int, theirs: int, expected: int
) -> None:
    v = variables(required_min_rx_in_force_us=ours, remote_desired_min_tx_interval_us=theirs, remote_detect_mult=mult)

    assert detection_time(v) == expected


def test_there_is_no_detection_time_before_the_first_packet() -> None:
    assert detection_time(variables()) == 0
