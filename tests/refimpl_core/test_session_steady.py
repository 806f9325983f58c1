"""The steady state: when there is one, and that an engine which uses it is not told apart on the wire."""

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from session_rig import LOCAL, LOCAL_DISCR, PEER, SHORTEST, FixedDraw, Rig, meta, packet, sent
from steady_engine import AskingEngine, SteadyEngine

from refimpl.core.constants import State
from refimpl.core.packet import ControlPacket
from refimpl.core.profile import SessionConfig
from refimpl.core.session import Session
from refimpl.core.steady import Steady
from refimpl.profiles.rfc5881 import SINGLE_HOP

ADMIN, DOWN, INIT, UP = State.ADMIN_DOWN, State.DOWN, State.INIT, State.UP


def settled() -> Rig:
    rig = Rig()
    rig.settle()
    return rig


def test_a_settled_session_hands_over_its_packets_and_its_times() -> None:
    rig = settled()

    steady = rig.session.steady()

    assert steady == Steady(
        transmit=replace(packet(UP), my_discriminator=LOCAL_DISCR, your_discriminator=packet(UP).my_discriminator),
        accept=packet(UP),
        accept_meta=meta(),
        shortest_us=225_000,
        longest_us=300_000,
        detection_time_us=900_000,
    )


def test_the_steady_packet_is_the_one_that_the_session_would_send() -> None:
    rig = settled()
    steady = rig.session.steady()
    assert steady is not None

    rig.advance(800_000)

    assert rig.session.steady() == steady
    assert sent([output for time, output in rig.log if time == 800_000])[0].packet == steady.transmit


def test_with_detect_mult_1_the_longest_interval_is_nine_tenths() -> None:
    rig = settled()
    rig.set_timers(detect_mult=1)

    steady = rig.session.steady()

    assert steady is not None
    assert (steady.longest_us, steady.transmit.detect_mult) == (270_000, 1)


PENDING = {
    "a Poll of our own": lambda rig: rig.set_timers(required_min_rx_us=400_000),
    "a packet with Poll": lambda rig: rig.hear(UP, poll=True),
    "a packet with Final": lambda rig: rig.hear(UP, final=True),
    "a far end that is not Up yet": lambda rig: rig.hear(INIT),
    "Demand mode": lambda rig: rig.hear(UP, demand=True),
    "a far end that wants no packets": lambda rig: rig.hear(UP, required_min_rx_interval_us=0),
    "a fall by signal": lambda rig: rig.hear(DOWN),
    "a fall by silence": lambda rig: rig.advance(1_500_000),
    "AdminDown": lambda rig: rig.disable(),
}


@pytest.mark.parametrize("name", PENDING)
def test_nothing_is_steady_while_there_is(name: str) -> None:
    rig = settled()
    assert rig.session.steady() is not None

    PENDING[name](rig)

    assert rig.session.steady() is None


def test_no_session_is_steady_on_its_way_up() -> None:
    rig = Rig()
    steps = [rig.session.steady()]
    rig.come_up()
    steps.append(rig.session.steady())
    rig.advance(500_000)
    steps.append(rig.session.steady())
    rig.hear(UP, final=True)
    steps.append(rig.session.steady())

    assert steps == [None] * 4
    rig.hear(UP)
    assert rig.session.steady() is not None


def test_a_second_change_that_waits_for_its_poll_is_pending() -> None:
    rig = settled()
    rig.set_timers(desired_min_tx_us=400_000)
    rig.set_timers(desired_min_tx_us=500_000)
    rig.advance(800_000)

    rig.hear(UP, final=True)
    assert rig.session.steady() is None
    rig.hear(UP)
    assert rig.session.steady() is None


def test_catching_up_moves_the_timers_to_what_the_engine_did() -> None:
    rig = settled()
    heard, said = rig.session.counters.received, rig.session.counters.transmitted

    rig.session.catch_up(last_tx=4_000_000, transmitted=12, last_rx=4_100_000, received=13)

    assert rig.session.next_deadline() == 4_300_000
    assert (rig.session.counters.received, rig.session.counters.transmitted) == (heard + 13, said + 12)
    rig.session.on_timer(4_300_000)
    rig.session.on_timer(4_600_000)
    rig.session.on_timer(4_900_000)
    assert rig.session.state is UP
    rig.session.on_timer(5_000_000)
    assert (rig.session.state, rig.session.variables.remote_discr) == (DOWN, 0)


def test_the_first_interval_after_catching_up_is_drawn_anew() -> None:
    rig = settled()
    rig.rng.draw = SHORTEST

    rig.session.catch_up(last_tx=4_000_000, transmitted=1, last_rx=4_000_000, received=1)

    assert rig.session.next_deadline() == 4_225_000


def test_catching_up_with_nothing_moves_nothing() -> None:
    rig = settled()

    rig.session.catch_up(last_tx=4_000_000, transmitted=0, last_rx=4_100_000, received=0)

    assert rig.session.next_deadline() == 800_000
    rig.advance(1_500_000)
    assert rig.session.state is DOWN


# ------------------------------------------------------------------ an engine that uses it


HEARD = st.builds(
    lambda state, poll, final, **fields: packet(state, poll=poll, final=final and not poll, **fields),
    st.sampled_from([UP, UP, UP, UP, UP, UP, INIT, DOWN, ADMIN]),
    st.sampled_from([False] * 7 + [True]),
    st.sampled_from([False] * 2 + [True]),
    demand=st.sampled_from([False] * 9 + [True]),
    detect_mult=st.sampled_from([1, 3, 3, 3]),
    required_min_rx_interval_us=st.sampled_from([50_000] * 9 + [0, 400_000]),
    desired_min_tx_interval_us=st.sampled_from([50_000] * 4 + [400_000]),
)
COMMANDS = st.dictionaries(
    st.sampled_from(["desired_min_tx_us", "required_min_rx_us", "detect_mult"]),
    st.sampled_from([1, 3, 60, 200]),
    max_size=2,
).map(lambda chosen: {name: value * (1 if name == "detect_mult" else 1000) for name, value in chosen.items()})
KEEPALIVES = st.tuples(st.just("keepalives"), st.integers(1, 12))
STEPS = st.lists(
    st.tuples(
        st.integers(0, 250_000),
        st.one_of(
            KEEPALIVES,
            KEEPALIVES,
            st.tuples(st.just("packet"), HEARD),
            st.tuples(st.just("command"), COMMANDS),
            st.tuples(st.just("nothing"), st.none()),
        ),
    ),
    max_size=25,
)


def session(rng: Random) -> Session:
    config = SessionConfig(
        peer=PEER, local=LOCAL, interface="eth0", desired_min_tx_us=50_000, required_min_rx_us=60_000
    )
    return Session(config, SINGLE_HOP, local_discr=LOCAL_DISCR, rng=rng, now=0)


KEEPALIVE = packet(UP, desired_min_tx_interval_us=50_000, required_min_rx_interval_us=50_000)
HANDSHAKE = [
    (100_000, replace(KEEPALIVE, state=DOWN)),
    (110_000, replace(KEEPALIVE, state=INIT)),
    (180_000, replace(KEEPALIVE, final=True)),
    (200_000, KEEPALIVE),
]


def play(engine: AskingEngine | SteadyEngine, steps: list[tuple[int, tuple[str, object]]]) -> None:
    """The handshake, the steps, and three seconds of silence."""
    for now, greeting in HANDSHAKE:
        engine.advance(now)
        engine.receive(greeting, now)
    now = 200_000
    for gap, (what, value) in steps:
        now += gap
        engine.advance(now)
        match what, value:
            case "keepalives", int(times):
                for _ in range(times):
                    now += 45_000
                    engine.advance(now)
                    engine.receive(KEEPALIVE, now)
            case "packet", ControlPacket() as heard:
                engine.receive(heard, now)
            case "command", dict(changes):
                engine.set_timers(now, changes)
    engine.advance(now + 3_000_000)


@given(STEPS, st.floats(0, 1, exclude_max=True))
@settings(deadline=None)
def test_with_the_same_draws_both_engines_do_the_same_at_the_same_time(
    steps: list[tuple[int, tuple[str, object]]], draw: float
) -> None:
    asking = AskingEngine(session(FixedDraw(draw)))
    steady = SteadyEngine(session(FixedDraw(draw)), FixedDraw(draw))

    play(asking, steps)
    play(steady, steps)
    steady.finish()

    assert steady.seen.packets == asking.seen.packets
    assert steady.seen.changes == asking.seen.changes
    assert steady.session.counters == asking.session.counters
    assert steady.session.variables == asking.session.variables
    assert steady.session.next_deadline() == asking.session.next_deadline()


def test_the_steady_engine_hardly_asks() -> None:
    steps: list[tuple[int, tuple[str, object]]] = [(45_000, ("keepalives", 1000))]
    asking = AskingEngine(session(FixedDraw(0.5)))
    steady = SteadyEngine(session(FixedDraw(0.5)), FixedDraw(0.5))

    play(asking, steps)
    play(steady, steps)

    assert len(steady.seen.packets) == len(asking.seen.packets) > 1000
    assert steady.asked < 20


@given(st.integers(1, 200), st.floats(0, 1, exclude_max=True), st.integers(0, 2**32))
@settings(deadline=None)
def test_with_draws_of_its_own_the_engine_keeps_the_intervals_and_the_expiry(
    keepalives: int, draw: float, seed: int
) -> None:
    engine = SteadyEngine(session(Random(seed)), FixedDraw(draw))

    play(engine, [(0, ("keepalives", keepalives))])

    assert engine.seen.changes[-1] == (200_000 + keepalives * 45_000 + 3 * 60_000, UP, DOWN, 1)
    steadily = [time for time, heard in engine.seen.packets if heard.state == UP and time > 200_000]
    gaps = [later - earlier for earlier, later in pairwise(steadily)]
    assert all(37_500 <= gap <= 50_000 for gap in gaps)
