"""The Echo function of one session (RFC 5880 sections 6.4, 6.8.3, 6.8.5, 6.8.8, 6.8.9, 6.8.13, 6.8.16)."""

import itertools
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from session_rig import LOCAL_DISCR, SHORTEST, Rig, moves, sent

from refimpl.core.constants import State
from refimpl.core.echo import EchoPacket, EchoStream
from refimpl.core.outputs import Discarded, Output, TransmitEcho
from refimpl.core.session import Session
from refimpl.profiles.rfc5883 import MULTI_HOP

WILLING = {"required_min_echo_rx_interval_us": 50_000}


def echo_rig(**config: object) -> Rig:
    """Settled at 600 ms; sends Echo packets every 50 ms as soon as the far end is willing."""
    rig = Rig(**({"desired_min_echo_tx_us": 50_000} | config))
    rig.settle()
    return rig


def echoes(log: list[tuple[int, Output]]) -> list[tuple[int, EchoPacket]]:
    return [(time, output.packet) for time, output in log if isinstance(output, TransmitEcho)]


def answer(rig: Rig, until: int) -> list[tuple[int, EchoPacket]]:
    """Let time pass and have every Echo packet come back at once."""
    found = []
    while (deadline := rig.session.next_deadline()) is not None and deadline <= until:
        for time, packet in echoes(rig.advance(max(deadline, rig.now))):
            found.append((time, packet))
            assert rig.session.receive_echo(packet, rig.now) == []
    rig.advance(until)
    return found


def test_none_before_the_far_end_is_willing_and_one_at_once_when_it_is() -> None:
    rig = echo_rig()
    assert echoes(rig.advance(650_000)) == []
    rig.hear(State.UP, **WILLING)
    ((time, packet),) = echoes(rig.advance(651_000))
    assert (time, packet.discriminator) == (650_000, LOCAL_DISCR)


def test_none_unless_wanted() -> None:
    rig = Rig()
    rig.settle()
    rig.hear(State.UP, **WILLING)
    assert echoes(rig.advance(1_200_000)) == []


@pytest.mark.parametrize("remote_us", [20_000, 50_000, 200_000])
def test_the_slower_of_wish_and_permission_is_the_interval(remote_us: int) -> None:
    rig = echo_rig()
    rig.hear(State.UP, required_min_echo_rx_interval_us=remote_us)
    times = [time for time, _ in answer(rig, 1_300_000)]
    assert {later - earlier for earlier, later in itertools.pairwise(times)} == {max(50_000, remote_us)}


def test_jitter_leaves_three_quarters() -> None:
    rig = echo_rig(draw=SHORTEST)
    rig.hear(State.UP, **WILLING)
    times = [time for time, _ in answer(rig, 900_000)]
    assert {later - earlier for earlier, later in itertools.pairwise(times)} == {37_500}


def test_zero_ends_it_at_once() -> None:
    rig = echo_rig()
    rig.hear(State.UP, **WILLING)
    answer(rig, 700_000)
    rig.hear(State.UP)
    assert echoes(rig.advance(1_400_000)) == []
    assert rig.session.state is State.UP, "nothing is waited for any more"


def test_on_and_off_does_not_shorten_the_interval() -> None:
    rig = echo_rig()
    rig.hear(State.UP, **WILLING)
    rig.advance(600_000)
    rig.hear(State.UP)
    rig.hear(State.UP, **WILLING)
    assert [time for time, _ in echoes(rig.advance(650_000))] == [650_000]


def test_as_many_missing_ones_as_detect_mult_bring_it_down() -> None:
    rig = echo_rig()
    rig.hear(State.UP, **WILLING)
    log = rig.advance(750_000)
    assert [time for time, _ in echoes(log)] == [600_000, 650_000, 700_000]
    assert moves([output for _, output in log]) == [(State.UP, State.DOWN, 2)]
    last = sent([output for _, output in log])[-1].packet
    assert (last.state, last.diag, last.desired_min_tx_interval_us) == (State.DOWN, 2, 1_000_000)
    assert echoes(rig.advance(900_000)) == []


def test_one_that_comes_back_makes_up_for_those_before_it() -> None:
    rig = echo_rig()
    rig.hear(State.UP, **WILLING)
    first, second = (packet for _, packet in echoes(rig.advance(690_000)))
    assert rig.session.receive_echo(second, 690_000) == []
    assert [type(each) for each in rig.session.receive_echo(first, 690_000)] == [Discarded], "overtaken"
    rig.advance(790_000)
    assert rig.session.state is State.UP


def test_a_copy_a_guess_and_an_old_one_are_nothing() -> None:
    rig = echo_rig()
    rig.hear(State.UP, **WILLING)
    ((_, packet),) = echoes(rig.advance(600_000))
    guess = replace(packet, token=packet.token ^ 1)
    assert [type(each) for each in rig.session.receive_echo(guess, 600_000)] == [Discarded]
    assert rig.session.receive_echo(packet, 600_000) == []
    assert [type(each) for each in rig.session.receive_echo(packet, 600_000)] == [Discarded]
    assert str(packet.token) not in repr(packet)


def test_a_late_timer_or_another_interval_is_no_loss() -> None:
    rig = echo_rig()
    rig.hear(State.UP, required_min_echo_rx_interval_us=400_000)
    ((_, packet),) = echoes(rig.advance(600_000))
    rig.session.receive_echo(packet, 600_000)
    rig.now = 1_300_000
    rig.hear(State.UP, **WILLING)
    assert len(echoes(rig.advance(1_300_000))) == 1
    assert rig.session.state is State.UP


def test_required_min_rx_is_a_second_while_active_with_a_poll_each_way() -> None:
    rig = echo_rig()
    v = rig.session.variables
    rig.hear(State.UP, **WILLING)
    assert (v.required_min_rx_interval_us, rig.session.poll.active) == (1_000_000, True)
    answer(rig, 1_000_000)
    rig.hear(State.UP, final=True, **WILLING)
    rig.hear(State.UP, **WILLING)
    rig.hear(State.UP)
    assert (v.required_min_rx_interval_us, rig.session.poll.active) == (300_000, True)


def test_admin_down_ends_it() -> None:
    rig = echo_rig()
    rig.hear(State.UP, **WILLING)
    rig.advance(600_000)
    rig.disable()
    assert echoes(rig.advance(2_000_000)) == []


def test_looping_back_is_announced_and_switched() -> None:
    rig = Rig(required_min_echo_rx_us=70_000)
    rig.settle()
    assert rig.session.loops_echo
    assert sent(rig.hear(State.UP, poll=True))[0].packet.required_min_echo_rx_interval_us == 70_000
    rig.note(rig.session.set_echo(rig.now, required_min_echo_rx_us=0))
    assert not rig.session.loops_echo
    assert sent(rig.hear(State.UP, poll=True))[0].packet.required_min_echo_rx_interval_us == 0


def test_never_over_several_hops() -> None:
    config = replace(Rig().session.config, required_min_echo_rx_us=1, desired_min_echo_tx_us=1)
    session = Session(config, MULTI_HOP, local_discr=1, rng=Random(1), now=0)
    assert not session.loops_echo
    assert session.variables.desired_min_echo_tx_interval_us == 0
    with pytest.raises(ValueError, match="no Echo function in a session of type multi_hop"):
        session.set_echo(0, desired_min_echo_tx_us=1)


def test_an_engine_has_to_ask_while_it_is_active() -> None:
    rig = echo_rig()
    assert rig.session.steady() is not None
    rig.hear(State.UP, **WILLING)
    rig.advance(600_000)
    rig.hear(State.UP, final=True, **WILLING)
    rig.hear(State.UP, **WILLING)
    assert rig.session.steady() is None


@given(st.lists(st.one_of(st.none(), st.integers(0, 30)), max_size=60))
def test_what_is_missing_is_what_was_sent_since_the_youngest_return(script: list[int | None]) -> None:
    """None sends a packet, a number has that one come back, again and again perhaps."""
    stream, packets, youngest = EchoStream(7, Random(1)), list[EchoPacket](), -1
    for step in script:
        if step is None:
            packets.append(stream.send(0))
        elif step < len(packets):
            assert stream.came_back(packets[step]) == (step > youngest)
            youngest = max(youngest, step)
        assert stream.missing == len(packets) - 1 - youngest
