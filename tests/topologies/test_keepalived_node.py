"""The keepalived node against the installed keepalived, which must be seen to obey: on the wire or in its own words."""

import itertools
import os
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

from far_end import DOWN, FAMILIES, INIT, PORTS, UP, Peer

from topologies.description import LabDescription
from topologies.lab import Lab
from topologies.launch import launch
from topologies.node import Capability, NodeError, SessionSpec
from topologies.nodes import release
from topologies.nodes.adapter import Handle
from topologies.nodes.keepalived.adapter import KeepalivedNode
from topologies.processes import processes
from topologies.trees import tree

MISSING = release("keepalived").missing()

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING)),
]


@pytest.fixture(scope="module")
def lab(runtime: Path) -> Iterator[LabDescription]:
    with Lab(f"ka-{os.getpid()}", 1, links_per_slot=4, runtime=runtime) as laboratory:
        yield laboratory.describe()


@pytest.fixture(scope="module")
def handle(lab: LabDescription) -> Handle:
    return launch("keepalived", lab)


@pytest.fixture
def node(handle: Handle) -> Iterator[KeepalivedNode]:
    """A node that each test has to leave without sessions."""
    attached = KeepalivedNode.attach(handle)
    yield attached
    configuration = Path(handle["place"]["folder"]) / "keepalived.conf"
    assert "bfd_instance" not in configuration.read_text()


def session(lab: LabDescription, link: int = 0, version: str = "ipv4") -> SessionSpec:
    ends = lab.slots[0].links[link].model_dump()
    return SessionSpec(
        name=f"session-{link}",
        peer=ends[f"tester_{version}"],
        local=ends[f"target_{version}"],
        interface=ends["target_interface"],
    )


@pytest.fixture
def listen(lab: LabDescription, socket_in: Callable[..., socket.socket]) -> Iterator[Callable[..., Peer]]:
    wires: list[socket.socket] = []

    def opened(version: str = "ipv4", port: int = 3784) -> Peer:
        wires.append(socket_in(lab.tester_namespace, FAMILIES[version], socket.SOCK_DGRAM))
        return Peer(wires[-1], port)

    yield opened
    for wire in wires:
        wire.close()


@pytest.mark.parametrize("version", ["ipv4", "ipv6"])
@pytest.mark.parametrize("changes", [{}, {"passive": True}])
def test_the_life_of_a_session(
    node: KeepalivedNode, lab: LabDescription, version: str, changes: dict[str, Any]
) -> None:
    spec = replace(session(lab, version=version), **changes)
    assert node.show(spec).state == "absent"
    node.add_session(spec)
    shown = node.show(spec)
    assert (shown.state, shown.diag, shown.raw["Neighbor IP"]) == ("down", 0, spec.peer)

    node.set_timers(spec, desired_min_tx_us=80_000, detect_mult=5)
    changed = node.show(spec)
    assert (changed.raw["Desired min TX interval"], changed.raw["Detection multiplier"]) == ("80000 us", "5")
    assert changed.raw["local discriminator"] == shown.raw["local discriminator"], "changed, not made anew"

    node.remove_session(spec)
    node.remove_session(spec)
    assert node.show(spec).state == "absent"


@pytest.mark.parametrize("version", ["ipv4", "ipv6"])
def test_the_very_first_packet_is_as_asked(
    node: KeepalivedNode, lab: LabDescription, listen: Callable[..., Peer], version: str
) -> None:
    spec = replace(session(lab, version=version), required_min_rx_us=70_001, detect_mult=1)
    peer = listen(version)
    node.add_session(spec)
    heard = peer.hear()
    node.remove_session(spec)
    assert (heard.sender, heard.state, heard.rx_us, heard.mult) == (spec.local, DOWN, 70_001, 1)


def test_timers_change_while_up(node: KeepalivedNode, lab: LabDescription, listen: Callable[..., Peer]) -> None:
    spec, peer = replace(session(lab), desired_min_tx_us=50_000, required_min_rx_us=70_000), listen()
    node.add_session(spec)
    first = peer.hear()
    peer.say(spec.local, INIT, yours=first.mine)
    up = peer.hear_until(lambda heard: heard.state == UP)
    assert (up.tx_us, up.rx_us, up.mult, up.mine) == (50_000, 70_000, 3, first.mine)
    assert node.show(spec).state == "up"

    node.set_timers(spec, desired_min_tx_us=80_000)
    node.set_timers(spec, required_min_rx_us=90_000, detect_mult=5)
    changed = peer.hear_until(lambda heard: heard.mult == 5)
    node.remove_session(spec)
    assert (changed.state, changed.mine, changed.tx_us, changed.rx_us) == (UP, first.mine, 80_000, 90_000)


def test_an_active_session_speaks_and_a_passive_one_is_silent(
    node: KeepalivedNode, lab: LabDescription, listen: Callable[..., Peer]
) -> None:
    passive, active, peer = replace(session(lab, link=0), passive=True), session(lab, link=1), listen()
    node.add_session(passive)
    node.add_session(active)
    senders = [peer.hear().sender for _ in range(3)]
    node.remove_session(passive)
    node.remove_session(active)
    assert senders == [active.local] * 3


def test_a_session_of_the_same_addresses_is_replaced(
    node: KeepalivedNode, lab: LabDescription, listen: Callable[..., Peer]
) -> None:
    spec, peer = session(lab), listen()
    node.add_session(replace(spec, detect_mult=9))
    first = peer.hear()
    peer.say(spec.local, INIT, yours=first.mine)
    peer.hear_until(lambda heard: heard.state == UP)
    node.add_session(spec)
    second = peer.hear_until(lambda heard: heard.mult != first.mult)
    node.remove_session(spec)
    assert (first.mult, second.mult, second.state, second.yours) == (9, 3, DOWN, 0)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"local": "10.203.0.999"}, r"'10.203.0.999' does not appear to be an IPv4 or IPv6 address"),
        ({"local": "192.0.2.1"}, "192.0.2.1: keepalived cannot send from there"),
        ({"detect_mult": 256}, r"\(draft.conf: Line 20\) number '256' outside range \[1, 255\]"),
        ({"required_min_rx_us": 1 << 32}, r"\(draft.conf: Line 19\) number '4294967.296' outside range .*"),
    ],
)
def test_a_refused_session_is_not_left_half_made(
    node: KeepalivedNode, lab: LabDescription, change: dict[str, Any], complaint: str
) -> None:
    spec, other = session(lab), session(lab, link=1)
    node.add_session(other)
    with pytest.raises(NodeError, match=f"^keepalived: add_session session-0: {complaint}$"):
        node.add_session(replace(spec, **change))
    assert node.show(spec).state == "absent"
    node.add_session(spec)
    assert (node.show(spec).state, node.show(other).state) == ("down", "down")
    node.remove_session(spec)
    node.remove_session(other)


def test_what_does_not_exist_is_not_made_by_changing_it(node: KeepalivedNode, lab: LabDescription) -> None:
    spec = session(lab)
    with pytest.raises(NodeError, match=f"keepalived: set_timers session-0: there is no session to {spec.peer}"):
        node.set_timers(spec, detect_mult=5)
    assert node.show(spec).state == "absent"


def test_declared_lacks_are_true(node: KeepalivedNode, lab: LabDescription) -> None:
    spec = session(lab)
    evidence = {lack: node.check_lack(lack, spec) for lack in node.lacks}
    assert all(words.startswith("keepalived: ") for words in evidence.values())
    for lack, words in {
        Capability.ADMIN_DOWN: "Unknown keyword 'disabled'",
        Capability.MULTI_HOP: "Unknown keyword 'multihop'",
        Capability.ADDRESS_PAIRS: "Unknown keyword 'multihop'",
        Capability.ZERO_MIN_RX: "number '0' outside range [1.000, 4294967.000]",
        Capability.DEMAND: "Unknown keyword 'demand'",
        Capability.CONTROL_PLANE_INDEPENDENT: "Unknown keyword 'control_plane_independent'",
        Capability.PADDING: "Unknown keyword 'pdu_size'",
        Capability.ECHO_SEND: "Unknown keyword 'min_echo_tx'",
        Capability.ECHO_REFLECT: "Unknown keyword 'min_echo_rx'",
        Capability.AUTH_KEYED_SHA1: "Unknown keyword 'authentication'",
        Capability.LINK_LOCAL: f"has malformed neighbor address fe80::bfd:1%{spec.interface}, ignoring instance",
    }.items():
        assert evidence[lack].endswith(words)
    assert node.show(spec).state == "absent"


def test_four_at_once(node: KeepalivedNode, handle: Handle, lab: LabDescription, listen: Callable[..., Peer]) -> None:
    peer = listen()
    specs = [replace(session(lab, link=link), required_min_rx_us=(100 + link) * 1000) for link in range(4)]

    def work(spec: SessionSpec) -> None:
        own = KeepalivedNode.attach(handle)
        for mult in (4, 5, 6):
            own.remove_session(spec)
            assert own.show(spec).state == "absent"
            own.add_session(spec)
            own.set_timers(spec, detect_mult=mult)
            assert own.show(spec).state == "down"

    with ThreadPoolExecutor(max_workers=4) as executor:
        list(executor.map(work, specs))
    last: dict[str, tuple[int, int]] = {}
    # With every reload each session says something at once, and all of it has been waiting here.
    for heard in itertools.islice(iter(peer.hear, None), 1000):
        last[heard.sender] = (heard.rx_us, heard.mult)
        if last == {spec.local: (spec.required_min_rx_us, 6) for spec in specs}:
            break
    else:
        pytest.fail(f"not as configured: {last}")
    for spec in specs:
        node.remove_session(spec)


def test_stop_ends_the_daemon_and_verbs_say_so(runtime: Path) -> None:
    with Lab(f"stop-{os.getpid()}", 1, runtime=runtime) as laboratory:
        lab = laboratory.describe()
        node = KeepalivedNode.attach(launch("keepalived", lab))
        node.add_session(session(lab))
        assert len(processes(lab.target_namespace)) == 2, "the parent, and the process of BFD"
        node.stop()
        node.stop()
        assert processes(lab.target_namespace) == []
        for verb in (node.show, node.add_session):
            with pytest.raises(NodeError, match=rf"keepalived: {verb.__name__} session-0: .*: process \d+ has ended"):
                verb(session(lab))
    assert not lab.folder.exists()
    with pytest.raises(NodeError, match=r"keepalived: add_session session-0: no folder .*: the laboratory is down"):
        node.add_session(session(lab))


NEWER = release("keepalived2.3")


@pytest.mark.skipif(bool(NEWER.missing(tree(NEWER))), reason="there is no root tree with it")
def test_a_newer_release_has_multihop_sessions(runtime: Path, socket_in: Callable[..., socket.socket]) -> None:
    with Lab(f"newer-{os.getpid()}", 1, runtime=runtime) as laboratory:
        lab = laboratory.describe()
        node = KeepalivedNode.attach(launch(NEWER.name, lab))
        try:
            assert node.version.startswith("2.3.")
            spec = replace(session(lab), kind="multi_hop", interface="")
            with socket_in(lab.tester_namespace, socket.AF_INET, socket.SOCK_DGRAM) as wire:
                peer = Peer(wire, PORTS["multi_hop"])
                node.add_session(spec)
                first = peer.hear()
                peer.say(spec.local, INIT, yours=first.mine)
                peer.hear_until(lambda heard: heard.state == UP)
            assert node.show(spec).state == "up"
            node.remove_session(spec)
            assert node.show(spec).state == "absent"
        finally:
            node.stop()
