"""Range bars: drawn where the permitted range reads as numbers, absent where it does not."""

import math

import pytest

from reports.model import Measurement
from reports.rangebar import permitted_range, range_bar


def measured(minimum: float, median: float, maximum: float, permitted: str) -> Measurement:
    return Measurement(
        name="interval", unit="ms", minimum=minimum, median=median, maximum=maximum, count=9, permitted=permitted
    )


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        ("225 to 300 ms", (225, 300)),
        ("225 ms to 300 ms", (225, 300)),
        ("225-300 ms", (225, 300)),
        ("225..300 ms", (225, 300)),
        ("between 225 and 300.5 ms, tolerance included", (225, 300.5)),
        ("225 to 300 ms (with 4 ms of tolerance)", (225, 300)),
        ("at least 1000 ms", (1000, math.inf)),
        ("at most 904 ms, tolerance included", (-math.inf, 904)),
    ],
)
def test_plain_ranges_are_read(words: str, ends: tuple[float, float]) -> None:
    assert permitted_range(words, "ms") == ends


@pytest.mark.parametrize(
    "words",
    [
        "",
        "no more than usual",
        "75 to 100 % of 300 ms",
        "225 to 300 s",
        "225 us to 300 ms",
        "300 to 225 ms",
        "225 to 300 ms or 0 to 1 ms",
        "at most 4 ms per packet",
        "not 225 to 300 ms",
    ],
)
def test_other_words_are_not_guessed_at(words: str) -> None:
    assert permitted_range(words, "ms") is None
    assert range_bar(measured(1, 2, 3, words)) is None


def test_what_was_seen_lies_inside_or_outside_of_the_permitted_range_as_it_did() -> None:
    inside = range_bar(measured(230, 260, 299, "225 to 300 ms"))
    assert inside is not None
    assert inside.permitted_from < inside.seen_from < inside.seen_median < inside.seen_to < inside.permitted_to
    outside = range_bar(measured(230, 260, 331, "225 to 300 ms"))
    assert outside is not None
    assert outside.permitted_to < outside.seen_to < 100


def test_an_open_side_reaches_the_edge() -> None:
    bar = range_bar(measured(812, 874, 993, "at least 1000 ms"))
    assert bar is not None
    assert bar.permitted_to == 100
    assert bar.seen_to < bar.permitted_from


def test_one_single_value_still_has_a_bar() -> None:
    bar = range_bar(measured(0, 0, 0, "0 to 0 ms"))
    assert bar is not None
    assert bar.seen_from == bar.seen_to == 50


def test_values_that_are_no_numbers_have_no_bar() -> None:
    assert range_bar(measured(math.nan, 1, 2, "0 to 3 ms")) is None
