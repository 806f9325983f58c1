"""The verbs of the FRR node against the installed FRR, which must be seen to obey: on the wire or in its own words."""

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

from topologies.description import LabDescription
from topologies.lab import Lab
from topologies.launch import launch
from topologies.node import Capability, NodeError, SessionSpec
from topologies.nodes import release
from topologies.nodes.adapter import Handle
from topologies.nodes.frr.adapter import FrrNode
from topologies.processes import processes

MISSING = release("frr").missing()

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING)),
]


@pytest.fixture(scope="module")
def lab(runtime: Path) -> Iterator[LabDescription]:
    with Lab(f"frr-{os.getpid()}", 8, runtime=runtime) as laboratory:
        yield laboratory.describe()


@pytest.fixture(scope="module")
def handle(lab: LabDescription) -> Handle:
    return launch("frr", lab)


@pytest.fixture
def node(handle: Handle) -> FrrNode:
    return FrrNode.attach(handle)


def session(lab: LabDescription, slot: int = 0, link: int = 0, version: str = "ipv4") -> SessionSpec:
    ends = lab.slots[slot].links[link].model_dump()
    return SessionSpec(
        name=f"slot{slot}-{link}",
        peer=ends[f"tester_{version}"],
        local=ends[f"target_{version}"],
        interface=ends["target_interface"],
    )


VARIANTS = [
    pytest.param("ipv4", {}, id="ipv4"),
    pytest.param("ipv6", {}, id="ipv6"),
    pytest.param("ipv4", {"kind": "multi_hop"}, id="multi_hop"),
    pytest.param("ipv4", {"passive": True}, id="passive"),
]


@pytest.mark.parametrize(("version", "changes"), VARIANTS)
def test_the_life_of_a_session(node: FrrNode, lab: LabDescription, version: str, changes: dict[str, Any]) -> None:
    spec = replace(session(lab, version=version), desired_min_tx_us=50_000, required_min_rx_us=70_000, **changes)
    assert node.show(spec).state == "absent"
    node.add_session(spec)
    shown = node.show(spec)
    assert (shown.state, shown.diag) == ("down", 0)
    assert (shown.raw["peer"], shown.raw["local"]) == (spec.peer, spec.local)
    assert (shown.raw["transmit-interval"], shown.raw["receive-interval"]) == (50, 70)
    assert (shown.raw["multihop"], shown.raw["passive-mode"]) == (spec.kind == "multi_hop", spec.passive)

    node.set_timers(spec, desired_min_tx_us=80_000, detect_mult=5)
    raw = node.show(spec).raw
    assert (raw["transmit-interval"], raw["receive-interval"], raw["detect-multiplier"]) == (80, 70, 5)
    assert raw["id"] == shown.raw["id"], "the session was changed, not made anew"

    node.set_admin(spec, enabled=False)
    assert node.show(spec).state == "admin_down"
    node.set_admin(spec, enabled=True)
    assert node.show(spec).state == "down"

    node.remove_session(spec)
    node.remove_session(spec)
    assert node.show(spec).state == "absent"


def test_an_active_session_speaks_and_a_passive_one_is_silent(
    node: FrrNode, lab: LabDescription, socket_in: Callable[..., socket.socket]
) -> None:
    passive, active = replace(session(lab, link=0), passive=True), session(lab, link=1)
    with socket_in(lab.tester_namespace, socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind(("0.0.0.0", 3784))
        node.add_session(passive)
        node.add_session(active)
        # The third packet of the active session comes at least 1.5 s after the passive one could have begun.
        senders = [wire.recvfrom(64)[1][0] for _ in range(3)]
    node.remove_session(passive)
    node.remove_session(active)
    assert senders == [active.local] * 3


def test_a_session_of_the_same_addresses_is_replaced(node: FrrNode, lab: LabDescription) -> None:
    spec = session(lab)
    node.add_session(replace(spec, detect_mult=9, passive=True))
    first = node.show(spec).raw
    node.add_session(spec)
    second = node.show(spec).raw
    assert first["id"] != second["id"]
    assert (second["detect-multiplier"], second["passive-mode"]) == (3, False)
    node.remove_session(spec)


def test_a_refused_session_is_not_left_half_made(node: FrrNode, lab: LabDescription) -> None:
    spec = session(lab)
    with pytest.raises(NodeError, match="frr: add_session slot0-0: % Unknown command: receive-interval 0"):
        node.add_session(replace(spec, required_min_rx_us=0))
    assert node.show(spec).state == "absent"


def test_what_does_not_exist_is_not_made_by_changing_it(node: FrrNode, lab: LabDescription) -> None:
    spec = session(lab)
    with pytest.raises(NodeError, match="set_timers slot0-0: % Unable to find"):
        node.set_timers(spec, detect_mult=5)
    with pytest.raises(NodeError, match="set_admin slot0-0: % Unable to find"):
        node.set_admin(spec, enabled=False)
    assert node.show(spec).state == "absent"


NO_WORDS = "frr: its configuration has no words for"


def test_declared_lacks_are_true(node: FrrNode, lab: LabDescription) -> None:
    spec = session(lab)
    where = f"peer {spec.peer} local-address {spec.local} interface {spec.interface}"
    refusals = {
        Capability.DEMAND: "frr: set_demand slot0-0: % Unknown command: demand-mode",
        Capability.VERIFY: "frr: verify slot0-0: % Unknown command: bfd poll " + where,
        Capability.PATH_DOWN: "frr: set_path_down slot0-0: % Unknown command: concatenated-path-down 6",
        Capability.FORWARDING_RESET: "frr: reset_forwarding slot0-0: % Unknown command: forwarding-plane-reset",
        Capability.CONGESTION: "frr: set_congested slot0-0: % Unknown command: congestion",
        Capability.CONTROL_PLANE_INDEPENDENT: "frr: add_session slot0-0: % Unknown command: control-plane-independent",
        Capability.ZERO_MIN_RX: "frr: set_timers slot0-0: % Unknown command: receive-interval 0",
        Capability.DETECT_MULT_ONE: "frr: add_session slot0-0: % Unknown command: detect-multiplier 1",
        Capability.POINT_TO_POINT: f"{NO_WORDS} sessions without regard to the far end's address",
        Capability.UNIDIRECTIONAL: f"{NO_WORDS} ends of unidirectional links",
        Capability.DISCRIMINATORS: f"{NO_WORDS} discriminators that were signalled outside BFD",
        Capability.SERVICE_LEVELS: f"{NO_WORDS} sessions for a service level",
        Capability.PADDING: "frr: add_session slot0-0: % Unknown command: pdu-size 128",
        Capability.SHARING: "frr: a session has one client, its configuration",
    }
    keys = {lack for lack in node.lacks if lack.name.startswith("AUTH_") or lack is Capability.CHANGE_KEYS}
    told = {lack: node.check_lack(lack, spec) for lack in node.lacks}
    assert all(told[lack].startswith("frr: add_session slot0-0: % Unknown command: ") for lack in keys)
    assert {lack: why for lack, why in told.items() if lack not in keys} == refusals
    assert node.show(spec).state == "absent"


def test_eight_at_once(handle: Handle, lab: LabDescription) -> None:
    def work(slot: int) -> None:
        node = FrrNode.attach(handle)
        spec = session(lab, slot=slot)
        for round_ in range(3):
            node.add_session(replace(spec, required_min_rx_us=(100 + slot) * 1000))
            node.set_timers(spec, desired_min_tx_us=(50 + slot) * 1000, detect_mult=4 + round_)
            raw = node.show(spec).raw
            assert (raw["receive-interval"], raw["transmit-interval"]) == (100 + slot, 50 + slot)
            node.remove_session(spec)
            assert node.show(spec).state == "absent"

    with ThreadPoolExecutor(max_workers=8) as executor:
        list(executor.map(work, range(8)))


def test_the_version_is_that_of_the_program(node: FrrNode) -> None:
    said = subprocess.run(
        [release(node.name).find("bfdd"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    assert said.splitlines()[0] == f"bfdd version {node.version}"


def test_stop_ends_the_daemons_and_verbs_say_so(runtime: Path) -> None:
    with Lab(f"stop-{os.getpid()}", 1, runtime=runtime) as laboratory:
        lab = laboratory.describe()
        node = FrrNode.attach(launch("frr", lab))
        assert len(processes(lab.target_namespace)) == 2
        node.stop()
        node.stop()
        assert processes(lab.target_namespace) == []
        with pytest.raises(NodeError, match=r"frr: show slot0-0: .*connect"):
            node.show(session(lab))


def test_a_daemon_that_cannot_start_gives_its_reason(runtime: Path) -> None:
    with Lab(f"fail-{os.getpid()}", 1, runtime=runtime) as laboratory:
        lab = laboratory.describe()
        lab.folder.chmod(0o700)  # the daemons give up root, and then nothing in here is theirs to read
        with pytest.raises(NodeError, match=r"frr: zebra ended while starting: .*[Pp]ermission denied"):
            launch("frr", lab)
        assert processes(lab.target_namespace) == []
