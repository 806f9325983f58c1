"""Poll Sequences from the side that asks, and what a Final can be taken for (RFC 5880 sections 6.5, 6.8.3, 6.8.6)."""

import pytest
from session_rig import Rig, sent, transmissions

from refimpl.core.constants import State
from refimpl.core.outputs import PollEnded, PollStarted, Why
from refimpl.core.poll import PollSequence

DOWN, INIT, UP = State.DOWN, State.INIT, State.UP


def announced(rig: Rig, to: int) -> list[tuple[bool, int, int]]:
    """(Poll, Desired Min TX, Required Min RX) of each packet sent until `to`."""
    packets = [transmit.packet for transmit in sent([output for _, output in rig.advance(to)])]
    return [(p.poll, p.desired_min_tx_interval_us, p.required_min_rx_interval_us) for p in packets]


def test_a_second_change_waits_for_the_final_and_for_a_packet_without_one() -> None:
    rig = Rig()
    rig.settle()

    assert rig.set_timers(desired_min_tx_us=400_000) == [PollStarted()]
    assert rig.set_timers(required_min_rx_us=500_000) == []
    assert announced(rig, 800_000) == [(True, 400_000, 300_000)]

    assert rig.hear(UP, final=True) == [PollEnded()]
    assert rig.hear(UP, final=True) == []  # could be a late answer
    assert announced(rig, 1_200_000) == [(False, 400_000, 300_000)]

    assert rig.hear(UP) == [PollStarted()]
    assert announced(rig, 1_600_000) == [(True, 400_000, 500_000)]


def test_a_change_in_the_moment_after_the_final_waits_too() -> None:
    rig = Rig()
    rig.settle()
    rig.set_timers(desired_min_tx_us=400_000)
    rig.advance(800_000)
    rig.hear(UP, final=True)

    assert rig.set_timers(desired_min_tx_us=350_000) == []
    assert rig.hear(UP) == [PollStarted()]


def test_of_several_changes_that_wait_the_last_one_counts() -> None:
    rig = Rig()
    rig.settle()
    rig.set_timers(desired_min_tx_us=400_000)

    rig.set_timers(desired_min_tx_us=500_000)
    rig.set_timers(desired_min_tx_us=600_000)
    rig.advance(800_000)
    rig.hear(UP, final=True)
    rig.hear(UP)

    assert announced(rig, 1_200_000) == [(True, 600_000, 300_000)]


def test_a_change_that_is_taken_back_while_it_waits_starts_no_poll() -> None:
    rig = Rig()
    rig.settle()
    rig.set_timers(desired_min_tx_us=400_000)
    rig.set_timers(desired_min_tx_us=500_000)
    rig.set_timers(desired_min_tx_us=400_000)
    rig.advance(800_000)
    rig.hear(UP, final=True)

    assert rig.hear(UP) == []


def test_a_second_change_in_down_waits_as_well() -> None:
    rig = Rig()
    rig.advance(100_000)
    rig.hear(UP, detect_mult=255)  # leaves us Down
    assert rig.set_timers(required_min_rx_us=200_000) == [PollStarted()]
    assert announced(rig, 1_000_000) == [(True, 1_000_000, 200_000)]

    assert rig.set_timers(required_min_rx_us=100_000) == []
    assert announced(rig, 2_000_000) == [(True, 1_000_000, 200_000)]

    assert rig.hear(UP, final=True, detect_mult=255) == [PollEnded()]
    assert rig.hear(UP, detect_mult=255) == [PollStarted()]
    assert announced(rig, 3_000_000) == [(True, 1_000_000, 100_000)]


def test_a_final_that_nobody_asked_for_is_an_ordinary_packet() -> None:
    rig = Rig()
    rig.settle()

    assert rig.hear(UP, final=True) == []
    assert rig.session.poll.idle
    assert rig.set_timers(desired_min_tx_us=400_000) == [PollStarted()]


def test_a_final_that_comes_before_the_first_poll_packet_does_not_answer_it() -> None:
    rig = Rig()
    rig.settle()
    rig.set_timers(desired_min_tx_us=900_000)

    assert rig.hear(UP, final=True) == []  # no packet with 900 ms has left yet

    assert announced(rig, 1_100_000) == [(True, 900_000, 300_000)] * 2
    assert transmissions(rig.log)[-1] == (1_100_000, Why.PERIODIC, UP)  # still every 300 ms
    assert rig.hear(UP, final=True) == [PollEnded()]


def test_going_down_puts_everything_announced_in_force_and_polls_about_the_slow_rate() -> None:
    rig = Rig()
    rig.settle()
    rig.set_timers(desired_min_tx_us=400_000, required_min_rx_us=100_000)
    rig.advance(800_000)
    assert rig.session.variables.required_min_rx_in_force_us == 300_000

    outputs = rig.hear(DOWN)

    assert PollStarted() in outputs
    (told,) = sent(outputs)
    assert (told.why, told.packet.desired_min_tx_interval_us) == (Why.CHANGE, 1_000_000)
    v = rig.session.variables
    assert (v.desired_min_tx_in_force_us, v.required_min_rx_in_force_us) == (1_000_000, 100_000)
    assert announced(rig, 1_800_000) == [(True, 1_000_000, 100_000)]
    assert transmissions(rig.log)[-1] == (1_800_000, Why.PERIODIC, DOWN)


def test_a_raise_above_a_second_need_not_be_confirmed_by_a_session_that_went_down() -> None:
    rig = Rig()
    rig.settle()
    rig.set_timers(desired_min_tx_us=3_000_000)
    rig.advance(800_000)

    rig.hear(DOWN, detect_mult=255)

    assert [time for time, _, _ in transmissions(rig.advance(7_000_000))] == [3_800_000, 6_800_000]


def test_a_lowered_receive_interval_need_not_be_confirmed_after_the_fall_either() -> None:
    rig = Rig(desired_min_tx_us=1_000_000)  # the rate of a session that fell, too: the fall announces nothing new
    rig.come_up(desired_min_tx_interval_us=50_000)
    rig.set_timers(required_min_rx_us=100_000)
    assert rig.session.detection_time == 900_000

    rig.hear(DOWN, desired_min_tx_interval_us=50_000)

    assert rig.session.detection_time == 300_000


def test_the_final_of_the_poll_before_the_fall_does_not_answer_the_poll_after_it() -> None:
    rig = Rig()
    rig.settle()
    rig.set_timers(desired_min_tx_us=400_000)
    rig.advance(800_000)
    rig.hear(DOWN)

    assert PollEnded() not in rig.hear(DOWN, final=True, detect_mult=255)

    assert announced(rig, 1_800_000) == [(True, 1_000_000, 300_000)]


def test_coming_up_while_a_poll_is_unanswered_keeps_the_slow_rate_until_it_is() -> None:
    rig = Rig()
    rig.settle()
    rig.hear(DOWN)  # polls about the slow rate
    rig.advance(1_600_000)
    rig.hear(DOWN)
    rig.hear(INIT)
    assert rig.session.state is UP
    assert rig.session.variables.desired_min_tx_interval_us == 1_000_000

    assert rig.hear(UP, final=True) == [PollEnded()]
    assert rig.hear(UP) == [PollStarted()]

    assert rig.session.variables.desired_min_tx_interval_us == 300_000


def test_a_poll_ends_in_admin_down_too() -> None:
    rig = Rig()
    rig.settle()
    rig.disable()
    rig.advance(1_600_000)

    assert PollEnded() in rig.hear(UP, final=True)


@pytest.mark.parametrize("sent_before", [0, 1, 3])
def test_a_sequence_asks_waits_settles_and_rests(sent_before: int) -> None:
    poll = PollSequence()
    assert poll.idle

    poll.start()
    for _ in range(sent_before):
        poll.transmitted(100)
    assert poll.active
    assert not poll.idle

    assert poll.received(101, final=False, demand=False) is False
    assert poll.received(102, final=True, demand=False) is (sent_before > 0)
    if sent_before:
        assert not poll.active
        assert not poll.idle
        poll.received(103, final=True, demand=False)
        assert not poll.idle
        poll.received(104, final=False, demand=False)
        assert poll.idle
