"""The Open vSwitch node against a real Open vSwitch, which must be seen to obey: on the wire or in its own words."""

import json
import os
import socket
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

from topologies.description import LabDescription
from topologies.lab import Lab
from topologies.launch import launch
from topologies.node import Capability, LackError, NodeError, SessionSpec
from topologies.nodes import release
from topologies.nodes.adapter import Handle
from topologies.nodes.ovs.adapter import OvsNode
from topologies.processes import processes, run_in, terminate
from topologies.trees import tree

MISSING = release("ovs").missing(tree(release("ovs")))

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING)),
]

DOWN, INIT, UP = 1, 2, 3


@pytest.fixture(scope="module")
def lab(runtime: Path) -> Iterator[LabDescription]:
    with Lab(f"ovs-{os.getpid()}", 4, runtime=runtime) as laboratory:
        yield laboratory.describe()


@pytest.fixture(scope="module")
def handle(lab: LabDescription) -> Handle:
    return launch("ovs", lab)


@pytest.fixture
def node(handle: Handle) -> OvsNode:
    return OvsNode.attach(handle)


def session(lab: LabDescription, slot: int = 0, version: str = "ipv4") -> SessionSpec:
    ends = lab.slots[slot].links[0].model_dump()
    return SessionSpec(
        name=f"slot{slot}",
        peer=ends[f"tester_{version}"],
        local=ends[f"target_{version}"],
        interface=ends["target_interface"],
    )


class Heard(NamedTuple):
    """A Control packet, read without the project's own wire layers."""

    sender: str
    state: int
    diag: int
    mult: int
    mine: int
    tx_us: int
    rx_us: int


class Peer:
    """The far end of a session: hears packets and says one thing, from which detection takes 255 s."""

    def __init__(self, wire: socket.socket) -> None:
        self.wire = wire
        wire.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
        wire.bind(("", 3784))

    def hear_until(self, wanted: Callable[[Heard], bool]) -> Heard:
        for _ in range(100):
            data, (sender, *_) = self.wire.recvfrom(64)
            first, flags, mult, _, mine, _, tx_us, rx_us, _ = struct.unpack("!BBBBIIIII", data)
            heard = Heard(sender, flags >> 6, first & 31, mult, mine, tx_us, rx_us)
            if wanted(heard):
                return heard
        pytest.fail("not heard in 100 packets")

    def say(self, to: str, state: int, yours: int) -> None:
        packet = struct.pack("!BBBBIIIII", 1 << 5, state << 6, 255, 24, 0xBFD, yours, 1_000_000, 10_000, 0)
        self.wire.sendto(packet, (to, 3784))


@pytest.fixture
def peer(lab: LabDescription, socket_in: Callable[..., socket.socket]) -> Iterator[Peer]:
    with socket_in(lab.tester_namespace, socket.AF_INET, socket.SOCK_DGRAM) as wire:
        yield Peer(wire)


def addresses(lab: LabDescription, interface: str) -> set[str]:
    shown = run_in(lab.target_namespace, ["ip", "-json", "addr", "show", "dev", interface]).stdout
    return {each["local"] for link in json.loads(shown) for each in link["addr_info"]}


def neighbours(lab: LabDescription, interface: str) -> int:
    return len(run_in(lab.target_namespace, ["ip", "neigh", "show", "nud", "permanent", "dev", interface]).stdout)


def test_the_life_of_a_session(node: OvsNode, lab: LabDescription) -> None:
    spec = session(lab)
    assert node.show(spec).state == "absent"
    node.add_session(spec)
    shown = node.show(spec)
    assert (shown.state, shown.diag, shown.raw["Local Minimum RX Interval"]) == ("down", 0, "300ms")

    node.set_timers(spec, desired_min_tx_us=80_000, detect_mult=5)
    changed = node.show(spec).raw
    assert changed["Detect Multiplier"] == "5"
    assert changed["Local Discriminator"] == shown.raw["Local Discriminator"], "it was changed, not made anew"

    node.remove_session(spec)
    node.remove_session(spec)
    assert node.show(spec).state == "absent"


def test_timers_and_path_change_while_up(node: OvsNode, lab: LabDescription, peer: Peer) -> None:
    spec = replace(session(lab), desired_min_tx_us=50_000, required_min_rx_us=70_000)
    node.add_session(spec)
    first = peer.hear_until(lambda heard: heard.state == DOWN)
    assert (first.sender, first.rx_us, first.mult) == (spec.local, 70_000, 3)
    peer.say(spec.local, INIT, yours=first.mine)
    up = peer.hear_until(lambda heard: heard.state == UP)
    assert (up.mine, up.diag) == (first.mine, 0)

    node.set_timers(spec, desired_min_tx_us=80_000, required_min_rx_us=90_000, detect_mult=5)
    changed = peer.hear_until(lambda heard: heard.mult == 5)
    assert (changed.state, changed.tx_us, changed.rx_us) == (UP, 80_000, 90_000)
    node.set_path_down(spec, 6)
    peer.hear_until(lambda heard: (heard.state, heard.diag) == (UP, 6))
    node.set_path_down(spec, 0)
    peer.hear_until(lambda heard: (heard.state, heard.diag) == (UP, 0))
    with pytest.raises(LackError, match="ovs: no key of the bfd column reports diagnostic 8"):
        node.set_path_down(spec, 8)
    node.remove_session(spec)


def test_a_session_of_the_same_addresses_is_replaced(node: OvsNode, lab: LabDescription) -> None:
    spec = session(lab)
    node.add_session(replace(spec, detect_mult=9))
    before = node.show(spec).raw
    node.add_session(spec)
    after = node.show(spec).raw
    node.remove_session(spec)
    assert (before["Detect Multiplier"], after["Detect Multiplier"]) == ("9", "3")
    assert before["Local Discriminator"] != after["Local Discriminator"]


def test_a_port_has_one_session(node: OvsNode, lab: LabDescription) -> None:
    spec = session(lab)
    other = replace(spec, name="other", peer=spec.peer.removesuffix(".1") + ".4")
    node.add_session(spec)
    with pytest.raises(LackError, match=f"a port has one session, and that of target0-0 is with {spec.peer}"):
        node.add_session(other)
    node.remove_session(other)
    assert (node.show(other).state, node.show(spec).state) == ("absent", "down")
    node.remove_session(spec)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"interface": "nowhere"}, "there is no interface br-nowhere"),
        ({"local": "10.203.0.999"}, '"10.203.0.999" is not a valid IP address'),
        ({"detect_mult": 256}, "bfd:mult=256 was accepted, but 3 is shown"),
        ({"required_min_rx_us": 0}, "bfd:min_rx=0 was accepted, but 1 is shown"),
    ],
)
def test_a_refused_session_is_not_left_half_made(
    node: OvsNode, lab: LabDescription, change: dict[str, Any], complaint: str
) -> None:
    spec = replace(session(lab), **change)
    with pytest.raises(NodeError, match=f"^ovs: add_session slot0: {complaint}$"):
        node.add_session(spec)
    assert node.show(spec).state == "absent"


def test_refused_timers_stay_as_they_were(node: OvsNode, lab: LabDescription) -> None:
    spec = session(lab)
    node.add_session(spec)
    with pytest.raises(NodeError, match="set_timers slot0: bfd:min_rx=0 was accepted, but 1 is shown"):
        node.set_timers(spec, required_min_rx_us=0)
    assert node.show(spec).raw["Local Minimum RX Interval"] == "300ms"
    node.remove_session(spec)


def test_what_does_not_exist_is_not_made_by_changing_it(node: OvsNode, lab: LabDescription) -> None:
    spec = session(lab)
    with pytest.raises(NodeError, match=f"ovs: set_timers slot0: there is no session with {spec.peer} on target0-0"):
        node.set_timers(spec, detect_mult=5)
    assert node.show(spec).state == "absent"


def test_declared_lacks_are_true(node: OvsNode, lab: LabDescription) -> None:
    spec, evidence = session(lab), {}
    for lack in node.lacks:
        try:
            evidence[lack] = node.check_lack(lack, spec)
        except LackError:
            continue
        assert node.show(spec).state == "absent"
    assert set(evidence) == {
        Capability.ADMIN_DOWN,
        Capability.ZERO_MIN_RX,
        Capability.IPV6,
        Capability.LINK_LOCAL,
        Capability.VERIFY,
        Capability.FORWARDING_RESET,
        Capability.CONGESTION,
    }
    assert evidence[Capability.ADMIN_DOWN].endswith("after bfd:enable=false the session is absent")
    assert evidence[Capability.IPV6].endswith('"fe80::bfd:2" is not a valid IP address')
    assert '"bfd/poll" is not a valid command' in evidence[Capability.VERIFY]


def test_four_at_once(handle: Handle, lab: LabDescription) -> None:
    specs = [replace(session(lab, slot), required_min_rx_us=(100 + slot) * 1000) for slot in range(4)]

    def work(spec: SessionSpec) -> str:
        own = OvsNode.attach(handle)
        for mult in (4, 5):
            own.remove_session(spec)
            own.add_session(spec)
            own.set_timers(spec, detect_mult=mult)
        shown = own.show(spec).raw
        own.remove_session(spec)
        return f"{shown['Detect Multiplier']} x {shown['Local Minimum RX Interval']}"

    with ThreadPoolExecutor(max_workers=4) as executor:
        assert list(executor.map(work, specs)) == [f"5 x {100 + slot}ms" for slot in range(4)]


def test_the_kernel_is_silent_on_a_port_and_answers_on_its_bridge(
    lab: LabDescription, handle: Handle, socket_in: Callable[..., socket.socket]
) -> None:
    node, spec = OvsNode.attach(handle), session(lab)
    node.add_session(spec)
    with socket_in(lab.tester_namespace, socket.AF_INET, socket.SOCK_DGRAM) as wire:
        wire.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
        wire.connect((spec.local, 3784))
        wire.send(bytes(24))
        wire.connect((spec.local, 9999))
        wire.send(b"after the other")
        with pytest.raises(ConnectionRefusedError):  # and the first answer, had there been one, was for port 3784
            wire.recv(1)
        wire.connect((spec.local, 3784))
        wire.setblocking(False)
        with pytest.raises(BlockingIOError):
            wire.recv(1)
    node.remove_session(spec)


def test_interfaces_are_given_back(runtime: Path) -> None:
    with Lab(f"stop-{os.getpid()}", 1, runtime=runtime) as laboratory:
        lab = laboratory.describe()
        spec = session(lab)
        before, known = addresses(lab, spec.interface), neighbours(lab, spec.interface)
        node = OvsNode.attach(launch("ovs", lab))
        assert len(processes(lab.target_namespace)) == 2
        assert addresses(lab, spec.interface) == set()
        assert addresses(lab, f"br-{spec.interface}") == before
        node.stop()
        node.stop()
        assert processes(lab.target_namespace) == []
        assert (addresses(lab, spec.interface), neighbours(lab, spec.interface)) == (before, known)
        with pytest.raises(NodeError, match=r"ovs: add_session slot0: .*database connection failed"):
            node.add_session(spec)


def test_a_crash_takes_no_addresses_with_it(runtime: Path) -> None:
    with Lab(f"crash-{os.getpid()}", 1, runtime=runtime) as laboratory:
        lab = laboratory.describe()
        spec = session(lab)
        before = addresses(lab, spec.interface)
        node = OvsNode.attach(launch("ovs", lab))
        terminate(lab.target_namespace, grace_s=0)
        node.stop()
        assert addresses(lab, spec.interface) == before
        again = OvsNode.attach(launch("ovs", lab))
        again.add_session(spec)
        assert again.show(spec).state == "down"


def test_a_daemon_that_cannot_start_gives_its_reason(runtime: Path) -> None:
    with Lab(f"fail-{os.getpid()}", 1, runtime=runtime) as laboratory:
        lab = laboratory.describe()
        (lab.folder / "ovs" / "db.sock").mkdir(parents=True)  # a folder where the socket should be
        with pytest.raises(NodeError, match=r"ovs: ovsdb-server"):
            launch("ovs", lab)
        assert processes(lab.target_namespace) == []
