"""The bench and Echo packets: seen apart from Control packets, sent, and looped back as a case wants it."""

from dataclasses import replace
from random import Random

import pytest
from scripted_target import LINK, MS, ScriptedNode, ScriptedWire, control, frame_from_target

from conformance.bench.bench import Bench
from conformance.bench.echo import ECHO, FOREIGN_SOURCES, echo_in_words
from conformance.bench.echo_scenario import judge_returned
from conformance.bench.verdicts import Inconclusive, Violation
from conformance.runner import NullRecorder
from refimpl.wire.echo import loop_back

TARGET = LINK.target_addresses[4]


@pytest.fixture
def bench() -> Bench:

    return Bench(ScriptedWire(), ScriptedNode(), NullRecorder(), requirements=["9999-1-r01"], rng=Random(1))


def wire_of(bench: Bench) -> ScriptedWire:
    assert isinstance(bench.wire, ScriptedWire)
    return bench.wire


def echo_at(bench: Bench, time_us: int, payload: bytes = b"echo", **encapsulation: object) -> None:
    usual = {"source": "203.0.113.9", "destination": TARGET, "destination_port": 3785}
    wire_of(bench).at(time_us, payload, **(usual | encapsulation))


def test_echo_packets_are_no_packets_of_the_other_verbs(bench: Bench) -> None:
    puppet = bench.puppet()
    echo_at(bench, 10 * MS)
    wire_of(bench).at(20 * MS, control())
    assert [seen.time_us for seen in bench.elapse(100 * MS)] == [20 * MS]
    assert [(seen.time_us, seen.datagram.payload) for seen in bench.echo.from_target()] == [(10 * MS, b"echo")]
    assert puppet.last_seen is not None
    assert puppet.last_seen.time_us == 20 * MS


def test_a_puppet_loops_back_when_told_to_after_its_delay_and_less_its_losses(bench: Bench) -> None:
    puppet = bench.puppet()
    for number in range(4):
        echo_at(bench, number * 10 * MS, bytes([number]))
    bench.until(5 * MS)
    puppet.loops_echo, puppet.echo_delay_us, puppet.echo_losses = True, 3 * MS, 1
    bench.until(100 * MS)
    back = [(seen.time_us, seen.datagram.payload, seen.datagram.ttl) for seen in bench.echo.log if seen.sent]
    assert back == [(23 * MS, b"\x02", 254), (33 * MS, b"\x03", 254)]


def test_what_does_not_reach_the_far_end_is_not_looped_back(bench: Bench) -> None:
    bench.puppet(loops_echo=True)
    echo_at(bench, 10 * MS, destination=LINK.tester_addresses[4])
    bench.until(50 * MS)
    assert [seen for seen in bench.echo.log if seen.sent] == []


def test_one_s_own_echo_packet_that_came_back_is_not_the_target_s(bench: Bench) -> None:
    puppet = bench.puppet(loops_echo=True)
    sent = bench.send_echo(puppet)
    assert (sent.datagram.source, sent.datagram.destination) == (FOREIGN_SOURCES[4], puppet.local)
    with pytest.raises(Violation, match="expected at least 1 of 1 Echo packets to come back; seen 0 came back"):
        judge_returned(bench, [sent], "9999-1-r01")
    echo_at(bench, 20 * MS, sent.datagram.payload, source=FOREIGN_SOURCES[4], destination=puppet.local, ttl=254)
    bench.until(50 * MS)
    judge_returned(bench, [sent], "9999-1-r01")
    assert bench.echo.from_target() == []


def test_a_bench_that_cannot_send_accuses_nobody(bench: Bench) -> None:
    wire_of(bench).loses_own_frames = True
    with pytest.raises(Inconclusive, match="Echo packet of the tester's own was not seen"):
        bench.send_echo(bench.puppet())


def test_other_ports_are_strays_and_words_tell_what_it_is(bench: Bench) -> None:
    echo_at(bench, 10 * MS, destination_port=3786)
    bench.until(50 * MS)
    (stray,) = bench.echo.strays
    assert echo_in_words(stray) == f"{ECHO} 203.0.113.9 to {TARGET} TTL 255, 4 bytes, port 3786"
    assert bench.echo.log == []


def test_the_frame_goes_back_to_where_it_came_from() -> None:
    frame = frame_from_target(b"x", destination_port=3785)
    looped = loop_back(frame)
    assert looped is not None
    assert (looped[:6], looped[6:12]) == (frame[6:12], frame[:6])


def test_what_came_back_over_another_link_did_not_come_straight_back(bench: Bench) -> None:
    puppet = bench.puppet(loops_echo=True)
    sent = bench.send_echo(puppet)
    echo_at(bench, 20 * MS, sent.datagram.payload, source=FOREIGN_SOURCES[4], destination=puppet.local, ttl=254)
    bench.until(50 * MS)
    assert len(bench.echo.returned(sent)) == 1
    assert bench.echo.returned(replace(sent, link=1)) == []
