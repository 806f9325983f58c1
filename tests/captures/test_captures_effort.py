"""How much work judging is: no capture may be made so that it takes long. Counted in calls, not in seconds."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import FrameType

import pytest
from bfd_frames import DOWN, FINAL, INIT, POLL, UP, A, B
from test_captures_handshake import BLANK

from captures.fold import fold
from captures.judging import judge_all, views
from captures.rows import Row
from captures.table import Chunk, from_packets

Packet = tuple[int, int, int, int, int]
"""State, flags, My and Your Discriminator, Desired Min TX Interval in microseconds."""

_CYCLE = (DOWN, INIT, UP, UP)
_DEMAND = 0x02


def _flaps(number: int, side: int) -> Packet:
    state = _CYCLE[(number + side) % 4]
    return state, 0, 100 + side, 101 - side, 300_000 if state == UP else 1_000_000


def _restarts(number: int, side: int) -> Packet:
    names = (1000 + number // 4, 101)
    return _CYCLE[(number + side) % 4], 0, names[side], names[1 - side] if number % 4 else 0, 1_000_000


def _polls(number: int, side: int) -> Packet:
    flags = (POLL, FINAL, 0, 0)[number % 4]
    return UP, flags, 100 + side, 101 - side, (100_000, 300_000)[number // 4 % 2]


def _demands(number: int, side: int) -> Packet:
    return _CYCLE[(number + side) % 4], _DEMAND * (number % 4 == 3), 100 + side, 101 - side, 300_000


def _chunk(story: Callable[[int, int], Packet], packets: int) -> Chunk:
    return from_packets(_rows(story, packets))


def _rows(story: Callable[[int, int], Packet], packets: int) -> Iterator[Row]:
    for frame in range(1, packets + 1):
        side = frame % 2
        state, flags, my, your, desired_us = story(frame // 2, side)
        yield replace(
            BLANK,
            frame=frame,
            time_ns=1_700_000_000_000_000_000 + frame * 150_000_000,
            source=(A, B)[side],
            destination=(B, A)[side],
            source_port=50_000 + side,
            diag=int(state == DOWN),
            state=state,
            poll=bool(flags & POLL),
            final=bool(flags & FINAL),
            demand=bool(flags & _DEMAND),
            my_discriminator=my,
            your_discriminator=your,
            desired_min_tx_interval_us=desired_us,
            required_min_rx_interval_us=300_000,
        )


def _calls(work: Callable[[], object]) -> int:
    """How many functions of Python, and built-in ones, are called."""
    count = 0

    def called(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(called)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("story", [_flaps, _restarts, _polls, _demands], ids=lambda story: story.__name__.strip("_"))
def test_a_session_that_changes_twice_as_often_is_twice_the_work(story: Callable[[int, int], Packet]) -> None:
    few, many = (views(fold([_chunk(story, packets)])) for packets in (1_000, 2_000))
    judge_all(views(fold([_chunk(story, 100)])))  # what is worked out once for all captures
    assert _calls(lambda: judge_all(many)) < 2.5 * _calls(lambda: judge_all(few))
