"""Poll Sequences: what is found, and what looks like it and is honest."""

import pytest
from bfd_frames import DOWN, INIT, UP, A, B
from test_captures_handshake import HANDSHAKE, Told, capture

from captures.checks.polls import CHECKS
from captures.judging import judge
from captures.rows import Row

ANSWER, GIVEN_UP, GOES_ON = "5880-6.8.7-r12", "5880-6.5-r02", "5880-6.5-r03"
UNASKED, TX_CHANGE, RX_CHANGE = "5880-6.8.7-r29", "5880-6.8.3-r03", "5880-6.8.3-r04"
IDS = {check.requirement for check in CHECKS}

P, F = {"poll": True}, {"final": True}
NEW_TX, NEW_RX = {"desired_min_tx_interval_us": 300_000}, {"required_min_rx_interval_us": 300_000}


def accused(rows: list[Row], speaker: str = A) -> dict[str, tuple[int, ...]]:
    """Check id to the frames of its findings, of the rules about Polls."""
    found = {outcome.check: outcome for outcome in judge(rows, speaker) if outcome.check in IDS}
    return {check: finding.frames for check, outcome in found.items() for finding in outcome.findings}


def told(since: float, until: float, who: str, every: float = 0.9, **fields: object) -> list[Told]:
    """The same again and again, Up."""
    count = int((until - since) / every) + 1
    return [(since + number * every, who, UP, dict(fields)) for number in range(count)]


def story(*parts: list[Told]) -> list[Row]:
    """Parts of a story, by time."""
    return capture(*sorted((line for part in parts for line in part), key=lambda line: line[0]))


BOTH_UP = [*HANDSHAKE, *told(2, 14, A), *told(2.3, 14, B)]

GUILTY: dict[str, tuple[list[Row], dict[str, tuple[int, ...]]]] = {
    "Polls without an answer": (
        story(HANDSHAKE, told(2, 40, A), told(2.3, 12, B), told(13.3, 40, B, **P)),
        {ANSWER: (90,)},
    ),
    "a Final to nobody's Poll": (story(BOTH_UP, [(8.1, A, UP, F)]), {UNASKED: (22,)}),
    "answers that do not end": (
        story(HANDSHAKE, told(2, 5, A), told(2.3, 20, B), [(5.3, B, UP, P)], told(5.4, 20, A, **F)),
        {UNASKED: (49,)},
    ),
    "a Poll given up": (
        story(HANDSHAKE, told(2, 5, A), told(2.3, 20, B), told(5.6, 8, A, **P), told(8.5, 20, A)),
        {GIVEN_UP: (22,)},
    ),
    "a Poll that goes on": (
        story(HANDSHAKE, told(2, 50, A, **P), told(2.3, 50, B), told(2.5, 50, B, **F)),
        {GOES_ON: (167,)},
    ),
    "a faster rate without a Poll": (
        story(HANDSHAKE, told(2, 5, A), told(2.3, 14, B), told(5.3, 14, A, **NEW_TX)),
        {TX_CHANGE: (16,)},
    ),
    "a faster rate at the step to Up without a Poll": (
        story([*HANDSHAKE[:4], (0.7, A, UP, NEW_TX)], told(1, 14, A, **NEW_TX), told(2.3, 14, B)),
        {TX_CHANGE: (5,)},
    ),
    "another Required Min RX Interval without a Poll": (
        story(HANDSHAKE, told(2, 5, A), told(2.3, 14, B), told(5.3, 14, A, **NEW_RX)),
        {RX_CHANGE: (16,)},
    ),
}


@pytest.mark.parametrize("name", GUILTY)
def test_what_is_wrong_is_found_in_its_frame(name: str) -> None:
    rows, expected = GUILTY[name]
    assert accused(rows) == expected
    assert accused(rows, B) == {}


HONEST: dict[str, list[Row]] = {
    "nothing to ask": story(BOTH_UP),
    "asked and answered": story(BOTH_UP, [(6.05, A, UP, P), (6.1, B, UP, F), (8.05, B, UP, P), (8.1, A, UP, F)]),
    "the answers are lost on the way here, as other packets are": story(
        HANDSHAKE, told(2, 40, A, 2.5), told(2.3, 12, B), told(13.3, 40, B, **P)
    ),
    "some Polls are lost on the way there": story(
        HANDSHAKE, told(2, 40, A), told(2.3, 12, B), told(13.3, 20, B, **P), [(20.2, A, UP, F)], told(20.5, 40, B)
    ),
    "an answer that is late": story(BOTH_UP, [(8, B, UP, P), (8.9, A, UP, F)]),
    "an answer, the Poll before the capture": capture((0, A, UP, F), (0.1, B, UP), (0.5, A, UP)),
    "one direction alone": story(told(0, 8, A), told(8.1, 12, A, **P), told(12.2, 20, A), [(21, A, UP, F)]),
    "the first answers are lost": story(
        HANDSHAKE,
        told(2, 8, A, **P),
        told(2.3, 20, B),
        told(2.5, 8, B, **F),
        told(8.5, 20, A),
    ),
    "a Poll that Down ends": story(
        HANDSHAKE, told(2, 8, A, **P), told(2.3, 4, B), [(8 + n, A, DOWN, {"diag": 1}) for n in range(1, 9)]
    ),
    "new values in an answer, and then polled for": story(
        HANDSHAKE,
        told(2, 5, A),
        told(2.3, 14, B),
        [(5.05, B, UP, P), (5.1, A, UP, F | NEW_RX), (5.9, A, UP, P | NEW_RX), (5.95, B, UP, F)],
        told(6.8, 14, A, **NEW_RX),
    ),
    "the slow rate of Down needs no Poll while Down": story(
        HANDSHAKE,
        told(2, 5, A, **NEW_TX, **P),
        [(2.1, B, UP, F)],
        [(8.0 + n, A, DOWN, {"diag": 1}) for n in range(8)],
    ),
    "restarted with other values": story(
        HANDSHAKE,
        told(2, 5, A),
        told(2.3, 5, B),
        [(9.0, A, DOWN, {"your_discriminator": 0}), (9.1, B, DOWN), (9.2, A, INIT), (9.3, B, UP)],
        [(9.4, A, UP, NEW_TX | P), (9.5, B, UP, F)],
        told(9.6, 14, A, **NEW_TX),
        told(9.7, 14, B),
    ),
}


@pytest.mark.parametrize("name", HONEST)
def test_what_only_looks_like_it_is_not_found(name: str) -> None:
    assert accused(HONEST[name]) == {}
    assert accused(HONEST[name], B) == {}
