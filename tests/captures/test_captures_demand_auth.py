"""Demand mode and authentication: what is found, and what looks like it and is honest."""

import pytest
from bfd_frames import DOWN, INIT, UP, A, B
from test_captures_handshake import HANDSHAKE, Told, capture
from test_captures_polls import told

from captures.checks import authentication, demand
from captures.judging import judge
from captures.rows import Row

IDS = {check.requirement for check in (*authentication.CHECKS, *demand.CHECKS)}
PEER_NOT_UP, NOT_SILENT, UNPOLLED = "5880-6.8.7-r21", "5880-6.8.7-r11", "5880-6.6-r09"
D, P, F = {"demand": True}, {"poll": True}, {"final": True}


def accused(rows: list[Row], speaker: str = A) -> dict[str, tuple[int, ...]]:
    """Check id to the frames of its findings, of these rules."""
    found = {outcome.check: outcome for outcome in judge(rows, speaker) if outcome.check in IDS}
    return {check: finding.frames for check, outcome in found.items() for finding in outcome.findings}


def story(*parts: list[Told]) -> list[Row]:
    """Parts of a story, by time."""
    return capture(*sorted((line for part in parts for line in part), key=lambda line: line[0]))


def auth(kind: int, *numbers: int, every: float = 0.9) -> list[Told]:
    """Packets of A, Up, with these sequence numbers."""
    fields = {"authentication_present": True, "auth_type": kind, "auth_length": 24, "auth_key_id": 1, "length": 48}
    return [
        (2 + every * place, A, UP, fields | {"auth_sequence": number, "udp_length": 56})
        for place, number in enumerate(numbers)
    ]


def changing(kind: int, *steps: tuple[int, int, int]) -> list[Told]:
    """Packets of A from (sequence number, state, Detect Mult)."""
    plain = auth(kind, *(number for number, _, _ in steps))
    return [
        (line[0], A, state, line[3] | {"detect_mult": mult})  # type: ignore[misc]
        for line, (_, state, mult) in zip(plain, steps, strict=True)
    ]


GUILTY: dict[str, tuple[list[Row], dict[str, tuple[int, ...]]]] = {
    "D before the peer is Up": (
        story(
            [(0, A, DOWN), (1.5, A, DOWN), (1.6, B, DOWN), (1.7, A, INIT), (1.8, B, INIT)],
            told(1.9, 5, A, **D, **P),
        ),
        {PEER_NOT_UP: (6,)},
    ),
    "packets in spite of D": (story(HANDSHAKE, told(2, 30, A), told(2.3, 30, B, **D)), {NOT_SILENT: (70,)}),
    "D without a Poll": (story(HANDSHAKE, told(2, 5, A), told(2.3, 5, B), told(5.6, 20, A, **D)), {UNPOLLED: (16,)}),
    "meticulous, and always the same": (story(auth(3, 7, 7, 7, 7, 7, 7)), {"5880-6.7.3-r18": (2,)}),
    "meticulous SHA1, and always the same": (story(auth(5, 7, 7, 7, 7, 7, 7)), {"5880-6.7.4-r18": (2,)}),
    "a new state with an old number": (
        story(changing(2, (7, DOWN, 3), (7, UP, 3), (7, UP, 3))),
        {"5880-6.7.3-r16": (2,)},
    ),
    "new contents with an old number": (
        story(changing(4, (7, UP, 3), (7, UP, 3), (7, UP, 9))),
        {"5880-6.7.4-r17": (3,)},
    ),
}


@pytest.mark.parametrize("name", GUILTY)
def test_what_is_wrong_is_found_in_its_frame(name: str) -> None:
    rows, expected = GUILTY[name]
    assert accused(rows) == expected
    assert accused(rows, B) == {}


HONEST: dict[str, list[Row]] = {
    "silent after D": story(HANDSHAKE, told(2, 3, A), told(2.3, 30, B, **D), told(20, 21, A, **P)),
    "D, of which nobody heard, and then nothing": story(HANDSHAKE, told(2, 6, A), told(2.3, 10, B, **D)),
    "D with a Poll": story(HANDSHAKE, told(2, 5, A), told(5.6, 6, A, **D, **P), told(2.3, 9, B), told(9, 15, A, **D)),
    "D from the start of the capture": story(told(0, 9, A, **D), told(0.3, 9, B)),
    "D ends with the state": story(HANDSHAKE, told(2, 5, A, **D, **P), told(2.3, 5, B), [(6, A, DOWN), (7, A, DOWN)]),
    "meticulous, each captured twice": story(auth(3, 7, 7, 8, 8, 9, 9, 10, 10)),
    "meticulous, with losses and a turn": story(auth(5, 2**32 - 2, 2**32 - 1, 0, 4, 5)),
    "keyed, the number stands still": story(auth(2, 7, 7, 7, 7, 7, 7)),
    "keyed, counted with each change": story(changing(2, (7, DOWN, 3), (8, UP, 3), (9, UP, 4))),
}


@pytest.mark.parametrize("name", HONEST)
def test_what_only_looks_like_it_is_not_found(name: str) -> None:
    assert accused(HONEST[name]) == {}
    assert accused(HONEST[name], B) == {}
