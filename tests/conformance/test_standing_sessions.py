"""Sessions that were configured by hand: the whole suite on a reference that is never set up anew, in virtual time."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest
from scripted_target import LINK, MS, ScriptedNode, ScriptedWire, bench_on, control

from conformance import inventory, runner
from conformance.bench import match
from conformance.bench.bench import Bench
from conformance.bench.scenario import fresh
from conformance.bench.standing import serving
from conformance.bench.verdicts import Inconclusive, Unsupported, Violation
from conformance.catalogue import load_catalogue
from conformance.targets.reference import ReferenceTarget
from conformance.targets.target import Lease
from refimpl.core.constants import State
from reports.model import CaseResult, Verdict
from topologies.node import AuthSpec, Key, LackError, SessionSpec
from topologies.nodes.device.description import Device
from topologies.nodes.device.node import DeviceNode

FINE = (Verdict.PASS, Verdict.PASS_ALTERNATIVE, Verdict.UNSUPPORTED)


class StandingTarget(ReferenceTarget):
    """One reference for all cases, with the sessions of a device file: nothing is set up anew between cases."""

    def __init__(self, sessions: Sequence[dict[str, object]]) -> None:
        super().__init__()
        self._standing = super().lease(Random(1))
        link = self._standing.wire.links[0]
        self._device = DeviceNode(
            Device.model_validate(
                {
                    "name": "by-hand",
                    "tester": {
                        "interface": "eth0",
                        "ipv4": f"{link.tester_addresses[4]}/28",
                        "ipv6": f"{link.tester_addresses[6]}/64",
                    },
                    "target": {"ipv4": link.target_addresses[4], "ipv6": link.target_addresses[6]},
                    "sessions": list(sessions),
                }
            )
        )
        for spec in self._device.configured:
            self._standing.node.add_session(replace(spec, interface=link.target_interface))

    def lease(self, rng: Random, links: int = 1) -> Lease:
        wire = self._standing.wire
        while wire.receive(wire.now()) is not None:
            pass
        return Lease(wire, self._device)


def suite(target: StandingTarget) -> dict[str, CaseResult]:
    catalogue = load_catalogue()
    return {id_: runner.run(each, target, catalogue, seed=1) for id_, each in inventory.collect().items()}


def unexpected(results: dict[str, CaseResult]) -> dict[str, str]:
    return {
        id_: f"{each.verdict} {each.actual or each.reason}" for id_, each in results.items() if each.verdict not in FINE
    }


def ran(results: dict[str, CaseResult]) -> set[str]:
    return {id_ for id_, each in results.items() if each.verdict is not Verdict.UNSUPPORTED}


def test_one_usual_session_serves_many_cases() -> None:
    results = suite(StandingTarget([{"peer": "192.0.2.1"}]))
    assert unexpected(results) == {}
    assert len(ran(results)) > len(results) // 3


def test_further_sessions_serve_further_cases() -> None:
    one = [{"peer": "192.0.2.1"}]
    more = [*one, {"peer": "2001:db8::1"}, {"peer": "192.0.2.6", "desired_min_tx": "600ms"}]
    results = suite(StandingTarget(more))
    assert unexpected(results) == {}
    assert ran(results) >= ran(suite(StandingTarget(one))) | {"5881-5-02", "5880-6.8.7-03", "5880-6.3-01"}


STANDING = SessionSpec("by-hand-1", LINK.tester_addresses[4], LINK.target_addresses[4], "")
OTHER = replace(STANDING, name="by-hand-2", peer="192.0.2.9", detect_mult=7)


def bench_with(*configured: SessionSpec, wire: ScriptedWire | None = None) -> Bench:
    node = ScriptedNode()
    node.configured = configured
    return bench_on(wire or ScriptedWire(), node)


def test_the_session_with_the_parameters_is_taken_and_the_puppet_moves_to_its_peer() -> None:
    bench = bench_with(STANDING, OTHER)
    puppet = bench.puppet()
    assert bench.use_session(puppet, detect_mult=7) is OTHER
    assert (puppet.local, puppet.peer) == (OTHER.peer, OTHER.local)
    assert bench.specs == [OTHER]


@pytest.mark.parametrize(
    ("wanted", "used", "found"),
    [
        (STANDING, [], STANDING),
        (STANDING, [STANDING], None),
        (replace(STANDING, detect_mult=7), [], OTHER),
        (replace(STANDING, passive=True), [], None),
        (replace(STANDING, peer="2001:db8::1", local="2001:db8::2"), [], None),
    ],
)
def test_only_a_session_that_is_alike_and_free_serves(
    wanted: SessionSpec, used: list[SessionSpec], found: SessionSpec | None
) -> None:
    assert serving(replace(wanted, name="s1", interface="eth0"), [STANDING, OTHER], used) is found


def test_the_session_to_the_puppet_itself_is_preferred() -> None:
    twin = replace(STANDING, name="twin", peer="192.0.2.7")
    assert serving(STANDING, [twin, STANDING], []) is STANDING


def test_a_session_with_authentication_has_to_be_new() -> None:
    """One that stands may know the Sequence Number of an earlier case, and would be accused of discarding another."""
    auth = AuthSpec(5, (Key(1, b"secret12"),), 1)
    standing = replace(STANDING, auth=auth)
    assert serving(standing, [standing], []) is standing
    bench = bench_with(standing)
    assert bench.use_session(bench.puppet(), auth=auth) is not standing


def test_a_session_by_hand_is_not_removed() -> None:
    bench = bench_with(STANDING)
    with pytest.raises(Unsupported, match="by-hand-1 was configured by hand"):
        bench.remove_session(bench.use_session(bench.puppet()))


def test_a_lack_is_unsupported() -> None:
    def lacking() -> None:
        raise LackError("nobody can")

    with pytest.raises(Unsupported, match="nobody can"):
        bench_with().command(lacking)


def test_packets_of_sessions_that_the_case_does_not_use_are_none_of_its_business() -> None:
    wire = ScriptedWire()
    bench = bench_with(STANDING, OTHER, wire=wire)
    bench.use_session(bench.puppet())
    wire.at(1 * MS, control(), destination=OTHER.peer)
    wire.at(2 * MS, control(), destination=STANDING.peer)
    wire.at(3 * MS, control(), destination=OTHER.peer, destination_port=4784)
    assert [seen.time_us for seen in bench.elapse(5 * MS)] == [2 * MS, 3 * MS]


def test_time_to_obey_counts_from_the_end_of_a_command_and_forbearance_from_its_beginning() -> None:
    wire = ScriptedWire()
    bench = bench_with(wire=wire)
    wire.at(12 * MS, control(state=State.DOWN))
    told = bench.command(lambda: wire.receive(10 * MS))
    assert bench.expect(match.control(state=State.DOWN), within_us=3 * MS, after=told).time_us == 12 * MS
    assert bench.expect_never(match.control(state=State.DOWN), for_us=11 * MS, after=told) == []
    with pytest.raises(Violation):
        bench.expect(match.control(state=State.UP), within_us=3 * MS, after=told)


def test_a_session_that_is_not_as_described() -> None:
    wire = ScriptedWire()
    for second in range(1, 9):
        wire.at(second * 1_000 * MS, control(state=State.DOWN, detect_mult=5, your_discriminator=0))
    with pytest.raises(Inconclusive, match=r"with Detect Mult 3: frame \d+ has 5"):
        fresh(bench_with(STANDING, wire=wire))


def test_a_target_that_does_not_forget_is_noted_and_not_accused() -> None:
    wire = ScriptedWire()
    for second in range(1, 12):
        wire.at(second * 1_000 * MS, control(state=State.DOWN, detect_mult=3, your_discriminator=9))
    bench = bench_with(STANDING, wire=wire)
    puppet = fresh(bench)
    assert "still had the discriminator of a far end" in bench.notes[0]
    assert (puppet.state, puppet.detect_mult, puppet.required_min_rx_us) == (State.DOWN, 5, 300 * MS)
    assert bench.from_target(bench.origin) == []
    now = bench.now()
    assert bench.expect(match.control(state=State.DOWN), within_us=2_000 * MS, puppet=puppet).time_us > now


@pytest.mark.parametrize(
    ("own", "prefix", "taken", "found"),
    [
        ("192.0.2.1", 28, [], "192.0.2.3"),
        ("192.0.2.1", 28, ["192.0.2.3", "192.0.2.4"], "192.0.2.5"),
        ("192.0.2.13", 28, [], "192.0.2.12"),
        ("192.0.2.1", 30, [], None),
        ("192.0.2.1", 31, [], None),
        ("2001:db8::1", 64, [], "2001:db8::3"),
        ("2001:db8::1", 127, [], None),
    ],
)
def test_an_address_that_nobody_has(own: str, prefix: int, taken: list[str], found: str | None) -> None:
    assert replace(LINK, prefix_lengths={4: prefix, 6: prefix}).unowned(own, taken) == found


def test_a_family_that_the_link_does_not_have() -> None:
    wire = ScriptedWire()
    wire.links = (replace(LINK, tester_addresses={6: "2001:db8::1"}, target_addresses={6: "2001:db8::2"}),)
    bench = bench_on(wire)
    assert bench.puppet().local == "2001:db8::1"
    with pytest.raises(Unsupported, match="needs IPv4"):
        bench.puppet(4)


def test_a_case_begins_after_a_detection_time_of_silence() -> None:
    """A packet that says that everything is forgotten may have been on its way when the far end took leave."""
    wire = ScriptedWire()
    for number in range(1, 9):
        wire.at(number * 300 * MS, control(state=State.DOWN, detect_mult=3, your_discriminator=0))
    bench = bench_with(STANDING, wire=wire)
    fresh(bench)
    (leave,) = (seen for seen in bench.log if seen.sent)
    assert (leave.packet.state, leave.packet.detect_mult) == (State.ADMIN_DOWN, 1)
    assert bench.now() >= leave.time_us + 1_000 * MS
