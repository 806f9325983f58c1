"""Simulated time: callbacks in the order of their time, and nothing moves on its own."""

from hypothesis import given, settings
from hypothesis import strategies as st

from refimpl.runtime.clock import VirtualClock


def test_callbacks_run_in_order_of_time_and_find_their_time_on_the_clock() -> None:
    clock, ran = VirtualClock(), list[tuple[str, int]]()
    for name, when in (("c", 300), ("a", 100), ("b", 200)):
        clock.call_at(when, lambda name=name: ran.append((name, clock.now)))  # type: ignore[misc]

    clock.advance(1000)

    assert ran == [("a", 100), ("b", 200), ("c", 300)]
    assert clock.now == 1000


def test_of_the_same_time_the_first_asked_for_is_the_first_run() -> None:
    clock, ran = VirtualClock(), list[int]()
    for number in range(20):
        clock.call_at(5, lambda number=number: ran.append(number))  # type: ignore[misc]

    clock.advance(5)

    assert ran == list(range(20))


def test_a_step_runs_one_callback_or_moves_to_the_limit() -> None:
    clock, ran = VirtualClock(10), list[str]()
    clock.call_at(20, lambda: ran.append("first"))
    clock.call_at(20, lambda: ran.append("second"))

    assert (clock.step(30), clock.now, ran) == (True, 20, ["first"])
    assert (clock.step(30), clock.now, ran) == (True, 20, ["first", "second"])
    assert (clock.step(30), clock.now) == (False, 30)


def test_what_is_not_due_yet_waits() -> None:
    clock, ran = VirtualClock(), list[str]()
    clock.call_at(100, lambda: ran.append("now"))

    clock.advance(99)
    assert (ran, clock.next_event()) == ([], 100)
    clock.advance(100)
    assert (ran, clock.next_event()) == (["now"], None)


def test_a_time_that_has_passed_means_at_once_and_not_back_then() -> None:
    clock, ran = VirtualClock(500), list[int]()
    clock.call_at(100, lambda: ran.append(clock.now))

    assert clock.next_event() == 500
    clock.advance(500)
    assert ran == [500]


def test_a_callback_may_ask_for_another_one_within_the_same_advance() -> None:
    clock, ran = VirtualClock(), list[int]()

    def again() -> None:
        ran.append(clock.now)
        clock.call_at(clock.now + 10, again)

    clock.call_at(0, again)
    clock.advance(35)

    assert ran == [0, 10, 20, 30]


def test_time_never_goes_back() -> None:
    clock = VirtualClock(100)

    clock.advance(50)

    assert clock.now == 100


@given(st.lists(st.integers(0, 50)), st.lists(st.integers(0, 60)))
@settings(deadline=None)
def test_any_callbacks_run_once_sorted_by_time_and_then_by_order(whens: list[int], stops: list[int]) -> None:
    clock, ran = VirtualClock(), list[tuple[int, int]]()
    for number, when in enumerate(whens):
        clock.call_at(when, lambda number=number, when=when: ran.append((when, number)))  # type: ignore[misc]

    for stop in [*sorted(stops), 60]:
        clock.advance(stop)
        assert all(when <= stop for when, _ in ran)

    assert ran == sorted((when, number) for number, when in enumerate(whens))
