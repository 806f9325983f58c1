"""Durations with units."""

import pytest

from refimpl.service.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "duration_us"),
    [("300ms", 300_000), ("1s", 1_000_000), ("50000us", 50_000), ("0ms", 0), ("4294967295us", 4_294_967_295)],
)
def test_an_integer_with_a_unit(text: str, duration_us: int) -> None:
    assert parse_duration(text) == duration_us


@pytest.mark.parametrize(
    "text",
    [
        "300",
        300,
        "",
        "ms",
        "-1ms",
        "+1ms",
        "1.5s",
        "1 s",
        "1m",
        "1S",
        "1ms ",
        "1ms\n",
        "٣s",
        "1e3us",
        "4294967296us",
        None,
    ],
)
def test_everything_else_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r"not an integer with a unit|longer than"):
        parse_duration(text)
