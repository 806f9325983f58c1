"""Changes of the timers: a pace that is wrong is found, and whatever else makes packets rare or many is not."""

from collections.abc import Iterable
from dataclasses import replace
from random import Random

import pytest
from bfd_frames import DOWN, INIT, START_NS, UP, A, B
from test_captures_handshake import Told, capture
from test_captures_polls import F, P, story, told

from captures.checks.changes import CHECKS
from captures.findings import Outcome
from captures.fold import fold
from captures.judging import judge_all, views
from captures.rows import Row
from captures.table import from_packets

POLL, RAISED, LOWERED = "5880-6.5-r05", "5880-6.8.3-r06", "5880-6.8.3-r12"
MORE, LESS = "5880-6.8.3-r09", "5880-6.8.3-r13"


def rates(tx: int, rx: int = 100) -> dict[str, object]:
    """Desired Min TX and Required Min RX Interval, milliseconds."""
    return {"desired_min_tx_interval_us": tx * 1000, "required_min_rx_interval_us": rx * 1000}


def outcomes(rows: list[Row], speaker: str) -> list[Outcome]:
    """What the rules about changes say."""
    parts = views(fold([from_packets(rows)]))
    return judge_all({speaker: parts.get(speaker, [])}, CHECKS)[speaker]


def accused(rows: list[Row], speaker: str = A) -> dict[str, tuple[int, ...]]:
    """Check id to the frames of its findings."""
    return {each.check: finding.frames for each in outcomes(rows, speaker) for finding in each.findings}


def examined(rows: list[Row], speaker: str = A) -> set[str]:
    """The rules that had something to look at."""
    return {each.check for each in outcomes(rows, speaker) if each.examined}


def beginning(rx: int = 100) -> list[Told]:
    """Both come Up; B asks for intervals of so many milliseconds."""
    slow = rates(1000)
    return [
        (0, A, DOWN, slow),
        (0.4, B, DOWN, rates(1000, rx)),
        (0.5, A, INIT, slow),
        (0.6, B, UP, rates(100, rx)),
        (0.7, A, UP, rates(100)),
    ]


def paced(since: float, until: float, who: str, every: float, tx: int, rx: int = 100, **flags: object) -> list[Told]:
    """The same again and again; `tx` and `rx` are milliseconds."""
    return told(since, until, who, every, **rates(tx, rx), **flags)


B_UP = [*beginning(), *paced(1.03, 40, B, 0.09, 100)]
FAST = paced(0.79, 5, A, 0.09, 100)


def frame(rows: list[Row], seconds: float, who: str = A) -> int:
    """The first frame of somebody's from a moment on."""
    return next(row.frame for row in rows if row.source == who and row.time_ns >= START_NS + round(seconds * 1e9))


def every_other(since: float, until: float, every: float = 0.27, **fields: object) -> list[Told]:
    """Packets of A with P and without it, in turns."""
    lines = told(since, until, A, every, **fields)
    return [(line[0], A, UP, {**fields, "poll": number % 2 == 0}) for number, line in enumerate(lines)]


GUILTY: dict[str, tuple[list[Row], str, float]] = {
    "goes slower before any Final": (story(B_UP, FAST, paced(5.1, 20, A, 0.27, 300, **P)), RAISED, 5.1),
    "goes slower before any Final, and some packets are lost": (
        story(B_UP, FAST, [line for n, line in enumerate(paced(5.1, 20, A, 0.27, 300, **P)) if n % 9]),
        RAISED,
        5.1,
    ),
    "goes slower long after a Final to another Poll": (
        story(B_UP, FAST, [(2.5, B, UP, F | rates(100))], paced(5.1, 20, A, 0.27, 300, **P)),
        RAISED,
        5.1,
    ),
    "stays slow in spite of its lesser interval": (
        story(B_UP, paced(1.24, 9, A, 0.54, 600), paced(9.2, 40, A, 0.54, 100, **P)),
        LOWERED,
        9.2,
    ),
    "stays slow also after the Final": (
        story(
            B_UP,
            paced(1.24, 9, A, 0.54, 600),
            [(9.2, A, UP, P | rates(100)), (9.25, B, UP, F | rates(100))],
            paced(9.8, 40, A, 0.54, 100),
        ),
        LOWERED,
        9.8,
    ),
    "stays as slow as in Down": (
        story(
            told(0, 12, A, 0.9, **rates(1000), state=DOWN, your_discriminator=0),
            [(12.3, B, DOWN, rates(1000)), (12.5, A, INIT, rates(1000)), (12.6, B, UP, rates(100))],
            paced(12.7, 40, B, 0.09, 100),
            paced(13.3, 40, A, 0.9, 100, **P),
        ),
        LOWERED,
        13.3,
    ),
    "does not mind that the peer asks for more": (
        story(
            beginning(600),
            paced(1.03, 12, B, 0.09, 100, 600),
            paced(12.1, 60, B, 0.09, 100),
            paced(1.24, 60, A, 0.54, 100),
        ),
        MORE,
        12.1,
    ),
    "does not mind that the peer asks for less": (
        story(
            beginning(),
            paced(1.03, 12, B, 0.09, 100),
            paced(12.1, 60, B, 0.09, 100, 600),
            paced(0.79, 60, A, 0.09, 100),
        ),
        LESS,
        12.1,
    ),
    "polls by every other packet": (
        story(B_UP, FAST, every_other(5.1, 12, 0.09, **rates(300))),
        POLL,
        6.27,
    ),
}


@pytest.mark.parametrize("name", GUILTY)
def test_what_is_wrong_is_found_in_its_frame(name: str) -> None:
    rows, check, since = GUILTY[name]
    assert accused(rows) == {check: (frame(rows, since - 0.001),)}
    assert accused(rows, B) == {}


def lossy(lines: Iterable[Told], part: float, seed: int = 1) -> list[Told]:
    """What is left of packets when a part of them is lost."""
    rng = Random(seed)
    return [line for line in lines if rng.random() >= part]


def late(lines: list[Told], by: float) -> list[Told]:
    """Packets of which each is later than the one before, the last of them by so many seconds."""
    return [(line[0] + by * number / len(lines), *line[1:]) for number, line in enumerate(lines)]  # type: ignore[misc]


SLOWER_POLL = paced(5.1, 20, A, 0.27, 300, **P)
FIRST_ASKED = [*beginning(600), *paced(1.03, 12, B, 0.09, 100, 600)]

HONEST: dict[str, list[Row]] = {
    "waits for the Final": story(
        B_UP, FAST, paced(5.1, 12, A, 0.09, 300, **P), [(12.02, B, UP, F | rates(100))], paced(12.1, 30, A, 0.27, 300)
    ),
    "a Final before that may have been late": story(B_UP, FAST, [(4, B, UP, F | rates(100))], SLOWER_POLL),
    "a Final came with the first Poll": story(B_UP, FAST, [(5.11, B, UP, F | rates(100))], SLOWER_POLL),
    "holds the old pace, and half is lost": story(B_UP, FAST, lossy(paced(5.1, 30, A, 0.09, 300, **P), 0.5)),
    "holds the old pace, and most is lost": story(B_UP, FAST, lossy(paced(5.1, 60, A, 0.09, 300, **P), 0.9)),
    "is late, and ever later": story(B_UP, FAST, late(paced(5.1, 7.1, A, 0.09, 150, **P), 1.0)),
    "the peer asked for the new pace before": story(
        beginning(300), paced(1.03, 2, B, 0.09, 100, 300), paced(2.1, 40, B, 0.09, 100), FAST, SLOWER_POLL
    ),
    "the peer asks for the new pace now": story(
        beginning(), paced(1.03, 5, B, 0.09, 100), paced(5.03, 30, B, 0.09, 100, 300), FAST, SLOWER_POLL
    ),
    "the peer is not in the capture": story(FAST, SLOWER_POLL),
    "the peer was Down meanwhile": story(
        B_UP, FAST, [(5.05, B, DOWN, rates(1000)), (5.06, B, INIT, rates(1000))], SLOWER_POLL
    ),
    "was Init meanwhile": story(B_UP, FAST, [(5.05, A, INIT, rates(1000))], SLOWER_POLL),
    "the new pace is hardly another": story(B_UP, FAST, paced(5.1, 20, A, 0.117, 130, **P)),
    "too few packets": story(B_UP, FAST, paced(5.1, 9, A, 0.27, 300, **P)),
    "the peer is in Demand mode": story(
        [(line[0], *line[1:3], {**line[3], "demand": True}) for line in B_UP if len(line) == 4], FAST, SLOWER_POLL
    ),
    "goes faster at once": story(B_UP, paced(1.24, 9, A, 0.54, 600), paced(9.2, 30, A, 0.09, 100, **P)),
    "goes faster at once, and most is lost": story(
        B_UP, paced(1.24, 9, A, 0.54, 600), lossy(paced(9.2, 60, A, 0.09, 100, **P), 0.83)
    ),
    "lowers what the peer does not let it use": story(
        beginning(600),
        paced(1.03, 40, B, 0.09, 100, 600),
        paced(1.24, 9, A, 0.54, 600),
        paced(9.2, 40, A, 0.54, 100, **P),
    ),
    "lowers what the peer may not have let it use before the capture": story(
        paced(0, 40, B, 0.09, 100), paced(0, 6, A, 0.54, 600), paced(6.2, 30, A, 0.54, 100, **P)
    ),
    "follows when the peer asks for more": story(
        FIRST_ASKED, paced(12.1, 60, B, 0.09, 100), paced(1.24, 12.2, A, 0.54, 100), paced(12.4, 60, A, 0.09, 100)
    ),
    "has not heard for a while that the peer asks for more": story(
        FIRST_ASKED, paced(12.1, 16, B, 0.09, 100), paced(1.24, 16, A, 0.54, 100), paced(16.1, 60, A, 0.09, 100)
    ),
    "the peer takes it back before it must have been heard": story(
        FIRST_ASKED,
        paced(12.1, 16, B, 0.09, 100),
        paced(16.1, 60, B, 0.09, 100, 600),
        paced(1.24, 60, A, 0.54, 100),
    ),
    "the peer asks for more just after the capture begins": story(
        paced(0, 8, B, 0.09, 100, 600), paced(8.1, 30, B, 0.09, 100), paced(0.5, 30, A, 0.54, 100)
    ),
    "follows when the peer asks for less": story(
        beginning(),
        paced(1.03, 12, B, 0.09, 100),
        paced(12.1, 60, B, 0.09, 100, 600),
        paced(0.79, 14.5, A, 0.09, 100),
        paced(14.6, 60, A, 0.54, 100),
    ),
    "another discriminator of the peer asks as before": story(
        FIRST_ASKED,
        paced(12.1, 60, B, 0.09, 100),
        paced(12.13, 60, B, 0.3, 100, 600, my_discriminator=0xC),
        paced(1.24, 60, A, 0.54, 100),
    ),
    "Poll Sequences one after the other": story(
        B_UP,
        FAST,
        every_other(5.1, 12, 0.09, **rates(100)),
        [(5.11 + number * 0.9, B, UP, F | rates(100)) for number in range(8)],
    ),
    "one Poll ends late, another follows": story(
        B_UP, FAST, paced(5.1, 8, A, 0.09, 100, **P), paced(8.1, 9, A, 0.09, 100), paced(9.1, 12, A, 0.09, 100, **P)
    ),
    "packets between the Polls of one whose peer is in Demand mode": story(
        beginning(),
        paced(1.03, 40, B, 0.09, 100, demand=True),
        FAST,
        every_other(5.1, 12, 0.09, **rates(300)),
    ),
    "the session falls between Polls": story(
        B_UP,
        FAST,
        every_other(5.1, 12, 0.09, **rates(300)),
        [(5 + number, A, DOWN, F | rates(1000)) for number in range(1, 7)],
    ),
    "Polls that others have overtaken": story(B_UP, FAST, every_other(5.1, 6, 0.09, **rates(100))),
}


@pytest.mark.parametrize("name", HONEST)
def test_what_only_looks_like_it_is_not_found(name: str) -> None:
    assert accused(HONEST[name]) == {}
    assert accused(HONEST[name], B) == {}


def test_who_does_as_told_is_said_to() -> None:
    assert RAISED in examined(story(B_UP, FAST, paced(5.1, 12, A, 0.09, 300, **P)))
    assert LOWERED in examined(HONEST["goes faster at once"])
    assert MORE in examined(HONEST["follows when the peer asks for more"])
    assert POLL in examined(story(B_UP, FAST, every_other(5.1, 12, 0.09, **rates(300))))


def test_a_calm_session_is_not_looked_into() -> None:
    assert examined(story(B_UP, paced(1, 40, A, 0.09, 100))) == set()


def test_packets_that_are_seen_twice_prove_nothing() -> None:
    rows = GUILTY["does not mind that the peer asks for less"][0]
    twice = [replace(row, frame=2 * row.frame + n, time_ns=row.time_ns + n * 10_000) for row in rows for n in (0, 1)]
    assert LESS not in accused(twice)


def test_changes_without_end_that_are_announced_and_answered() -> None:
    lines: list[Told] = beginning()
    for number in range(2000):
        since, tx = 2 + number * 0.2, 100 + number % 2 * 200
        lines += [(since, A, UP, P | rates(tx)), (since + 0.01, B, UP, F | rates(100)), (since + 0.1, A, UP, rates(tx))]
    assert accused(capture(*lines)) == {}
