"""What is looked up by time is what a walk through everything finds."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from captures.conversation import End, Said, Stretch
from captures.detection import FOREGOING_NS, Lifetime, detection_ns
from captures.handshake import LAG_NS
from captures.timeline import Heard, Timeline, first_between

_SECOND = 1_000_000_000
_times = st.integers(0, 40).map(lambda half: half * _SECOND // 2)


def _stretch(first_ns: int, last_ns: int, frame: int) -> Stretch:
    return Stretch(0, frame, first_ns, frame, last_ns, 1, None, 0, None)


def _row(desired_us: int, required_us: int, state: int = 3) -> Any:
    return SimpleNamespace(
        desired_min_tx_interval_us=desired_us, required_min_rx_interval_us=required_us, detect_mult=3, state=state
    )


@st.composite
def _heard(draw: st.DrawFn) -> list[Heard]:
    """In any order, also overlapping, as several peers and interfaces make it."""
    spans = draw(st.lists(st.tuples(_times, _times, st.integers(1, 50)), max_size=12))
    desired = st.sampled_from([100_000, 1_000_000, 4_000_000])
    return [Heard(_row(draw(desired), 0), _stretch(*sorted(span[:2]), span[2])) for span in spans]


def _same(some: Sequence[Heard], others: Sequence[Heard]) -> bool:
    return sorted(map(id, some)) == sorted(map(id, others))


@given(_heard(), _times, _times)
def test_during(heard: list[Heard], since_ns: int, until_ns: int) -> None:
    timeline = Timeline(heard)
    expected = [each for each in heard if each.stretch.first_ns <= until_ns and each.stretch.last_ns >= since_ns]
    found = timeline.during(since_ns, until_ns)
    assert _same(found, expected)
    assert [each.stretch.first_ns for each in found] == sorted(each.stretch.first_ns for each in found)


@given(_heard(), st.integers(1, 50), _times, _times)
def test_before_a_packet_by_frame_or_by_time(heard: list[Heard], frame: int, ns: int, since_ns: int) -> None:
    expected = [
        each
        for each in heard
        if (each.stretch.first_frame < frame or each.stretch.first_ns <= ns) and each.stretch.last_ns >= since_ns
    ]
    assert _same(Timeline(heard).before(frame, ns, since_ns=since_ns), expected)


@given(_heard(), _times)
def test_the_last_packet_and_the_next_one(heard: list[Heard], ns: int) -> None:
    timeline = Timeline(heard)
    begun = [each.stretch for each in heard if each.stretch.first_ns <= ns]
    assert timeline.begun(ns) == len(begun)
    assert timeline.last_ns(ns) == max((each.last_ns for each in begun), default=None)
    assert timeline.next_ns(ns) == min(
        (each.stretch.first_ns for each in heard if each.stretch.first_ns > ns), default=None
    )


@given(st.lists(_times, min_size=2, max_size=20), _times, _times)
def test_the_first_between(times: list[int], after_ns: int, before_ns: int) -> None:
    times = sorted(times)
    stretches = [_stretch(*times[at : at + 2], at) for at in range(0, len(times) - 1, 2)]
    expected = [each for each in stretches if any(after_ns < ns < before_ns for ns in (each.first_ns, each.last_ns))]
    assert first_between(stretches, after_ns, before_ns) is (expected[0] if expected else None)


@given(_heard(), st.sampled_from([100_000, 1_000_000]), st.booleans(), _times)
def test_the_most_favourable_packet_decides_how_long_a_session_may_live(
    heard: list[Heard], required_us: int, alive: bool, silent_ns: int
) -> None:
    own = Said(_row(100_000, required_us, 3 if alive else 1), [_stretch(0, 0, 1)], 1)
    end = End(SimpleNamespace(), "192.0.2.1", 1, [own])  # type: ignore[arg-type]  # nobody asks for its conversation
    begun = [each for each in heard if each.stretch.first_ns <= silent_ns]
    expected = max(
        (min(each.stretch.last_ns, silent_ns) + LAG_NS + detection_ns(each.row, required_us) for each in begun),
        default=None,
    )
    if begun and alive and silent_ns < min(each.stretch.first_ns for each in begun) + FOREGOING_NS:
        expected = None
    assert Lifetime(end, Timeline(heard)).until(silent_ns) == expected
