"""aiobfd as a node, with the real program, which must be seen to obey: on the wire or in its own words."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

from topologies.description import LabDescription
from topologies.lab import Lab
from topologies.launch import launch
from topologies.node import Capability, LackError, NodeError, SessionSpec
from topologies.nodes import release
from topologies.nodes.adapter import Handle
from topologies.nodes.aiobfd.adapter import AiobfdNode
from topologies.processes import exited, processes

MISSING = release("aiobfd").missing()

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING)),
]


@pytest.fixture(scope="module")
def lab(runtime: Path) -> Iterator[LabDescription]:
    with Lab(f"aiobfd-{os.getpid()}", 4, runtime=runtime) as laboratory:
        yield laboratory.describe()


@pytest.fixture(scope="module")
def handle(lab: LabDescription) -> Handle:
    return launch("aiobfd", lab)


@pytest.fixture
def node(handle: Handle, lab: LabDescription) -> Iterator[AiobfdNode]:
    attached = AiobfdNode.attach(handle)
    yield attached
    attached.stop()
    assert processes(lab.target_namespace) == []


def session(lab: LabDescription, slot: int = 0, version: str = "ipv4") -> SessionSpec:
    ends = lab.slots[slot].links[0].model_dump()
    return SessionSpec(
        name=f"slot{slot}",
        peer=ends[f"tester_{version}"],
        local=ends[f"target_{version}"],
        interface=ends["target_interface"],
    )


def heard(wire: socket.socket, spec: SessionSpec) -> bytes:
    """The next packet of the session's."""
    while True:
        packet, source = wire.recvfrom(64)
        if source[0].partition("%")[0] == spec.local:
            return packet


def test_the_version_is_told_before_there_is_a_process(handle: Handle, node: AiobfdNode, lab: LabDescription) -> None:
    assert (node.version, handle["processes"], processes(lab.target_namespace)) == ("0.2", [], [])


@pytest.mark.parametrize(
    ("version", "family"),
    [("ipv4", socket.AF_INET), ("ipv6", socket.AF_INET6), ("link_local", socket.AF_INET6)],
)
def test_the_life_of_a_session(
    node: AiobfdNode,
    handle: Handle,
    lab: LabDescription,
    socket_in: Callable[..., socket.socket],
    version: str,
    family: int,
) -> None:
    spec = replace(session(lab, version=version), required_min_rx_us=70_000, detect_mult=1)
    assert node.show(spec).state == "absent"
    with socket_in(lab.tester_namespace, family, socket.SOCK_DGRAM) as wire:
        wire.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", 3784))
        node.add_session(spec)
        shown = node.show(spec)
        packet = heard(wire, spec)
    assert (shown.state, shown.diag) == ("down", 0)
    assert packet[:4] == bytes([0x20, 0x40, 1, 24])
    assert int.from_bytes(packet[16:20]) == 70_000
    AiobfdNode.attach(handle).remove_session(spec)  # whoever attaches knows the process
    node.remove_session(spec)
    assert node.show(spec).state == "absent"
    assert processes(lab.target_namespace) == []


def test_it_tells_its_state_in_its_log(
    node: AiobfdNode, lab: LabDescription, socket_in: Callable[..., socket.socket]
) -> None:
    spec = session(lab)
    with socket_in(lab.tester_namespace, socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind(("0.0.0.0", 3784))
        node.add_session(spec)
        theirs = heard(wire, spec)[4:8]
        rest = b"\0\0\0\7" + theirs + (1_000_000).to_bytes(4) + (300_000).to_bytes(4) + bytes(4)
        wire.sendto(b"\x20\x40\x03\x18" + rest, (spec.local, 3784))
        while heard(wire, spec)[1] >> 6 != 2:
            pass
    assert node.show(spec).state == "init"


def test_a_passive_session_is_silent(
    node: AiobfdNode, lab: LabDescription, socket_in: Callable[..., socket.socket]
) -> None:
    passive, active = replace(session(lab), passive=True), session(lab, slot=1)
    with socket_in(lab.tester_namespace, socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.bind(("0.0.0.0", 3784))
        node.add_session(passive)
        node.add_session(active)
        # The third packet of the active session comes at least 1.5 s after the passive one could have begun.
        assert [wire.recvfrom(64)[1][0] for _ in range(3)] == [active.local] * 3


def test_a_session_of_the_same_addresses_is_replaced(node: AiobfdNode, lab: LabDescription) -> None:
    node.add_session(session(lab))
    first = processes(lab.target_namespace)
    node.add_session(session(lab))
    second = processes(lab.target_namespace)
    assert len(first) == len(second) == 1
    assert first != second


def test_a_refused_session_leaves_nothing(node: AiobfdNode, lab: LabDescription) -> None:
    there = session(lab)
    node.add_session(there)
    other = replace(session(lab, slot=1), local=there.local)
    with pytest.raises(LackError, match=r"add_session slot1: .*already in use.*two sessions cannot have one local"):
        node.add_session(other)
    assert node.show(other).state == "absent"
    assert node.show(there).state == "down"
    assert len(processes(lab.target_namespace)) == 1


def test_a_process_that_ended_by_itself_is_told_of(node: AiobfdNode, lab: LabDescription) -> None:
    spec = session(lab)
    node.add_session(spec)
    (process,) = processes(lab.target_namespace)
    os.kill(process, signal.SIGKILL)
    assert exited(process, 5)
    with pytest.raises(NodeError, match="aiobfd: show slot0: the process has ended: BFD Daemon fully configured"):
        node.show(spec)
    node.remove_session(spec)
    assert node.show(spec).state == "absent"


UNHEARD_OF = {
    Capability.MULTI_HOP: "--multihop",
    Capability.ADDRESS_PAIRS: "--multihop",
    Capability.UNIDIRECTIONAL: "--unidirectional",
    Capability.ECHO_SEND: "--echo-tx-interval",
    Capability.ECHO_REFLECT: "--echo-rx-interval",
    Capability.CONTROL_PLANE_INDEPENDENT: "--control-plane-independent",
    Capability.POINT_TO_POINT: "--point-to-point",
    Capability.SERVICE_LEVELS: "--dscp",
    Capability.PADDING: "--pdu-size",
    Capability.DISCRIMINATORS: "--local-discriminator --remote-discriminator",
}


def test_declared_lacks_are_true(node: AiobfdNode, lab: LabDescription) -> None:
    spec = session(lab)
    for lack in node.lacks:
        keys = lack.name.startswith("AUTH_") or lack is Capability.CHANGE_KEYS
        option = "--auth-type" if keys else UNHEARD_OF.get(lack)
        if option is None:
            with pytest.raises(LackError, match=r"^aiobfd: "):
                node.check_lack(lack, spec)
        else:
            said = f"the process ended while starting: aiobfd: error: unrecognized arguments: {option}"
            assert node.check_lack(lack, spec) == f"aiobfd: add_session slot0: {said}"
        assert node.show(spec).state == "absent"


def test_four_at_once(handle: Handle, lab: LabDescription, node: AiobfdNode) -> None:
    def work(slot: int) -> None:
        mine, spec = AiobfdNode.attach(handle), session(lab, slot=slot)
        for _ in range(2):
            mine.add_session(spec)
            assert mine.show(spec).state == "down"
            mine.remove_session(spec)
            assert mine.show(spec).state == "absent"

    with ThreadPoolExecutor(max_workers=4) as executor:
        list(executor.map(work, range(4)))


def test_a_part_of_a_millisecond_cannot_be_said(node: AiobfdNode, lab: LabDescription) -> None:
    with pytest.raises(LackError, match="aiobfd: 1500 us: it takes whole milliseconds"):
        node.add_session(replace(session(lab), desired_min_tx_us=1500))
