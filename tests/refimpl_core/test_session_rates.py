"""How fast a session sends, and whom it waits for (RFC 5880 sections 6.8.2, 6.8.3, 6.8.7, 6.8.12, 6.8.14).

Unless said otherwise jitter is switched off (draws are the longest), both ends want 300 ms and Detect Mult 3.
"""

from itertools import pairwise
from random import Random

import pytest
from session_rig import LOCAL, LOCAL_DISCR, LONGEST, PEER, REMOTE_DISCR, SHORTEST, Rig, sent, transmissions

from refimpl.core.constants import State
from refimpl.core.outputs import PollEnded, PollStarted, Transmit, Why
from refimpl.core.packet import ControlPacket
from refimpl.core.profile import SessionConfig
from refimpl.core.session import Session
from refimpl.core.transmission import compose
from refimpl.profiles.rfc5881 import SINGLE_HOP

PERIODIC, FINAL, CHANGE = Why.PERIODIC, Why.FINAL, Why.CHANGE
DOWN, INIT, UP = State.DOWN, State.INIT, State.UP


def times(rig: Rig, to: int) -> list[int]:
    return [time for time, _, _ in transmissions(rig.advance(to))]


# ------------------------------------------------------------------ not Up: one second


@pytest.mark.parametrize(
    ("draw", "expected"),
    [(LONGEST, [0, 1_000_000, 2_000_000, 3_000_000]), (SHORTEST, [0, 750_000, 1_500_000, 2_250_000, 3_000_000])],
)
def test_a_new_session_sends_at_once_and_then_once_a_second(draw: float, expected: list[int]) -> None:
    rig = Rig(draw=draw)

    log = rig.advance(3_000_000)

    assert transmissions(log) == [(time, PERIODIC, DOWN) for time in expected]
    assert {o.packet.desired_min_tx_interval_us for _, o in log if isinstance(o, Transmit)} == {1_000_000}


def test_every_packet_has_a_jitter_of_its_own() -> None:
    config = SessionConfig(peer=PEER, local=LOCAL)
    session = Session(config, SINGLE_HOP, local_discr=LOCAL_DISCR, rng=Random(1), now=0)
    sent_at: list[int] = []
    while len(sent_at) <= 200:
        sent_at.append(session.next_deadline() or 0)
        session.on_timer(sent_at[-1])

    gaps = [later - earlier for earlier, later in pairwise(sent_at)]

    assert len(set(gaps)) > 190
    assert 750_000 <= min(gaps) < 760_000
    assert 990_000 < max(gaps) <= 1_000_000
    assert 860_000 < sum(gaps) / len(gaps) < 890_000  # 6.8.7: "roughly 12.5% less than that negotiated"


def test_init_is_not_up_and_stays_slow() -> None:
    rig = Rig()
    rig.advance(100_000)
    rig.hear(DOWN, detect_mult=255)

    assert transmissions(rig.advance(2_100_000)) == [(1_100_000, PERIODIC, INIT), (2_100_000, PERIODIC, INIT)]


def test_a_session_that_wants_to_be_slower_than_a_second_may() -> None:
    rig = Rig(desired_min_tx_us=5_000_000)

    assert times(rig, 10_000_000) == [0, 5_000_000, 10_000_000]


def test_a_change_to_a_faster_rate_waits_for_up() -> None:
    rig = Rig(desired_min_tx_us=5_000_000)
    rig.advance(100_000)

    rig.set_timers(desired_min_tx_us=50_000)

    assert times(rig, 2_000_000) == [1_000_000, 2_000_000]
    assert rig.session.variables.desired_min_tx_interval_us == 1_000_000


def test_the_packet_says_what_the_variables_say() -> None:
    rig = Rig(required_min_rx_us=400_000, detect_mult=7)
    rig.advance(100_000)

    (change,) = sent(rig.hear(DOWN, your_discriminator=0))

    assert change.packet == ControlPacket(
        version=1,
        diag=0,
        state=2,
        detect_mult=7,
        length=24,
        my_discriminator=LOCAL_DISCR,
        your_discriminator=REMOTE_DISCR,
        desired_min_tx_interval_us=1_000_000,
        required_min_rx_interval_us=400_000,
        required_min_echo_rx_interval_us=0,
    )


@pytest.mark.parametrize("poll", [False, True])
@pytest.mark.parametrize("final", [False, True])
def test_final_wins_over_poll(poll: bool, final: bool) -> None:
    packet = compose(Rig().session.variables, poll=poll, final=final)

    assert (packet.poll, packet.final) == (poll and not final, final)


# ------------------------------------------------------------------ coming Up


def test_coming_up_starts_a_poll_that_rides_on_the_schedule_until_the_final() -> None:
    rig = Rig()
    rig.come_up()

    up = rig.log[-3:]
    assert [type(output).__name__ for _, output in up] == ["StateChanged", "PollStarted", "Transmit"]
    (told,) = sent([output for _, output in up])
    assert (told.why, told.packet.poll, told.packet.desired_min_tx_interval_us) == (CHANGE, False, 300_000)

    polls = rig.advance(800_000)
    assert transmissions(polls) == [(500_000, PERIODIC, UP), (800_000, PERIODIC, UP)]
    assert all(output.packet.poll for output in sent([output for _, output in polls]))

    assert rig.hear(UP, final=True) == [PollEnded()]
    (after,) = sent([output for _, output in rig.advance(1_100_000)])
    assert not after.packet.poll


def test_who_is_slow_anyway_has_nothing_to_poll_about() -> None:
    rig = Rig(desired_min_tx_us=1_000_000)
    rig.come_up(detect_mult=255)

    assert PollStarted() not in [output for _, output in rig.log]
    assert times(rig, 1_200_000) == [1_200_000]


# ------------------------------------------------------------------ our own changes while Up (6.8.3)


def test_a_raised_transmit_interval_is_announced_at_once_and_used_after_the_final() -> None:
    rig = Rig()
    rig.settle()

    assert rig.set_timers(desired_min_tx_us=900_000) == [PollStarted()]
    polls = sent([output for _, output in rig.advance(1_100_000)])

    assert [(p.packet.poll, p.packet.desired_min_tx_interval_us) for p in polls] == [(True, 900_000)] * 2
    assert transmissions(rig.log)[-2:] == [(800_000, PERIODIC, UP), (1_100_000, PERIODIC, UP)]
    assert rig.hear(UP, final=True) == [PollEnded()]
    rig.hear(UP, detect_mult=255)
    assert times(rig, 3_000_000) == [2_000_000, 2_900_000]


def test_a_lowered_transmit_interval_is_used_at_once() -> None:
    rig = Rig()
    rig.settle(required_min_rx_interval_us=50_000)  # the last packet left at 500 ms

    assert rig.set_timers(desired_min_tx_us=200_000) == [PollStarted()]

    assert times(rig, 1_100_000) == [700_000, 900_000, 1_100_000]
    assert all(transmit.packet.poll for transmit in sent([output for _, output in rig.log])[-3:])


def test_a_lowered_interval_that_has_already_passed_makes_a_packet_due_now() -> None:
    rig = Rig()
    rig.settle(required_min_rx_interval_us=50_000)

    rig.set_timers(desired_min_tx_us=50_000)

    assert times(rig, 600_000) == [600_000]
    assert times(rig, 700_000) == [650_000, 700_000]


def test_a_raised_receive_interval_lengthens_the_detection_time_at_once() -> None:
    rig = Rig()
    rig.settle()  # the last reception was at 600 ms

    assert rig.set_timers(required_min_rx_us=500_000) == [PollStarted()]

    assert rig.session.detection_time == 1_500_000
    rig.advance(2_099_999)
    assert rig.session.state is UP
    rig.advance(2_100_000)
    assert rig.session.state is DOWN


def test_a_lowered_receive_interval_shortens_the_detection_time_after_the_final() -> None:
    rig = Rig()
    rig.settle(desired_min_tx_interval_us=50_000)

    rig.set_timers(required_min_rx_us=100_000)
    (poll,) = sent([output for _, output in rig.advance(800_000)])

    assert (poll.packet.poll, poll.packet.required_min_rx_interval_us) == (True, 100_000)
    assert rig.session.detection_time == 900_000
    rig.hear(UP, final=True, desired_min_tx_interval_us=50_000)
    assert rig.session.detection_time == 300_000


def test_a_change_to_the_same_values_is_none() -> None:
    rig = Rig()
    rig.settle()

    assert rig.set_timers(desired_min_tx_us=300_000, required_min_rx_us=300_000) == []
    assert rig.set_timers() == []


def test_both_intervals_change_in_one_poll() -> None:
    rig = Rig()
    rig.settle()

    assert rig.set_timers(desired_min_tx_us=500_000, required_min_rx_us=100_000) == [PollStarted()]

    (poll,) = sent([output for _, output in rig.advance(800_000)])
    assert (poll.packet.desired_min_tx_interval_us, poll.packet.required_min_rx_interval_us) == (500_000, 100_000)


def test_detect_mult_changes_with_the_next_packet_and_without_a_poll() -> None:
    rig = Rig()
    rig.settle()

    assert rig.set_timers(detect_mult=9) == []

    (periodic,) = sent([output for _, output in rig.advance(800_000)])
    assert (periodic.packet.detect_mult, periodic.packet.poll) == (9, False)


def test_with_detect_mult_1_a_tenth_of_the_interval_is_always_kept_in_reserve() -> None:
    rig = Rig(detect_mult=1)

    assert times(rig, 1_800_000) == [0, 900_000, 1_800_000]


# ------------------------------------------------------------------ what the far end asks for


def test_the_far_end_slows_us_down_at_once() -> None:
    rig = Rig()
    rig.settle()  # the last packet left at 500 ms

    rig.hear(UP, required_min_rx_interval_us=700_000)

    assert times(rig, 1_200_000) == [1_200_000]


def test_the_far_end_speeds_us_up_at_once_counted_from_the_last_packet() -> None:
    rig = Rig()
    rig.come_up(required_min_rx_interval_us=2_000_000, detect_mult=20)  # the last packet left at 200 ms
    rig.advance(2_000_000)

    rig.hear(UP, required_min_rx_interval_us=1_900_000, detect_mult=20)
    assert times(rig, 2_100_000) == [2_100_000]

    rig.advance(3_000_000)
    rig.hear(UP, required_min_rx_interval_us=400_000, detect_mult=20)
    assert times(rig, 3_000_000) == [3_000_000]  # 0.9 s has passed: as soon as practicable


def test_a_far_end_that_wants_nothing_gets_nothing_but_answers() -> None:
    rig = Rig()
    rig.settle()

    rig.hear(UP, required_min_rx_interval_us=0, detect_mult=100)
    assert transmissions(rig.advance(10_000_000)) == []
    assert rig.session.next_deadline() == 30_600_000  # the Detection Time alone

    assert [(t.why, t.packet.final) for t in sent(rig.hear(UP, poll=True, required_min_rx_interval_us=0))] == [
        (FINAL, True)
    ]
    rig.hear(UP)
    assert times(rig, 10_000_000) == [10_000_000]


def test_a_change_of_state_is_not_told_to_a_far_end_that_wants_nothing() -> None:
    rig = Rig()
    rig.settle()

    outputs = rig.hear(DOWN, required_min_rx_interval_us=0)

    assert rig.session.state is DOWN
    assert sent(outputs) == []
    (told,) = sent(rig.hear(State.ADMIN_DOWN))
    assert (told.why, told.packet.state, told.packet.diag) == (CHANGE, DOWN, 3)


# ------------------------------------------------------------------ answers to a Poll


def test_a_final_leaves_the_transmission_timer_alone() -> None:
    rig = Rig()
    rig.settle()  # the last packet left at 500 ms
    rig.advance(700_000)

    (final,) = sent(rig.hear(UP, poll=True))

    assert (final.why, final.packet.final, final.packet.poll) == (FINAL, True, False)
    assert times(rig, 800_000) == [800_000]


def test_each_poll_has_its_final() -> None:
    rig = Rig()
    rig.settle()

    answers = [sent(rig.hear(UP, poll=True)) for _ in range(3)]

    assert [[answer.why for answer in each] for each in answers] == [[FINAL]] * 3


def test_a_final_in_the_middle_of_our_own_poll_does_not_carry_it() -> None:
    rig = Rig()
    rig.come_up()
    rig.advance(500_000)
    assert rig.session.poll.active

    (final,) = sent(rig.hear(UP, poll=True))

    assert (final.packet.final, final.packet.poll) == (True, False)
    (periodic,) = sent([output for _, output in rig.advance(800_000)])
    assert (periodic.packet.final, periodic.packet.poll) == (False, True)


def test_a_final_carries_what_the_poll_just_changed() -> None:
    rig = Rig()
    rig.advance(100_000)
    rig.hear(DOWN)

    outputs = rig.hear(INIT, poll=True)

    (final,) = sent(outputs)
    assert (final.why, final.packet.state, final.packet.desired_min_tx_interval_us) == (FINAL, UP, 300_000)
    assert PollStarted() in outputs


# ------------------------------------------------------------------ Demand mode of the far end


def test_demand_mode_of_the_far_end_silences_us_but_for_polls() -> None:
    rig = Rig()
    rig.settle()

    rig.hear(UP, demand=True, detect_mult=255)
    assert transmissions(rig.advance(10_000_000)) == []

    rig.set_timers(desired_min_tx_us=400_000)
    polls = rig.advance(10_300_000)
    assert transmissions(polls) == [(10_000_000, PERIODIC, UP), (10_300_000, PERIODIC, UP)]
    assert all(transmit.packet.poll for transmit in sent([output for _, output in polls]))

    rig.hear(UP, demand=True, final=True, detect_mult=255)
    assert transmissions(rig.advance(20_000_000)) == []

    rig.hear(UP)
    assert times(rig, 20_000_000) == [20_000_000]


def test_a_demand_bit_means_nothing_before_both_are_up() -> None:
    rig = Rig(desired_min_tx_us=1_000_000)  # so that nothing is polled for
    rig.advance(100_000)
    rig.hear(DOWN, demand=True, detect_mult=255)
    assert times(rig, 1_100_000) == [1_100_000]

    rig.hear(INIT, demand=True, detect_mult=255)  # we are Up, the far end is not
    assert times(rig, 2_100_000) == [2_100_000]

    rig.hear(UP, demand=True, detect_mult=255)
    assert times(rig, 10_000_000) == []
