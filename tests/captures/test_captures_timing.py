"""Rates and Detection Times: what is found, and what looks like it and is honest."""

from collections.abc import Callable
from random import Random

import pytest
from bfd_frames import DOWN, INIT, UP, A, B
from test_captures_handshake import HANDSHAKE, Told, capture

from captures.checks import rates, timing
from captures.judging import judge
from captures.rows import Row

IDS = {check.requirement for check in (*rates.CHECKS, *timing.CHECKS)}
FAST, SLOW, JITTER, UNWANTED = "5880-6.8.7-r01", "5880-6.8.7-r03", "5880-6.8.7-r02", "5880-6.8.7-r10"
FAST_AT_ONE, SLOW_AT_ONE = "5880-6.8.7-r05", "5880-6.8.7-r04"
LATE, LATE_IN_INIT, DIAG = "5880-6.8.4-r04", "5880-6.8.4-r05", "5880-6.8.4-r06"
EARLY, KEPT = "5880-6.8.4-r07", "5880-6.8.1-r12"


def accused(rows: list[Row], speaker: str = A) -> dict[str, tuple[int, ...]]:
    """Check id to the frames of its findings, of the rules about time."""
    found = {outcome.check: outcome for outcome in judge(rows, speaker) if outcome.check in IDS}
    return {check: finding.frames for check, outcome in found.items() for finding in outcome.findings}


def told(since: float, until: float, who: str, state: int = UP, every: float = 0.9, **fields: object) -> list[Told]:
    """The same again and again, a little late by turns."""
    count = int((until - since) / every) + 1
    return [(since + number * every + 0.02 * (number % 4), who, state, dict(fields)) for number in range(count)]


def story(*parts: list[Told]) -> list[Row]:
    """Parts of a story, by time."""
    return capture(*sorted((line for part in parts for line in part), key=lambda line: line[0]))


# ------------------------------------------------------------------ rates

MS = {"desired_min_tx_interval_us": 100_000, "required_min_rx_interval_us": 100_000}


def rate(part: Callable[[Random], float], seconds: float = 60, **fields: object) -> list[Row]:
    """A session at 100 ms; `part` draws each gap of A, in parts of that."""
    rng, now, of_a = Random(7), 1.0, []
    while now < seconds:
        of_a.append((now, A, UP, MS | fields))
        now += 0.1 * part(rng)
    of_b = [(1.01 + 0.0871 * n + rng.uniform(0, 0.012), B, UP, MS | fields) for n in range(int(seconds / 0.088))]
    return story([(0.1, A, UP, MS | fields), (0.2, B, UP, MS | fields)], of_a, of_b)


RATES: dict[str, tuple[Callable[[Random], float], dict[str, object], dict[str, tuple[int, ...]]]] = {
    "by the book": (lambda rng: rng.uniform(0.75, 1), {}, {}),
    "some lost": (lambda rng: sum(rng.uniform(0.75, 1) for _ in range(rng.choice((1, 1, 1, 1, 2)))), {}, {}),
    "a slow machine": (lambda rng: rng.uniform(0.75, 1) + rng.choice((0, 0, 0, 0, 0, 0.2, 0.4)), {}, {}),
    "half the interval": (lambda rng: rng.uniform(0.4, 0.5), {}, {FAST: (3,)}),
    "jitter the wrong way": (lambda rng: rng.uniform(1, 1.25), {}, {SLOW: (3,)}),
    "jitter both ways": (lambda rng: rng.uniform(0.75, 1.25), {}, {SLOW: (3,)}),
    "no jitter": (lambda rng: 0.998 + rng.uniform(0, 0.004), {}, {JITTER: (3,)}),
    "Detect Mult 1, by the book": (lambda rng: rng.uniform(0.75, 0.9), {"detect_mult": 1}, {}),
    "Detect Mult 1, too slow": (lambda rng: rng.uniform(0.75, 1.1), {"detect_mult": 1}, {SLOW_AT_ONE: (3,)}),
    "Detect Mult 1, too fast": (lambda rng: rng.uniform(0.4, 0.7), {"detect_mult": 1}, {FAST_AT_ONE: (3,)}),
}


@pytest.mark.parametrize("name", RATES)
def test_a_rate_is_judged_by_many_gaps(name: str) -> None:
    part, fields, expected = RATES[name]
    rows = rate(part, **fields)
    assert accused(rows) == expected
    assert accused(rows, B) == {}


def test_delays_on_the_way_to_the_capture_are_nobodys_rate() -> None:
    rng, delayed = Random(3), []
    last = {A: 0, B: 0}
    for row in rate(RATES["by the book"][0]):
        last[row.source] = max(last[row.source], row.time_ns + rng.randint(0, 80_000_000))
        delayed.append((last[row.source], row))
    rows = [row for _, row in sorted(delayed, key=lambda each: each[0])]
    assert {row.frame for row in rows} == set(range(1, len(rows) + 1))
    assert accused(rows) == accused(rows, B) == {}


def test_packets_captured_twice_are_nobodys_rate() -> None:
    rows = [row for row in rate(RATES["by the book"][0]) for _ in (1, 2)]
    assert accused(rows) == accused(rows, B) == {}


def test_who_may_not_have_heard_of_a_slower_rate_is_not_too_fast() -> None:
    """Ten seconds at the old rate, while the session may live on what it heard before."""
    long = {"detect_mult": 100}
    slower = {"required_min_rx_interval_us": 1_000_000, "poll": True}
    rows = story(
        told(0, 12, B, every=0.09, **MS | long), told(0.05, 21, A, every=0.09, **MS), told(12.1, 21, B, **slower)
    )
    assert accused(rows) == {}


# ------------------------------------------------------------------ Detection Times

BOTH_UP = [*HANDSHAKE, *told(2, 10, A), *told(2.3, 10, B)]
NONE = {"required_min_rx_interval_us": 0}

GUILTY: dict[str, tuple[list[Row], dict[str, tuple[int, ...]]]] = {
    "Up for ever": (story(BOTH_UP, told(10.5, 30, A)), {LATE: (47,)}),
    "Up through a pause": (story(HANDSHAKE, told(2, 40, A), told(2.3, 10, B), told(32, 40, B)), {LATE: (68,)}),
    "Init for ever": (
        story([(0, A, DOWN), (0.4, B, DOWN)], told(0.5, 20, A, INIT)),
        {LATE_IN_INIT: (24,)},
    ),
    "no reason given": (story(BOTH_UP, [(14.6, A, DOWN)]), {DIAG: (26,)}),
    "the peer is named for ever": (story(BOTH_UP, told(13, 25, A, DOWN, diag=1)), {KEPT: (39,)}),
    "given up too soon": (
        story(
            [(-3, A, DOWN), (0, A, DOWN), (0.1, B, DOWN, {"detect_mult": 9}), (0.2, A, INIT)],
            [(1.2, A, DOWN, {"diag": 1})],
        ),
        {EARLY: (5,)},
    ),
    "packets that nobody wants": (story(HANDSHAKE, told(2, 30, A), told(2.3, 30, B, **NONE)), {UNWANTED: (70,)}),
}


@pytest.mark.parametrize("name", GUILTY)
def test_what_is_wrong_is_found_in_its_frame(name: str) -> None:
    rows, expected = GUILTY[name]
    assert accused(rows) == expected
    assert accused(rows, B) == {}


FORGOTTEN = {"diag": 1, "your_discriminator": 0}
HONEST: dict[str, list[Row]] = {
    "down in time": story(BOTH_UP, told(10.5, 13, A), told(13.1, 25, A, DOWN, **FORGOTTEN)),
    "restarted after a silence": story(BOTH_UP, [(20, A, DOWN, {"your_discriminator": 0})]),
    "the peer's last packets were lost": story(
        HANDSHAKE, told(2, 8, A), told(8.5, 25, A, DOWN, **FORGOTTEN), told(2.3, 20, B)
    ),
    "one direction alone": story(told(0, 40, A)),
    "the capture begins in the silence": story([(0, B, UP)], told(0.5, 9, A)),
    "Demand mode": story(HANDSHAKE, told(2, 40, A, demand=True), told(2.3, 10, B)),
    "a long Detection Time of before, the new one not heard": story(
        HANDSHAKE, told(2, 25, A), told(2.3, 10, B, detect_mult=20), told(10.4, 12, B)
    ),
    "both ends were cut off": story(BOTH_UP, told(40, 50, B), told(40.2, 50, A)),
    "no periodic packets wanted, and none sent": story(HANDSHAKE, told(2, 4, A), told(2.3, 30, B, **NONE)),
    "a reason of its own": story(BOTH_UP, [(14.6, A, DOWN, {"diag": 5})]),
}


@pytest.mark.parametrize("name", HONEST)
def test_what_only_looks_like_it_is_not_found(name: str) -> None:
    assert accused(HONEST[name]) == {}
    assert accused(HONEST[name], B) == {}
