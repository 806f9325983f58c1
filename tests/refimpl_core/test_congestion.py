"""Congestion control (RFC 5880 section 7): the backoff alone, then in a session, where 6.8.3 rules the change."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from session_rig import LOCAL, LOCAL_DISCR, PEER, Rig, meta, packet, sent, transmissions

from refimpl.core.congestion import LONGEST_US, Backoff
from refimpl.core.constants import PORT_MULTI_HOP, State
from refimpl.core.outputs import Output, PollStarted, Slowed, StateChanged
from refimpl.core.profile import SessionConfig
from refimpl.core.session import Session
from refimpl.profiles.rfc5883 import MULTI_HOP

DOWN, INIT, UP = State.DOWN, State.INIT, State.UP
SECOND = 1_000_000


def test_each_sign_doubles_and_each_quiet_while_halves() -> None:
    backoff = Backoff()
    assert [backoff.sign(at * SECOND) for at in (0, 5, 10)] == [True, True, True]
    assert backoff.factor == 8

    assert not backoff.relieve(40 * SECOND - 1)
    assert backoff.relieve(40 * SECOND)
    assert (backoff.factor, backoff.deadline()) == (4, 70 * SECOND)


def test_a_burst_of_signs_is_one_sign() -> None:
    backoff = Backoff()

    assert [backoff.sign(at) for at in (0, 1, 2_999_999, 3_000_000)] == [True, False, False, True]


def test_there_is_an_end_to_it_and_it_lasts_as_long_as_the_signs() -> None:
    backoff = Backoff()
    for at in range(0, 100, 5):
        backoff.sign(at * SECOND)

    assert (backoff.factor, backoff.deadline()) == (16, 125 * SECOND)


def test_the_end_can_be_told() -> None:
    backoff = Backoff()
    assert not backoff.end()
    backoff.sign(0)
    assert backoff.end()
    assert (backoff.factor, backoff.deadline()) == (1, None)
    assert backoff.sign(1)


@given(st.lists(st.tuples(st.integers(0, 40 * SECOND), st.booleans())), st.integers(0, LONGEST_US))
def test_whatever_happens_it_ends_and_never_hastens(history: list[tuple[int, bool]], interval: int) -> None:
    backoff, now = Backoff(), 0
    for later, sign in history:
        now += later
        backoff.sign(now) if sign else backoff.relieve(now)
        assert interval <= backoff.slowed(interval) <= LONGEST_US
        assert backoff.slowed(0) == 0
    for _ in range(backoff.greatest_level):
        now += backoff.relief_us
        backoff.relieve(now)
    assert (backoff.factor, backoff.deadline(), backoff.slowed(interval)) == (1, None, interval)


# ------------------------------------------------------------------ in a session


def settled() -> Rig:
    rig = Rig(required_min_rx_us=200_000)
    rig.settle()
    return rig


def test_both_intervals_are_announced_with_a_poll_and_the_rate_falls_after_the_final() -> None:
    rig = settled()

    outputs = rig.note(rig.session.congested(rig.now))
    assert outputs == [Slowed(2), PollStarted()]
    asked = sent([output for _, output in rig.advance(800_000)])[0].packet
    assert asked.poll
    assert (asked.desired_min_tx_interval_us, asked.required_min_rx_interval_us) == (600_000, 400_000)
    assert rig.session.transmit_interval == 300_000

    rig.hear(UP, final=True)
    assert (rig.session.transmit_interval, rig.session.detection_time) == (600_000, 1_200_000)


def test_it_recovers_by_itself() -> None:
    rig = settled()
    rig.note(rig.session.congested(rig.now))
    began = rig.now
    while rig.now < began + 31 * SECOND:
        rig.advance(rig.now + 200_000)
        polled = any(t.packet.poll for t in sent([output for at, output in rig.log if at > rig.now - 200_000]))
        rig.hear(UP, final=polled)

    assert [(at, output) for at, output in rig.log if isinstance(output, Slowed)] == [
        (began, Slowed(2)),
        (began + 30 * SECOND, Slowed(1)),
    ]
    v = rig.session.variables
    assert (v.desired_min_tx_interval_us, v.required_min_rx_interval_us) == (300_000, 200_000)
    assert rig.session.transmit_interval == 300_000


def test_its_end_can_be_told() -> None:
    rig = settled()
    rig.note(rig.session.congested(rig.now))
    rig.advance(900_000)
    rig.hear(UP, final=True)
    rig.hear(UP)

    assert rig.note(rig.session.congestion_over(rig.now)) == [Slowed(1), PollStarted()]
    assert rig.note(rig.session.congestion_over(rig.now)) == []
    assert rig.session.transmit_interval == 300_000


def test_what_the_operator_changes_meanwhile_is_slowed_too() -> None:
    rig = settled()
    rig.note(rig.session.congested(rig.now))
    rig.advance(900_000)
    rig.hear(UP, final=True)
    rig.hear(UP)
    rig.set_timers(desired_min_tx_us=500_000)

    assert rig.session.variables.desired_min_tx_interval_us == 1_000_000


def test_an_engine_does_not_miss_the_recovery() -> None:
    rig = settled()
    assert rig.session.steady() is not None
    rig.note(rig.session.congested(rig.now))
    rig.advance(900_000)
    rig.hear(UP, final=True)
    rig.hear(UP)

    assert rig.session.poll.idle
    assert rig.session.steady() is None


def failed_of_silence(profile_failure: bool) -> list[Output]:
    """A multihop session that comes Up and hears nothing more; what it did."""
    profile = replace(MULTI_HOP, failure_means_congestion=profile_failure)
    session = Session(SessionConfig(PEER, LOCAL), profile, local_discr=LOCAL_DISCR, rng=Random(1), now=0)
    encapsulation = meta(destination_port=PORT_MULTI_HOP, ttl=64)
    outputs = session.on_timer(0)
    for state in (DOWN, INIT, UP):
        outputs += session.receive(packet(state), encapsulation, 0)
    while (deadline := session.next_deadline()) is not None and deadline < 5 * SECOND:
        outputs += session.on_timer(deadline)
    assert any(isinstance(output, StateChanged) and output.diag == 1 for output in outputs)
    return outputs


def test_over_several_hops_a_failed_session_is_a_sign() -> None:
    assert MULTI_HOP.failure_means_congestion
    outputs = failed_of_silence(profile_failure=True)
    assert [output for output in outputs if isinstance(output, Slowed)] == [Slowed(2)]


def test_elsewhere_it_is_none() -> None:
    outputs = failed_of_silence(profile_failure=False)
    assert not any(isinstance(output, Slowed) for output in outputs)


def test_a_session_that_is_down_slows_down_as_well() -> None:
    rig = Rig(desired_min_tx_us=SECOND)
    rig.advance(0)
    rig.note(rig.session.congested(rig.now))
    rig.advance(9 * SECOND)

    assert [at for at, _, _ in transmissions(rig.log)] == [0, 2 * SECOND, 4 * SECOND, 6 * SECOND, 8 * SECOND]
