"""The simulated link: what arrives, when, in which order; and that a seed repeats it."""

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refimpl.runtime.clock import VirtualClock
from refimpl.runtime.link import Impairments, LinkEnd, connect


class Wire:
    """A link whose arrivals are written down as (time, frame)."""

    def __init__(self, impairments: Impairments | None = None, seed: int = 1) -> None:
        self.clock = VirtualClock()
        self.left, self.right = connect(self.clock, Random(seed), impairments)
        self.at_left: list[tuple[int, bytes]] = []
        self.at_right: list[tuple[int, bytes]] = []
        self.left.deliver = lambda frame: self.at_left.append((self.clock.now, frame))
        self.right.deliver = lambda frame: self.at_right.append((self.clock.now, frame))

    def send_many(self, end: LinkEnd, frames: int, gap_us: int = 100) -> None:
        for number in range(frames):
            self.clock.advance(self.clock.now + gap_us)
            end.send(frame(number))
        self.clock.advance(self.clock.now + 1_000_000)


def frame(number: int) -> bytes:
    return number.to_bytes(4, "big")


def numbers(arrivals: list[tuple[int, bytes]]) -> list[int]:
    return [int.from_bytes(each) for _, each in arrivals]


def test_a_good_link_delivers_each_frame_once_after_its_delay_at_the_other_end() -> None:
    wire = Wire(Impairments(delay_us=700))

    wire.left.send(b"to the right")
    wire.clock.advance(50)
    wire.right.send(b"to the left")
    wire.clock.advance(10_000)

    assert wire.at_right == [(700, b"to the right")]
    assert wire.at_left == [(750, b"to the left")]


def test_nothing_arrives_before_its_time() -> None:
    wire = Wire(Impairments(delay_us=700))
    wire.left.send(b"frame")

    wire.clock.advance(699)

    assert wire.at_right == []


def test_frames_of_one_moment_keep_their_order() -> None:
    wire = Wire(Impairments(delay_us=0))
    for number in range(50):
        wire.left.send(frame(number))

    wire.clock.advance(0)

    assert numbers(wire.at_right) == list(range(50))


def test_a_cut_link_delivers_nothing_and_a_mended_one_delivers_again() -> None:
    wire = Wire()
    wire.left.impairments = replace(wire.left.impairments, loss=1.0)
    wire.send_many(wire.left, 20)
    assert wire.at_right == []

    wire.left.impairments = Impairments()
    wire.left.send(b"again")
    wire.clock.advance(wire.clock.now + 1000)

    assert [each for _, each in wire.at_right] == [b"again"]


def test_impairments_are_of_one_direction() -> None:
    wire = Wire()
    wire.left.impairments = Impairments(loss=1.0)

    wire.send_many(wire.left, 10)
    wire.send_many(wire.right, 10)

    assert (numbers(wire.at_right), numbers(wire.at_left)) == ([], list(range(10)))


@pytest.mark.parametrize("loss", [0.1, 0.5, 0.9])
def test_about_as_many_frames_are_lost_as_was_asked_for(loss: float) -> None:
    wire = Wire(Impairments(loss=loss))

    wire.send_many(wire.left, 2000)

    arrived = numbers(wire.at_right)
    assert abs(len(arrived) / 2000 - (1 - loss)) < 0.05
    assert arrived == sorted(set(arrived))


def test_duplication_delivers_each_frame_twice() -> None:
    wire = Wire(Impairments(duplication=1.0))

    wire.send_many(wire.left, 10)

    assert numbers(wire.at_right) == [number for number in range(10) for _ in range(2)]


def test_some_duplication_is_some() -> None:
    wire = Wire(Impairments(duplication=0.3))

    wire.send_many(wire.left, 1000)

    assert 1200 < len(wire.at_right) < 1400


def test_jitter_delays_differently_but_keeps_the_order() -> None:
    wire = Wire(Impairments(delay_us=100, jitter_us=5_000))

    wire.send_many(wire.left, 200, gap_us=1_000)

    delays = [time - 1_000 * (number + 1) for number, (time, _) in enumerate(wire.at_right)]
    assert numbers(wire.at_right) == list(range(200))
    assert all(100 <= delay <= 5_100 for delay in delays)
    assert len(set(delays)) > 50


def test_reordering_holds_frames_back_behind_later_ones() -> None:
    wire = Wire(Impairments(delay_us=50, reordering=0.3, reorder_by_us=1_000))

    wire.send_many(wire.left, 300)

    arrived = numbers(wire.at_right)
    assert sorted(arrived) == list(range(300))
    assert any(later < earlier for earlier, later in pairwise(arrived))
    assert {time - 100 * (number + 1) for time, number in zip(*_columns(wire.at_right), strict=True)} == {50, 1_050}


def _columns(arrivals: list[tuple[int, bytes]]) -> tuple[list[int], list[int]]:
    return [time for time, _ in arrivals], numbers(arrivals)


IMPAIRMENTS = st.builds(
    Impairments,
    delay_us=st.integers(0, 2_000),
    jitter_us=st.integers(0, 2_000),
    loss=st.floats(0, 1),
    duplication=st.floats(0, 1),
    reordering=st.floats(0, 1),
    reorder_by_us=st.integers(0, 3_000),
)


@given(IMPAIRMENTS, st.integers(0, 2**32))
@settings(deadline=None)
def test_a_seed_repeats_whatever_the_link_did(impairments: Impairments, seed: int) -> None:
    runs = []
    for _ in range(2):
        wire = Wire(impairments, seed)
        wire.send_many(wire.left, 30)
        wire.send_many(wire.right, 10)
        runs.append((wire.at_right, wire.at_left))

    assert runs[0] == runs[1]
    assert set(numbers(runs[0][0])) <= set(range(30))
    assert all(count <= 2 for count in map(numbers(runs[0][0]).count, range(30)))


def test_another_seed_is_another_link() -> None:
    seen = []
    for seed in (1, 2):
        wire = Wire(Impairments(loss=0.5), seed)
        wire.send_many(wire.left, 64)
        seen.append(numbers(wire.at_right))

    assert seen[0] != seen[1]


def test_an_end_with_nobody_behind_it_swallows_frames() -> None:
    clock = VirtualClock()
    left, right = connect(clock, Random(0))
    right.deliver = None

    left.send(b"frame")
    clock.advance(1_000)

    assert clock.next_event() is None
