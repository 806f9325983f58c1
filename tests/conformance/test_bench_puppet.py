"""The puppet's habits while the bench's verbs wait: keep-alives, answers to Polls, and Polls of its own."""

import pytest
from scripted_target import LINK, MS, ScriptedWire, bench_on, control

from conformance.bench import match
from conformance.bench.bench import Bench
from conformance.bench.scenario import announce, pace_polls, poll
from conformance.bench.verdicts import Inconclusive
from refimpl.core.constants import State
from refimpl.core.packet import ControlPacket

FINAL = match.control(final=True)


@pytest.fixture
def wire() -> ScriptedWire:
    return ScriptedWire()


@pytest.fixture
def bench(wire: ScriptedWire) -> Bench:
    return bench_on(wire)


def answer_polls(wire: ScriptedWire, packet: ControlPacket) -> None:
    """A target that answers each Poll after a millisecond."""
    if packet.poll:
        wire.at(wire.now() + MS, control(final=True))


def sent_at(bench: Bench) -> list[int]:
    return [seen.time_us for seen in bench.log if seen.sent]


def test_keepalives_run_while_a_verb_waits_and_stop(wire: ScriptedWire, bench: Bench) -> None:
    puppet = bench.puppet(state=State.UP, desired_min_tx_us=100 * MS)
    bench.start_keepalives(puppet)
    bench.expect_never(FINAL, for_us=1_000 * MS)
    times = sent_at(bench)
    gaps = [second - first for first, second in zip([0, *times], times, strict=False)]
    assert len(gaps) >= 10
    assert all(75 * MS <= gap <= 90 * MS for gap in gaps)
    bench.stop_keepalives(puppet)
    bench.elapse(1_000 * MS)
    assert sent_at(bench) == times


def test_keepalives_keep_the_slower_of_both_rates(wire: ScriptedWire, bench: Bench) -> None:
    puppet = bench.puppet(state=State.UP, desired_min_tx_us=100 * MS)
    wire.at(10, control(required_min_rx_interval_us=400 * MS))
    bench.until(10)
    bench.start_keepalives(puppet)
    bench.elapse(2_000 * MS)
    assert 5 <= len(sent_at(bench)) <= 6


def test_a_puppet_that_is_not_up_keeps_the_slow_rate(bench: Bench) -> None:
    puppet = bench.puppet(state=State.DOWN, desired_min_tx_us=100 * MS)
    bench.start_keepalives(puppet)
    bench.elapse(3_000 * MS)
    assert len(sent_at(bench)) == 3
    assert all(seen.packet.desired_min_tx_interval_us == 1_000 * MS for seen in bench.log)


def test_polls_are_answered_while_a_verb_waits(wire: ScriptedWire, bench: Bench) -> None:
    puppet = bench.puppet(state=State.UP)
    wire.at(100, control(poll=True, my_discriminator=0xABC))
    wire.at(200, control(poll=False))
    bench.elapse(1_000)
    (final,) = [seen for seen in bench.log if seen.sent]
    assert final.time_us == 100
    assert final.packet.final
    assert not final.packet.poll
    assert final.packet.your_discriminator == 0xABC
    assert puppet.last_seen is not None


def test_a_silenced_puppet_answers_no_poll(wire: ScriptedWire, bench: Bench) -> None:
    bench.stop_keepalives(bench.puppet())
    wire.at(100, control(poll=True))
    bench.elapse(1_000)
    assert sent_at(bench) == []


def test_a_puppet_answers_the_polls_of_its_own_session_only(wire: ScriptedWire, bench: Bench) -> None:
    bench.puppet(4)
    wire.at(100, control(poll=True), source=LINK.target_addresses[6], destination=LINK.tester_addresses[6])
    bench.elapse(1_000)
    assert sent_at(bench) == []


def test_poll_returns_the_final(wire: ScriptedWire, bench: Bench) -> None:
    wire.react = answer_polls
    final = poll(bench, bench.puppet(state=State.UP))
    assert (final.time_us, final.packet.final) == (MS, True)


def test_a_poll_without_final_accuses_nobody(bench: Bench) -> None:
    with pytest.raises(Inconclusive, match="an answer to a Poll"):
        poll(bench, bench.puppet(state=State.UP))


def test_polls_keep_the_distance_that_the_target_announces(wire: ScriptedWire, bench: Bench) -> None:
    wire.react = answer_polls
    puppet = bench.puppet(state=State.UP)
    pace_polls(bench, puppet)
    assert bench.now() == 0
    finals = [poll(bench, puppet) for _ in range(3)]
    assert [final.time_us for final in finals] == [MS, 302 * MS, 603 * MS]


def test_a_shorter_interval_of_the_target_s_does_not_wait_for_the_old_one(wire: ScriptedWire, bench: Bench) -> None:
    puppet = bench.puppet(state=State.UP, desired_min_tx_us=50 * MS)
    wire.at(0, control(required_min_rx_interval_us=1_000 * MS))
    bench.until(MS)
    bench.start_keepalives(puppet)
    wire.at(100 * MS, control(required_min_rx_interval_us=50 * MS))
    bench.until(160 * MS)
    assert [time for time in sent_at(bench) if 100 * MS < time <= 150 * MS]


def test_a_shorter_interval_of_its_own_does_not_wait_for_the_old_one(wire: ScriptedWire, bench: Bench) -> None:
    wire.react = answer_polls
    puppet = bench.puppet(state=State.UP, desired_min_tx_us=1_000 * MS)
    bench.start_keepalives(puppet)
    told = announce(bench, puppet, desired_min_tx_us=50 * MS)
    bench.until(told.time_us + 51 * MS)
    assert [time for time in sent_at(bench) if told.time_us < time <= told.time_us + 50 * MS]
