"""Demand mode (RFC 5880 sections 6.6, 6.8.4, 6.8.7): the D bit, silence, Polls about what is new."""

import pytest
from session_rig import Rig, moves, packet, sent, transmissions

from refimpl.core import demand
from refimpl.core.constants import State
from refimpl.core.outputs import Output, Transmit, Why
from refimpl.core.packet import ControlPacket
from refimpl.core.poll import PollSequence
from refimpl.core.variables import StateVariables

DOWN, INIT, UP, ADMIN = State.DOWN, State.INIT, State.UP, State.ADMIN_DOWN


class DemandRig(Rig):
    """A rig with Demand mode's two commands. Settled at 600 ms, its far end silent but for what a test says."""

    def ask(self, enabled: bool = True) -> list[Output]:
        return self.note(self.session.set_demand(self.now, enabled))

    def verify(self) -> list[Output]:
        return self.note(self.session.verify(self.now))

    def answer(self, **changes: object) -> list[Output]:
        return self.hear(UP, final=True, **changes)

    def packets(self, to: int) -> list[tuple[int, ControlPacket]]:
        """(time, packet) of everything sent until `to`."""
        return [(time, output.packet) for time, output in self.advance(to) if isinstance(output, Transmit)]


def in_demand_mode(*, far_end: bool = False, **config: object) -> DemandRig:
    """Up, the D bit announced by the packet of 800 ms and acknowledged at once; `far_end` is in Demand mode, too."""
    rig = DemandRig(**config)  # type: ignore[arg-type]
    rig.settle()
    rig.ask()
    rig.advance(800_000)
    rig.answer(demand=far_end)
    assert rig.session.poll.idle
    assert rig.session.variables.demand_active
    return rig


# ------------------------------------------------------------------ the D bit


def test_the_bit_comes_with_a_poll_and_stays() -> None:
    rig = DemandRig()
    rig.settle()

    rig.ask()
    said = rig.packets(1_400_000)

    assert [time for time, _ in said] == [800_000, 1_100_000, 1_400_000]
    assert all(p.demand and p.poll for _, p in said)
    rig.answer()
    assert [(p.demand, p.poll) for _, p in rig.packets(2_000_000)] == [(True, False), (True, False)]


def test_asked_for_from_the_beginning_it_waits_for_both_ends_and_for_the_poll_about_the_rate() -> None:
    rig = DemandRig(demand=True)
    rig.come_up()
    rig.advance(500_000)
    rig.answer()
    rig.advance(600_000)
    rig.hear(UP)

    rig.advance(800_000)

    said = [(o.packet.state, o.packet.demand, o.packet.poll) for _, o in rig.log if isinstance(o, Transmit)]
    assert said == [
        (DOWN, False, False),
        (INIT, False, False),
        (UP, False, False),
        (UP, False, True),
        (UP, True, True),
    ]


def test_without_another_poll_it_comes_with_the_first_packet_that_may_have_it() -> None:
    rig = DemandRig(demand=True, desired_min_tx_us=1_000_000)
    rig.come_up()
    rig.hear(INIT)
    assert not rig.session.variables.demand_active

    rig.hear(UP)

    assert [(p.demand, p.poll) for _, p in rig.packets(1_200_000)] == [(True, True)]


@pytest.mark.parametrize("state", [DOWN, INIT, ADMIN])
def test_the_bit_is_cleared_at_once_when_the_far_end_is_not_up(state: State) -> None:
    rig = in_demand_mode()

    rig.hear(state)

    assert not rig.session.variables.demand_active
    assert {p.demand for _, p in rig.packets(3_000_000)} == {False}
    assert rig.session.poll.active


def test_cleared_by_the_operator_it_goes_with_a_poll() -> None:
    rig = in_demand_mode()

    rig.ask(False)

    assert [(p.demand, p.poll) for _, p in rig.packets(1_100_000)] == [(False, True)]


def test_a_change_waits_for_the_poll_that_is_under_way() -> None:
    rig = in_demand_mode()
    rig.set_timers(required_min_rx_us=400_000)
    rig.advance(1_100_000)

    rig.ask(False)
    rig.set_timers(detect_mult=7)

    ((_, waiting),) = rig.packets(1_400_000)
    assert (waiting.demand, waiting.detect_mult, waiting.poll) == (True, 3, True)
    rig.answer()
    rig.advance(1_700_000)
    ((_, told),) = rig.packets(2_000_000)
    assert (told.demand, told.detect_mult, told.poll) == (False, 7, True)


# ------------------------------------------------------------------ silence


def test_without_a_poll_silence_means_nothing() -> None:
    rig = in_demand_mode(far_end=True)

    assert rig.advance(60_000_000_000) == []
    assert rig.session.state is UP
    assert rig.session.next_deadline() is None


def test_a_poll_that_is_not_answered_is_repeated_and_fails_after_the_demand_detection_time() -> None:
    rig = in_demand_mode(far_end=True)
    rig.advance(10_000_000)

    rig.verify()
    log = rig.advance(12_000_000)

    polls = [(time, o.packet.poll) for time, o in log if isinstance(o, Transmit) and o.packet.state == UP]
    assert polls == [(10_000_000, True), (10_300_000, True), (10_600_000, True)]
    assert moves([o for _, o in log]) == [(UP, DOWN, 1)]
    assert [time for time, o in log if moves([o])] == [10_900_000]


@pytest.mark.parametrize(
    ("config", "far", "detection_us"),
    [
        ({"detect_mult": 2}, {"detect_mult": 9}, 600_000),
        ({"detect_mult": 2}, {"required_min_rx_interval_us": 500_000}, 1_000_000),
        ({"detect_mult": 2}, {"desired_min_tx_interval_us": 900_000}, 600_000),
        ({"detect_mult": 5, "required_min_rx_us": 800_000}, {}, 1_500_000),
    ],
)
def test_the_detection_time_is_made_of_what_the_local_system_sends(
    config: dict[str, int], far: dict[str, object], detection_us: int
) -> None:
    rig = in_demand_mode(far_end=True, draw=0.0, **config)
    rig.hear(UP, demand=True, **far)

    assert rig.session.detection_time == detection_us
    rig.advance(10_000_000)
    rig.verify()
    assert [time for time, o in rig.advance(13_000_000) if moves([o])] == [10_000_000 + detection_us]


def test_packets_that_answer_nothing_do_not_hold_off_the_expiry() -> None:
    rig = in_demand_mode(far_end=True)
    rig.verify()
    rig.advance(1_500_000)  # the first Poll left at 1.1 s

    rig.hear(UP, demand=True)

    assert [time for time, o in rig.advance(3_000_000) if moves([o])] == [2_000_000]


def test_an_answer_ends_the_poll_and_silence_means_nothing_again() -> None:
    rig = in_demand_mode(far_end=True)
    rig.verify()
    rig.advance(1_200_000)

    rig.answer(demand=True)

    assert rig.advance(60_000_000) == []
    assert rig.session.state is UP


def test_a_far_end_that_has_to_be_told_of_the_end_is_not_failed_for_its_silence() -> None:
    rig = in_demand_mode()
    rig.advance(10_000_000)

    rig.ask(False)

    first = rig.packets(10_300_000)[-1][0]
    assert rig.session.state is UP
    assert [time for time, o in rig.advance(12_000_000) if moves([o])] == [first + 900_000]


def test_once_told_the_far_end_has_to_be_heard_again() -> None:
    rig = in_demand_mode()
    rig.advance(10_000_000)
    rig.ask(False)
    rig.advance(10_300_000)
    rig.answer()

    assert [time for time, o in rig.advance(12_000_000) if moves([o])] == [11_200_000]


def test_disabling_after_a_long_silence_still_names_the_far_end() -> None:
    rig = in_demand_mode(far_end=True)
    rig.advance(60_000_000)

    rig.disable()

    assert all(p.your_discriminator != 0 for _, p in rig.packets(60_500_000))
    assert all(o.packet.your_discriminator != 0 for o in sent([o for t, o in rig.log if t == 60_000_000]))


# ------------------------------------------------------------------ verification


def test_only_an_up_session_can_be_verified() -> None:
    rig = DemandRig()

    with pytest.raises(ValueError, match="the session is Down; only one that is Up can be verified"):
        rig.verify()


def test_a_poll_under_way_verifies_already() -> None:
    rig = in_demand_mode(far_end=True)
    rig.verify()
    rig.verify()
    rig.advance(1_200_000)
    rig.answer(demand=True)

    assert rig.advance(5_000_000) == []


# ------------------------------------------------------------------ contents that change


@pytest.mark.parametrize("mine", [False, True])
@pytest.mark.parametrize("theirs", [False, True])
def test_a_changed_detect_mult_is_polled_about_where_demand_mode_is_active(mine: bool, theirs: bool) -> None:
    rig = DemandRig()
    rig.settle()
    rig.ask(mine)
    rig.advance(800_000)
    rig.hear(UP, final=mine, demand=theirs)
    assert rig.session.poll.idle

    rig.set_timers(detect_mult=7)
    said = [p for _, p in rig.packets(1_100_000)]

    assert [(p.detect_mult, p.poll) for p in said] == [(7, mine or theirs)]
    rig.answer(demand=theirs)
    assert [p.poll for _, p in rig.packets(1_900_000)] == ([] if theirs else [False, False])


def test_a_diagnostic_is_told_by_a_poll_where_the_far_end_wants_no_other_packets() -> None:
    rig = DemandRig()
    rig.settle()
    rig.hear(UP, demand=True)
    rig.advance(1_400_000)
    rig.session.variables.local_diag = 6

    rig.note(rig.session.on_timer(rig.now))
    rig.advance(1_400_000)

    assert [(time, why) for time, why, _ in transmissions(rig.log)][-1] == (1_400_000, Why.PERIODIC)
    assert rig.session.poll.asked


def test_what_was_told_before_the_far_end_asked_needs_no_poll() -> None:
    rig = DemandRig()
    rig.settle()
    rig.set_timers(detect_mult=7)
    rig.advance(800_000)

    rig.hear(UP, demand=True)

    assert rig.advance(1_600_000) == []


@pytest.mark.parametrize(
    ("change", "differ"),
    [
        ({}, False),
        ({"poll": True}, False),
        ({"final": True}, False),
        ({"demand": True}, True),
        ({"diag": 6}, True),
        ({"detect_mult": 4}, True),
        ({"required_min_echo_rx_interval_us": 1}, True),
    ],
)
def test_contents_are_all_but_poll_and_final(change: dict[str, object], differ: bool) -> None:
    assert demand.contents_differ(packet(UP), packet(UP, **change)) is differ


# ------------------------------------------------------------------ two Polls apart


def test_in_demand_mode_a_round_trip_tells_two_polls_apart_and_no_packet_does() -> None:
    poll = PollSequence()
    poll.start()
    poll.transmitted(1_000)
    poll.transmitted(5_000)

    assert poll.received(7_000, final=True, demand=True)
    assert not poll.received(8_000, final=False, demand=True)
    poll.settle(10_999)
    assert not poll.idle  # the round trip took 6 ms at most, and the second Poll left at 5 ms

    poll.settle(11_000)
    assert poll.idle


def test_a_single_poll_is_settled_by_its_final() -> None:
    poll = PollSequence()
    poll.start()
    poll.transmitted(1_000)

    assert poll.received(7_000, final=True, demand=True)
    assert poll.idle


def test_the_session_comes_back_for_a_change_that_waits_for_a_round_trip() -> None:
    rig = in_demand_mode(far_end=True)
    rig.verify()
    rig.advance(1_450_000)  # Polls left at 1.1 and 1.4 s
    rig.answer(demand=True)
    rig.set_timers(detect_mult=7)
    assert not rig.session.poll.idle

    assert [(p.detect_mult, p.poll) for _, p in rig.packets(1_749_999)] == []
    assert [(p.detect_mult, p.poll) for _, p in rig.packets(1_750_000)] == [(7, True)]


# ------------------------------------------------------------------ what an engine is told


def test_nothing_is_steady_in_demand_mode() -> None:
    rig = in_demand_mode()
    assert rig.session.steady() is None

    rig.ask(False)
    rig.advance(1_100_000)
    rig.answer()
    rig.hear(UP)

    steady = rig.session.steady()
    assert steady is not None
    assert steady.detection_time_us == 900_000


def test_the_mode_is_active_only_while_both_are_up() -> None:
    v = StateVariables(1, 1, 1, 3, 1, 1, demand_mode=True, remote_demand_mode=True)
    for local in State:
        for remote in State:
            v.session_state, v.remote_session_state = local, remote
            both = local is UP and remote is UP
            assert (v.demand_active, v.remote_demand_active, demand.in_use(v)) == (both, both, both)
            assert demand.may_be_active(v) is both
