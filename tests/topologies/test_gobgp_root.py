"""The GoBGP node against the GoBGP of a root tree, which must be seen to obey: on the wire or in its own words."""

import os
import socket
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

from topologies.description import LabDescription
from topologies.lab import Lab
from topologies.launch import launch
from topologies.node import Capability, NodeError, SessionSpec
from topologies.nodes import release
from topologies.nodes.adapter import Handle
from topologies.nodes.gobgp.adapter import GobgpNode
from topologies.processes import processes
from topologies.trees import tree

MISSING = release("gobgp").missing(tree(release("gobgp")))

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING)),
]

DOWN = 1


@pytest.fixture(scope="module")
def lab(runtime: Path) -> Iterator[LabDescription]:
    with Lab(f"gobgp-{os.getpid()}", 8, runtime=runtime) as laboratory:
        yield laboratory.describe()


@pytest.fixture(scope="module")
def handle(lab: LabDescription) -> Handle:
    return launch("gobgp", lab)


@pytest.fixture
def node(handle: Handle) -> GobgpNode:
    return GobgpNode.attach(handle)


def session(lab: LabDescription, slot: int = 0, version: str = "ipv4") -> SessionSpec:
    ends = lab.slots[slot].links[0].model_dump()
    return SessionSpec(
        name=f"slot{slot}",
        peer=ends[f"tester_{version}"],
        local=ends[f"target_{version}"],
        interface=ends["target_interface"],
    )


IP_RECVTTL = 12
"""Of Linux; Python has no name for it."""

VERSIONS = {
    "ipv4": (socket.AF_INET, socket.IPPROTO_IP, IP_RECVTTL, socket.IP_TTL),
    "ipv6": (socket.AF_INET6, socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, socket.IPV6_HOPLIMIT),
    "link_local": (socket.AF_INET6, socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, socket.IPV6_HOPLIMIT),
}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_session_is_on_the_wire_as_it_was_asked_for(
    node: GobgpNode, lab: LabDescription, socket_in: Callable[..., socket.socket], version: str
) -> None:
    family, level, wanted, ttl = VERSIONS[version]
    spec = replace(session(lab, version=version), desired_min_tx_us=150_000, required_min_rx_us=70_000, detect_mult=7)
    with socket_in(lab.tester_namespace, family, socket.SOCK_DGRAM) as wire:
        if family == socket.AF_INET6:
            wire.setsockopt(level, socket.IPV6_V6ONLY, 1)
        wire.setsockopt(level, wanted, 1)
        wire.bind(("", 3784))
        node.add_session(spec)
        data, control, _, (sender, port, *_) = wire.recvmsg(64, 64)
        _, flags, mult, length, mine, yours, tx_us, rx_us, echo_us = struct.unpack("!BBBBIIIII", data)
        assert (flags >> 6, mult, length, yours, tx_us, rx_us, echo_us) == (DOWN, 7, 24, 0, 150_000, 70_000, 0)
        assert mine != 0
        assert (sender.partition("%")[0], port >= 49152) == (spec.local, True)
        assert [int.from_bytes(value[:1], "little") for _, kind, value in control if kind == ttl] == [255]
        assert node.show(spec).state == "down"
        node.remove_session(spec)
        assert node.show(spec).state == "absent"
    node.remove_session(spec)


def test_the_same_neighbor_again_is_a_new_session(node: GobgpNode, lab: LabDescription) -> None:
    spec = session(lab)
    node.add_session(spec)
    node.add_session(replace(spec, detect_mult=5))
    assert node.show(spec).raw["bfd"]["detection_multiplier"] == 5
    node.remove_session(spec)


def test_nothing_disturbs_the_sessions_beside(node: GobgpNode, lab: LabDescription) -> None:
    beside, spec = session(lab, slot=1), session(lab)
    node.add_session(beside)
    log = node.place.folder / "gobgpd.log"
    begin = len(log.read_text())
    node.add_session(spec)
    with pytest.raises(NodeError, match="a new one begun"):
        node.set_timers(spec, detect_mult=9)
    with pytest.raises(NodeError, match="has invalid keys: demand-mode"):
        node.set_demand(spec, enabled=True)
    node.remove_session(spec)
    assert f'"{beside.peer}"' not in log.read_text()[begin:]
    node.remove_session(beside)


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"required_min_rx_us": 0}, "Required Min RX Interval of 0: 1 to 4294967295 are allowed"),
        ({"desired_min_tx_us": 1 << 32}, "Desired Min TX Interval of 4294967296"),
        ({"detect_mult": 300}, "Detect Mult of 300: 1 to 255 are allowed"),
    ],
)
def test_what_gobgp_would_bend_is_refused(
    node: GobgpNode, lab: LabDescription, parameters: dict[str, int], complaint: str
) -> None:
    spec = session(lab)
    with pytest.raises(NodeError, match=f"gobgp: add_session slot0: {complaint}"):
        node.add_session(replace(spec, **parameters))  # type: ignore[arg-type]
    assert node.show(spec).state == "absent"


def test_what_does_not_exist_is_not_made_by_changing_it(node: GobgpNode, lab: LabDescription) -> None:
    spec = session(lab)
    with pytest.raises(NodeError, match=f"set_timers slot0: there is no session to {spec.peer}"):
        node.set_timers(spec, detect_mult=5)
    assert node.show(spec).state == "absent"


DEFAULT = "gobgp: set_timers slot0: required_minimum_receive 0 was accepted, but 1000000 is shown"
REPLACED = "gobgp: set_timers slot0: the session was ended and a new one begun: 'Remove BFD peer', 'Insert BFD peer'"
UNREAD = (
    "Can't read config file: decoding failed due to the following error(s): 'neighbors[1].bfd.config' has invalid keys:"
)
NO_WORDS = "gobgp: its configuration has no words for"


def test_declared_lacks_are_true(node: GobgpNode, lab: LabDescription) -> None:
    spec = session(lab)
    refusals = {
        Capability.CHANGE_TX: REPLACED,
        Capability.CHANGE_RX: REPLACED,
        Capability.CHANGE_MULT: REPLACED,
        Capability.ZERO_MIN_RX: DEFAULT,
        Capability.ADMIN_DOWN: "gobgp: set_admin slot0: neighbor disable was accepted, but the BFD session is down",
        Capability.PASSIVE: f"gobgp: add_session slot0: {UNREAD} passive-mode",
        Capability.MULTI_HOP: f"gobgp: add_session slot0: {UNREAD} multihop",
        Capability.ADDRESS_PAIRS: f"gobgp: add_session slot0: {UNREAD} multihop",
        Capability.DEMAND: f"gobgp: set_demand slot0: {UNREAD} demand-mode",
        Capability.VERIFY: "gobgp: a Poll Sequence cannot be asked for",
        Capability.ECHO_SEND: f"gobgp: add_session slot0: {UNREAD} desired-minimum-echo-tx-interval",
        Capability.ECHO_REFLECT: f"gobgp: add_session slot0: {UNREAD} required-minimum-echo-receive",
        Capability.PATH_DOWN: "gobgp: a failure of a concatenated path cannot be reported",
        Capability.FORWARDING_RESET: "gobgp: a reset of the forwarding plane cannot be reported",
        Capability.CONGESTION: "gobgp: congestion cannot be reported",
        Capability.CONTROL_PLANE_INDEPENDENT: f"gobgp: add_session slot0: {UNREAD} control-plane-independent",
        Capability.POINT_TO_POINT: f"{NO_WORDS} sessions without regard to the far end's address",
        Capability.UNIDIRECTIONAL: f"{NO_WORDS} ends of unidirectional links",
        Capability.DISCRIMINATORS: f"{NO_WORDS} discriminators that were signalled outside BFD",
        Capability.PADDING: f"gobgp: add_session slot0: {UNREAD} pdu-size",
        Capability.SERVICE_LEVELS: f"{NO_WORDS} sessions for a service level",
        Capability.SHARING: "gobgp: a session has one client, its configuration",
    } | {
        lack: f"gobgp: add_session slot0: {UNREAD} authentication-type"
        for lack in Capability
        if lack.name.startswith("AUTH_") or lack is Capability.CHANGE_KEYS
    }
    assert {lack: node.check_lack(lack, spec) for lack in node.lacks} == refusals
    assert node.show(spec).state == "absent"


def test_eight_at_once(handle: Handle, lab: LabDescription) -> None:
    def work(slot: int) -> None:
        node = GobgpNode.attach(handle)
        spec = session(lab, slot=slot)
        for round_ in range(3):
            node.add_session(replace(spec, required_min_rx_us=(100 + slot) * 1000, detect_mult=4 + round_))
            taken = node.show(spec).raw["bfd"]
            assert taken["required_minimum_receive"] == (100 + slot) * 1000
            assert taken["detection_multiplier"] == 4 + round_
            node.remove_session(spec)
            assert node.show(spec).state == "absent"

    with ThreadPoolExecutor(max_workers=8) as executor:
        list(executor.map(work, range(8)))


def test_stop_ends_the_daemon_and_verbs_say_so(runtime: Path) -> None:
    with Lab(f"stop-{os.getpid()}", 1, runtime=runtime) as laboratory:
        lab = laboratory.describe()
        node = GobgpNode.attach(launch("gobgp", lab))
        assert len(processes(lab.target_namespace)) == 1
        node.stop()
        node.stop()
        assert processes(lab.target_namespace) == []
        with pytest.raises(NodeError, match=r"gobgp: add_session slot0: .*process \d+ has ended"):
            node.add_session(session(lab))
        with pytest.raises(NodeError, match=r"gobgp: show slot0: "):
            node.show(session(lab))
