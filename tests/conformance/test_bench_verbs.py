"""The bench's verbs on a scripted link: every one that waits either delivers or raises."""

import threading
from dataclasses import replace
from typing import Any

import pytest
from scripted_target import LINK, MS, MUST, OTHER, SECOND, SHOULD, ScriptedNode, ScriptedWire, bench_on, control

from conformance.bench import match
from conformance.bench.bench import Accept, Bench
from conformance.bench.packets import Seen
from conformance.bench.verdicts import Inconclusive, Violation
from refimpl.core.constants import State
from refimpl.wire import damage

FINAL = match.control(final=True)
DOWN = match.control(state=State.DOWN)
INIT = match.control(state=State.INIT)


@pytest.fixture
def wire() -> ScriptedWire:
    return ScriptedWire()


@pytest.fixture
def bench(wire: ScriptedWire) -> Bench:
    return bench_on(wire, requirements=(MUST, SHOULD))


# ---------------------------------------------------------------- expect


def test_expect_returns_the_first_packet_that_matches(wire: ScriptedWire, bench: Bench) -> None:
    wire.at(100, control())
    wire.at(200, control(final=True))
    wire.at(300, control(final=True))
    found = bench.expect(FINAL, within_us=1_000)
    assert (found.time_us, found.frame, bench.now()) == (200, 2, 200)
    assert bench.judged == {MUST}


def test_expect_includes_its_deadline(wire: ScriptedWire, bench: Bench) -> None:
    wire.at(500, control(final=True))
    assert bench.expect(FINAL, within_us=500).time_us == 500


def test_expect_excludes_what_comes_after_its_deadline(wire: ScriptedWire, bench: Bench) -> None:
    wire.at(501, control(final=True))
    with pytest.raises(Violation):
        bench.expect(FINAL, within_us=500)
    assert bench.now() == 500


def test_a_late_packet_that_is_already_logged_stays_late(wire: ScriptedWire, bench: Bench) -> None:
    start = bench.mark()
    wire.at(501, control(final=True))
    bench.elapse(1_000)
    with pytest.raises(Violation):
        bench.expect(FINAL, within_us=500, after=start)
    assert bench.expect(FINAL, within_us=501, after=start).time_us == 501


def test_expect_says_what_came_instead(wire: ScriptedWire, bench: Bench) -> None:
    wire.at(100, control())
    wire.at(200, control(state=State.DOWN))
    with pytest.raises(Violation) as raised:
        bench.expect(match.control(state=State.UP, final=True), within_us=500, requirement=SHOULD)
    assert raised.value.requirement == SHOULD
    assert raised.value.expected == "a packet with state Up, final set within 0.5 ms"
    assert raised.value.actual == "2 other packet(s), the last one (frame 2) with state Down, final clear"
    assert raised.value.frames == (1, 2)


def test_expect_says_that_nothing_came(bench: Bench) -> None:
    with pytest.raises(Violation, match="seen no packet from the target"):
        bench.expect(FINAL, within_us=500)


def test_expect_counts_from_the_last_stimulus(wire: ScriptedWire, bench: Bench) -> None:
    wire.at(100, control(final=True))
    bench.until(1_000)
    bench.send(bench.puppet())
    with pytest.raises(Violation):
        bench.expect(FINAL, within_us=500)
    assert bench.now() == 1_500


def test_expect_does_not_take_the_testers_own_packet(bench: Bench) -> None:
    puppet = bench.puppet()
    start = bench.mark()
    bench.send(puppet, final=True)
    with pytest.raises(Violation, match="no packet from the target"):
        bench.expect(FINAL, within_us=500, after=start)


def test_expect_of_one_session_ignores_others(wire: ScriptedWire, bench: Bench) -> None:
    wire.at(100, control(final=True), source="192.0.2.77")
    wire.at(200, control(final=True), destination="192.0.2.78")
    wire.at(300, control(final=True))
    assert bench.expect(FINAL, within_us=1_000, puppet=bench.puppet()).time_us == 300


def test_judging_by_a_requirement_that_the_case_does_not_claim_is_an_error(bench: Bench) -> None:
    for judge in (
        lambda: bench.expect(FINAL, within_us=1, requirement=OTHER),
        lambda: bench.expect_never(FINAL, for_us=1, requirement=OTHER),
        lambda: bench.check(True, expected="", actual="", requirement=OTHER),
    ):
        with pytest.raises(ValueError, match=f"the case judges {OTHER}, but does not claim it"):
            judge()
    assert bench.judged == set()


def test_a_failed_expectation_has_judged(bench: Bench) -> None:
    with pytest.raises(Violation):
        bench.expect(FINAL, within_us=500)
    assert bench.judged == {MUST}


# ---------------------------------------------------------------- expect_one_of


def test_the_alternative_that_was_seen_is_remembered(wire: ScriptedWire, bench: Bench) -> None:
    wire.at(100, control(state=State.INIT))
    usual, other = Accept(DOWN), Accept(INIT, alternative="6.2 lets it go to Init")
    assert bench.expect_one_of(usual, other, within_us=500).packet.state == State.INIT
    assert bench.alternatives == ["6.2 lets it go to Init"]


def test_the_usual_outcome_is_no_alternative(wire: ScriptedWire, bench: Bench) -> None:
    wire.at(100, control(state=State.DOWN))
    wire.at(200, control(state=State.INIT))
    bench.expect_one_of(Accept(INIT, alternative="other"), Accept(DOWN), within_us=500)
    assert bench.alternatives == []


def test_none_of_the_permitted_outcomes(wire: ScriptedWire, bench: Bench) -> None:
    wire.at(100, control())
    with pytest.raises(Violation) as raised:
        bench.expect_one_of(Accept(DOWN), Accept(INIT, alternative="other"), within_us=500)
    assert raised.value.expected == "a packet with state Down or a packet with state Init within 0.5 ms"
    assert bench.alternatives == []


# ---------------------------------------------------------------- expect_never, check


def test_expect_never_waits_its_time_out_and_returns_what_came(wire: ScriptedWire, bench: Bench) -> None:
    wire.at(100, control())
    wire.at(200, control(state=State.INIT))
    came = bench.expect_never(FINAL, for_us=500, requirement=SHOULD)
    assert [seen.time_us for seen in came] == [100, 200]
    assert (bench.now(), bench.judged) == (500, {SHOULD})


@pytest.mark.parametrize("moment", [100, 500])
def test_expect_never_sees_an_offender(wire: ScriptedWire, bench: Bench, moment: int) -> None:
    wire.at(50, control())
    wire.at(moment, control(final=True))
    with pytest.raises(Violation) as raised:
        bench.expect_never(FINAL, for_us=500, because="nobody polls")
    assert raised.value.expected == "never a packet with final set, nobody polls"
    assert raised.value.frames == (2,)


def test_expect_never_ends_with_its_time(wire: ScriptedWire, bench: Bench) -> None:
    """Also where the log already goes on: a packet after the window is not accused."""
    start = bench.mark()
    wire.at(501, control(final=True))
    bench.until(1_000)
    assert bench.expect_never(FINAL, for_us=500, after=start) == []


def test_expect_never_ignores_what_came_before(wire: ScriptedWire, bench: Bench) -> None:
    wire.at(100, control(final=True))
    bench.until(200)
    assert bench.expect_never(FINAL, for_us=500, after=bench.mark()) == []


def test_check_judges_and_raises_with_its_words(bench: Bench) -> None:
    bench.check(True, expected="one", actual="one", requirement=SHOULD)
    assert bench.judged == {SHOULD}
    with pytest.raises(Violation) as raised:
        bench.check(False, expected="one", actual="two")
    assert (raised.value.requirement, raised.value.expected, raised.value.actual) == (MUST, "one", "two")


# ---------------------------------------------------------------- wait, from_target, elapse


def test_wait_that_fails_accuses_nobody(wire: ScriptedWire, bench: Bench) -> None:
    wire.at(100, control(state=State.DOWN))
    with pytest.raises(Inconclusive, match=r"the handshake: .*state Init did not come within 0.5 ms; seen 1 other"):
        bench.wait(INIT, within_us=500, what="the handshake", puppet=bench.puppet())
    assert bench.judged == set()


def test_from_target_is_in_order_and_between_moments(wire: ScriptedWire, bench: Bench) -> None:
    for time_us in (400, 100, 300, 200):
        wire.at(time_us, control(detect_mult=time_us // 100))
    wire.at(250, b"too short")
    start = bench.mark()
    bench.send(bench.puppet())
    bench.until(1_000)
    first, *rest = bench.from_target(start)
    assert [seen.time_us for seen in (first, *rest)] == [100, 200, 300, 400]
    assert [seen.packet.detect_mult for seen in bench.from_target(first)] == [2, 3, 4]
    assert bench.from_target(first, before_us=300) == rest[:1]
    assert bench.from_target(bench.mark()) == []


def test_elapse_returns_the_packets_of_that_time(wire: ScriptedWire, bench: Bench) -> None:
    for time_us in (100, 600, 1_100):
        wire.at(time_us, control())
    assert [seen.time_us for seen in bench.elapse(500)] == [100]
    assert [seen.time_us for seen in bench.elapse(600)] == [600, 1_100]
    assert bench.now() == 1_100


def test_frames_that_are_no_bfd_are_recorded_but_not_logged(wire: ScriptedWire, bench: Bench) -> None:
    wire.at(100, control(), destination_port=53)
    wire.at(200, control())
    wire.at(300, control(), destination_port=4784)
    assert [seen.frame for seen in bench.elapse(500)] == [2, 3]


# ---------------------------------------------------------------- send


def test_send_returns_its_own_packet_as_seen_on_the_link(wire: ScriptedWire, bench: Bench) -> None:
    wire.at(0, control())
    puppet = bench.puppet(diag=3)
    own = bench.send(puppet, state=State.INIT, your_discriminator=0)
    assert own.sent
    assert (own.frame, own.datagram.source) == (2, LINK.tester_addresses[4])
    assert own.packet == replace(puppet.packet(), state=State.INIT, your_discriminator=0)
    assert bench.log[-1] is own


def test_send_over_ipv6(bench: Bench) -> None:
    own = bench.send(bench.puppet(6))
    assert (own.datagram.source, own.datagram.destination) == (LINK.tester_addresses[6], LINK.target_addresses[6])


def test_send_damages_and_bends(bench: Bench) -> None:
    own = bench.send(bench.puppet(), damage.field(length=23), datagram={"ttl": 254, "source_port": 1024})
    assert (own.packet.length, own.datagram.ttl, own.datagram.source_port) == (23, 254, 1024)


def test_send_that_does_not_reach_the_link_accuses_nobody(wire: ScriptedWire, bench: Bench) -> None:
    wire.loses_own_frames = True
    with pytest.raises(Inconclusive, match="own was not seen on the link within a second"):
        bench.send(bench.puppet())
    assert bench.now() == 1_000 * MS


# ---------------------------------------------------------------- two links


def test_each_puppet_sends_on_its_link_and_a_packet_on_any(wire: ScriptedWire, bench: Bench) -> None:
    wire.links = (LINK, SECOND)
    far = bench.puppet(link=1)
    assert (far.local, far.peer) == (SECOND.tester_addresses[4], SECOND.target_addresses[4])
    assert (bench.send(far).link, bench.send(far, link=0).link, bench.send(bench.puppet()).link) == (1, 0, 0)


def test_addresses_tell_whose_packet_it_is_and_link_local_ones_the_link_too(wire: ScriptedWire, bench: Bench) -> None:
    wire.links = (LINK, SECOND)
    near, far = (bench.puppet(6, link=link, link_local=True) for link in (0, 1))
    routed = bench.puppet()
    wire.at(100, control(), source=near.peer, destination=near.local, link=1)
    wire.at(200, control(), link=1)
    local, elsewhere = bench.elapse(500)
    assert [puppet.is_from_target(local) for puppet in (near, far)] == [False, True]
    assert (routed.is_from_target(elsewhere), elsewhere.link) == (True, 1)


def test_a_session_is_bound_to_the_interface_of_its_puppet_s_link(wire: ScriptedWire, bench: Bench) -> None:
    wire.links = (LINK, SECOND)
    puppet = bench.puppet(link=1)
    assert bench.add_session(puppet).interface == SECOND.target_interface
    assert puppet.spec == bench.specs[0]
    assert bench.spec_for(puppet, kind="multi_hop").interface == ""
    assert bench.spec_for(puppet, kind="unidirectional_sender").interface == SECOND.target_interface


# ---------------------------------------------------------------- the node


@pytest.mark.parametrize("real", [False, True])
def test_an_attempt_returns_the_refusal(real: bool) -> None:
    node = ScriptedNode(refuses=["add_session"])
    bench = bench_on(ScriptedWire(real=real), node)
    spec = bench.spec_for(bench.puppet())
    assert bench.attempt(node.add_session, spec) == "scripted: add_session is refused"
    assert bench.attempt(node.set_admin, spec, enabled=False) == ""
    bench.close()


def test_add_session_tells_the_node_both_ends(wire: ScriptedWire) -> None:
    node = ScriptedNode()
    bench = bench_on(wire, node)
    spec = bench.add_session(bench.puppet(6), detect_mult=7)
    assert (spec.peer, spec.local) == (LINK.tester_addresses[6], LINK.target_addresses[6])
    assert (spec.interface, spec.detect_mult) == (LINK.target_interface, 7)
    assert node.sessions == [spec.name]
    assert bench.add_session(bench.puppet()).name != spec.name


@pytest.mark.parametrize("real", [False, True])
def test_a_node_that_refuses_accuses_nobody(real: bool) -> None:
    bench = bench_on(ScriptedWire(real=real), ScriptedNode(refuses=["set_admin"]))
    try:
        spec = bench.add_session(bench.puppet())
        with pytest.raises(Inconclusive, match="the target could not be told: scripted: set_admin is refused"):
            bench.command(bench.node.set_admin, spec, enabled=False)
    finally:
        bench.close()


def test_the_link_lives_on_while_a_real_node_is_slow() -> None:
    """The verb ends only when the bench has let a keep-alive out meanwhile."""
    wire = ScriptedWire(real=True)
    bench = bench_on(wire)
    puppet = bench.puppet(state=State.UP, desired_min_tx_us=10 * MS)
    sent = threading.Event()
    wire.react = lambda _wire, _packet: sent.set()
    bench.start_keepalives(puppet)
    try:
        start = bench.command(lambda: sent.wait(10) or pytest.fail("no keep-alive during the command"))
        assert start.time_us == 0
        assert any(seen.sent for seen in bench.log)
    finally:
        bench.close()
    assert wire.closed


def test_command_is_a_stimulus(wire: ScriptedWire, bench: Bench) -> None:
    wire.at(100, control(final=True))
    bench.until(1_000)
    bench.command(lambda: None)
    with pytest.raises(Violation):
        bench.expect(FINAL, within_us=500)


def test_measurements_are_in_milliseconds(bench: Bench) -> None:
    bench.measure("gap", [3_000, 1_000, 2_000], "anything")
    (kept,) = bench.measurements
    assert (kept.minimum, kept.median, kept.maximum, kept.count, kept.unit) == (1.0, 2.0, 3.0, 3, "ms")


def moments(bench: Bench) -> list[tuple[int, bool]]:
    return [(seen.frame, seen.sent) for seen in bench.log]


def test_the_log_holds_both_directions_in_the_order_of_the_capture(wire: ScriptedWire, bench: Bench) -> None:
    wire.at(0, control())
    bench.send(bench.puppet())
    wire.at(100, control())
    last: Any = bench.elapse(200)[-1]
    assert isinstance(last, Seen)
    assert moments(bench) == [(1, False), (2, True), (3, False)]


# ---------------------------------------------------------------- puppets


@pytest.mark.parametrize(("family", "local"), [(4, "192.0.2.5"), (6, "2001:db8::5")])
def test_a_puppet_beside_the_tester_has_an_address_of_its_own(bench: Bench, family: int, local: str) -> None:
    puppet, beside = bench.puppet(family), bench.puppet(family, beside=2)
    assert (puppet.local, beside.local) == (LINK.tester_addresses[family], local)
    assert beside.peer == LINK.target_addresses[family]
