"""How a session falls, forgets, is held down and tells about it (RFC 5880 sections 6.1, 6.8.1, 6.8.4, 6.8.6, 6.8.7,
6.8.16, 6.8.18)."""

import pytest
from session_rig import LONGEST, REMOTE_DISCR, SHORTEST, Rig, moves, sent, transmissions

from refimpl.core.constants import Diag, State
from refimpl.core.outputs import Discarded, DiscardReason, Output, RemoteForgotten, StateChanged, Why

PERIODIC, FINAL, CHANGE = Why.PERIODIC, Why.FINAL, Why.CHANGE
ADMIN, DOWN, INIT, UP = State.ADMIN_DOWN, State.DOWN, State.INIT, State.UP


def changes(outputs: list[Output]) -> list[tuple[Why, State, int]]:
    return [(t.why, State(t.packet.state), t.packet.diag) for t in sent(outputs)]


# ------------------------------------------------------------------ telling a change


def test_each_change_of_state_is_told_at_once_and_once() -> None:
    rig = Rig()
    rig.advance(100_000)

    assert changes(rig.hear(DOWN)) == [(CHANGE, INIT, 0)]
    assert changes(rig.hear(DOWN)) == []
    assert changes(rig.hear(INIT)) == [(CHANGE, UP, 0)]
    assert changes(rig.hear(UP)) == []
    assert changes(rig.hear(DOWN)) == [(CHANGE, DOWN, 3)]


def test_a_final_that_told_the_change_is_not_followed_by_another_packet() -> None:
    rig = Rig(desired_min_tx_us=1_000_000)
    rig.advance(100_000)

    assert changes(rig.hear(DOWN, poll=True)) == [(FINAL, INIT, 0)]
    assert changes(rig.hear(INIT, poll=True, detect_mult=255)) == [(FINAL, UP, 0)]
    assert transmissions(rig.advance(1_000_000))[0] == (1_000_000, PERIODIC, UP)  # the schedule of time 0 goes on


def test_the_packet_that_tells_restarts_the_schedule() -> None:
    rig = Rig()
    rig.advance(100_000)
    rig.hear(DOWN, detect_mult=255)

    assert transmissions(rig.advance(1_100_000)) == [(1_100_000, PERIODIC, INIT)]


def test_a_session_that_never_sent_has_nothing_to_correct() -> None:
    rig = Rig()

    assert changes(rig.hear(DOWN)) == []
    assert transmissions(rig.advance(0)) == [(0, PERIODIC, INIT)]


def test_a_new_diagnostic_is_told_as_well() -> None:
    rig = Rig()
    rig.advance(100_000)
    rig.disable()

    assert changes(rig.session.disable(rig.now, Diag.PATH_DOWN)) == [(CHANGE, ADMIN, 5)]
    assert changes(rig.session.disable(rig.now, Diag.PATH_DOWN)) == []


@pytest.mark.parametrize("state", [ADMIN, DOWN])
def test_a_neighbour_that_goes_down_takes_us_along(state: State) -> None:
    rig = Rig()
    rig.settle()

    outputs = rig.hear(state)

    assert outputs[0] == StateChanged(UP, DOWN, 3, f"received {state.label}", "6.8.6")
    assert changes(outputs) == [(CHANGE, DOWN, 3)]


def test_a_session_that_fell_stays_down_while_the_far_end_believes_itself_up() -> None:
    rig = Rig()
    rig.settle()
    rig.advance(1_500_000)
    assert rig.session.state is DOWN

    assert moves(rig.hear(UP)) == []
    assert moves(rig.hear(DOWN)) == [(DOWN, INIT, 1)]
    assert moves(rig.hear(UP)) == [(INIT, UP, 1)]


# ------------------------------------------------------------------ the Detection Time


@pytest.mark.parametrize("draw", [SHORTEST, LONGEST])
def test_up_ends_exactly_one_detection_time_after_the_last_packet(draw: float) -> None:
    rig = Rig(draw=draw)
    rig.settle()  # last reception at 600 ms; 3 x 300 ms

    rig.advance(1_499_999)
    assert rig.session.state is UP
    log = rig.advance(1_500_000)

    assert [o for _, o in log if isinstance(o, StateChanged)] == [
        StateChanged(UP, DOWN, 1, "Detection Time expired", "6.8.4")
    ]
    assert [(s, d) for _, s, d in changes([o for _, o in log])][-1] == (DOWN, 1)
    assert rig.session.variables.local_diag == 1


def test_init_ends_after_a_detection_time_too() -> None:
    rig = Rig()
    rig.advance(100_000)
    rig.hear(DOWN)

    rig.advance(999_999)
    assert rig.session.state is INIT
    log = rig.advance(1_000_000)

    assert rig.session.state is DOWN
    assert transmissions(log) == [(1_000_000, CHANGE, DOWN)]
    (told,) = sent([o for _, o in log])
    assert (told.packet.diag, told.packet.your_discriminator) == (1, 0)


def test_every_received_packet_gives_another_detection_time() -> None:
    rig = Rig()
    rig.settle()
    for time in range(1_400_000, 9_000_000, 800_000):
        rig.advance(time)
        rig.hear(UP)

    assert rig.session.state is UP


def test_a_discarded_packet_gives_no_time() -> None:
    rig = Rig()
    rig.settle()
    rig.advance(1_400_000)

    rig.hear(UP, authentication_present=True)
    rig.advance(1_500_000)

    assert rig.session.state is DOWN


def test_the_far_ends_new_detect_mult_and_interval_count_from_its_packet() -> None:
    rig = Rig()
    rig.settle()

    rig.hear(UP, detect_mult=2, desired_min_tx_interval_us=400_000)

    assert rig.session.detection_time == 800_000
    rig.advance(1_399_999)
    assert rig.session.state is UP
    rig.advance(1_400_000)
    assert rig.session.state is DOWN


def test_a_packet_after_the_detection_time_is_late_even_if_no_timer_ran_in_between() -> None:
    rig = Rig()
    rig.settle()
    rig.now = 1_500_000

    outputs = rig.hear(UP)

    assert moves(outputs) == [(UP, DOWN, 1)]
    assert rig.session.state is DOWN


# ------------------------------------------------------------------ forgetting


def test_a_silent_remote_system_is_forgotten_after_a_detection_time_in_down() -> None:
    rig = Rig()
    rig.advance(100_000)
    rig.hear(UP, required_min_rx_interval_us=0)  # leaves us Down, and silent
    v = rig.session.variables
    assert (v.remote_discr, v.remote_min_rx_interval_us) == (REMOTE_DISCR, 0)

    assert rig.advance(999_999) == []
    log = rig.advance(1_000_000)

    assert (1_000_000, RemoteForgotten()) in log
    assert transmissions(log) == [(1_000_000, PERIODIC, DOWN)]  # free to send again
    assert (v.remote_discr, v.remote_min_rx_interval_us) == (0, 1)
    assert RemoteForgotten() not in [o for _, o in rig.advance(5_000_000)]


def test_expiry_forgets_the_remote_system_in_the_same_moment() -> None:
    rig = Rig()
    rig.settle()

    log = rig.advance(1_500_000)

    assert [time for time, o in log if o == RemoteForgotten()] == [1_500_000]
    (told,) = [t for t in sent([o for _, o in log]) if t.packet.state == DOWN]
    assert told.packet.your_discriminator == 0


def test_what_the_operator_set_survives_the_fall() -> None:
    rig = Rig(desired_min_tx_us=200_000, required_min_rx_us=250_000, detect_mult=5)
    rig.settle()
    rig.advance(5_000_000)

    rig.hear(DOWN)
    rig.hear(INIT)
    rig.advance(6_000_000)

    assert rig.session.variables.required_min_rx_interval_us == 250_000
    assert rig.session.variables.detect_mult == 5


# ------------------------------------------------------------------ AdminDown (6.8.16)


def test_a_disabled_session_says_so_at_once_and_goes_on_saying_it_slowly() -> None:
    rig = Rig()
    rig.settle()

    outputs = rig.disable()

    assert moves(outputs) == [(UP, ADMIN, 7)]
    assert changes(outputs) == [(CHANGE, ADMIN, 7)]
    assert sent(outputs)[0].packet.desired_min_tx_interval_us == 1_000_000
    assert transmissions(rig.advance(2_600_000)) == [(1_600_000, PERIODIC, ADMIN), (2_600_000, PERIODIC, ADMIN)]


def test_the_diagnostic_of_a_disabled_session_is_the_operators() -> None:
    rig = Rig()
    rig.settle()

    outputs = rig.session.disable(rig.now, Diag.PATH_DOWN)

    assert changes(outputs) == [(CHANGE, ADMIN, 5)]


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("poll", [False, True])
def test_a_disabled_session_discards_but_learns(state: State, poll: bool) -> None:
    rig = Rig()
    rig.advance(0)
    rig.disable()
    rig.advance(500_000)

    outputs = rig.hear(state, poll=poll, required_min_rx_interval_us=2_000_000)

    # 6.8.6 discards before it comes to the Poll bit.
    assert outputs == [Discarded(DiscardReason.ADMIN_DOWN, "6.8.6")]
    assert rig.session.state is ADMIN
    assert rig.session.variables.remote_discr == REMOTE_DISCR
    assert transmissions(rig.advance(1_399_999)) == []
    assert (rig.session.counters.received, rig.session.counters.discarded) == (0, 1)


def test_a_disabled_session_forgets_a_silent_remote_system_and_nothing_expires() -> None:
    rig = Rig()
    rig.settle()
    rig.disable()
    rig.advance(1_000_000)
    rig.hear(DOWN)

    log = rig.advance(1_900_000)

    assert [time for time, o in log if o == RemoteForgotten()] == [1_900_000]
    assert [o for _, o in log if isinstance(o, StateChanged)] == []


def test_an_enabled_session_starts_from_down_and_keeps_its_diagnostic() -> None:
    rig = Rig()
    rig.settle()
    rig.disable()
    rig.advance(1_000_000)

    outputs = rig.enable()

    assert moves(outputs) == [(ADMIN, DOWN, 7)]
    assert changes(outputs) == [(CHANGE, DOWN, 7)]
    assert changes(rig.enable()) == []
    assert moves(rig.hear(DOWN)) == [(DOWN, INIT, 7)]


def test_packets_from_before_admin_down_do_not_expire_a_session_that_starts_anew() -> None:
    rig = Rig()
    rig.settle()
    rig.disable()
    rig.advance(60_000_000)
    rig.enable()
    rig.advance(60_100_000)
    rig.hear(DOWN)

    rig.advance(60_200_000)

    assert rig.session.state is INIT


# ------------------------------------------------------------------ the Passive role (6.1, 6.8.7)


def test_the_passive_role_waits_for_the_other_to_speak() -> None:
    rig = Rig(passive=True)

    assert rig.session.next_deadline() is None
    assert rig.session.on_timer(50_000_000) == []
    rig.now = 50_000_000

    rig.hear(DOWN, detect_mult=255)

    assert transmissions(rig.advance(50_000_000)) == [(50_000_000, PERIODIC, INIT)]
    assert transmissions(rig.advance(51_000_000)) == [(51_000_000, PERIODIC, INIT)]


def test_the_passive_role_answers_a_poll_in_the_first_packet() -> None:
    rig = Rig(passive=True)

    assert changes(rig.hear(DOWN, poll=True)) == [(FINAL, INIT, 0)]


def test_the_passive_role_falls_silent_with_a_forgotten_remote_system() -> None:
    rig = Rig(passive=True)
    rig.hear(DOWN)

    log = rig.advance(20_000_000)

    assert moves([o for _, o in log]) == [(INIT, DOWN, 1)]
    assert transmissions(log) == [(0, PERIODIC, INIT)]
    assert rig.session.next_deadline() is None


# ------------------------------------------------------------------ who calls when


def test_a_late_call_delays_one_packet_and_not_those_after_it() -> None:
    rig = Rig()
    rig.advance(0)
    rig.now = 1_250_000

    rig.note(rig.session.on_timer(rig.now))

    assert transmissions(rig.advance(3_250_000)) == [(2_250_000, PERIODIC, DOWN), (3_250_000, PERIODIC, DOWN)]


def test_a_call_before_the_deadline_does_nothing() -> None:
    rig = Rig()
    rig.settle()
    deadline = rig.session.next_deadline()
    assert deadline == 800_000

    assert rig.session.on_timer(deadline - 1) == []
    assert rig.session.next_deadline() == deadline


def test_counters_count_packets() -> None:
    rig = Rig()
    rig.settle()
    counters = rig.session.counters
    heard, said = counters.received, counters.transmitted
    assert (heard, said) == (4, 4)

    rig.hear(UP, poll=True)
    rig.hear(UP, authentication_present=True)

    assert (counters.received, counters.transmitted, counters.discarded) == (heard + 1, said + 1, 1)
