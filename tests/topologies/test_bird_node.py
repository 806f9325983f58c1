"""The BIRD node against the installed BIRD, which must be seen to obey: on the wire or in its own words."""

import itertools
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

from far_end import DOWN, FAMILIES, INIT, PORTS, UP, Heard, Peer

from topologies.description import LabDescription
from topologies.lab import Lab
from topologies.launch import launch
from topologies.node import AuthSpec, Capability, Key, NodeError, SessionSpec
from topologies.nodes import release
from topologies.nodes.adapter import Handle
from topologies.nodes.bird import adapter
from topologies.nodes.bird.adapter import BirdNode
from topologies.processes import processes

MISSING = release("bird").missing()

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING)),
]


@pytest.fixture(scope="module")
def lab(runtime: Path) -> Iterator[LabDescription]:
    with Lab(f"bird-{os.getpid()}", 8, runtime=runtime) as laboratory:
        yield laboratory.describe()


@pytest.fixture(scope="module")
def handle(lab: LabDescription) -> Handle:
    return launch("bird", lab)


@pytest.fixture
def node(handle: Handle) -> Iterator[BirdNode]:
    """A node that each test has to leave without sessions."""
    attached = BirdNode.attach(handle)
    yield attached
    configuration = Path(handle["place"]["folder"]) / "bird.conf"
    assert "\n  neighbor " not in configuration.read_text()


def session(lab: LabDescription, slot: int = 0, link: int = 0, version: str = "ipv4") -> SessionSpec:
    ends = lab.slots[slot].links[link].model_dump()
    return SessionSpec(
        name=f"slot{slot}-{link}",
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


VARIANTS = [
    pytest.param("ipv4", {}, id="ipv4"),
    pytest.param("ipv6", {}, id="ipv6"),
    pytest.param("ipv4", {"kind": "multi_hop"}, id="multi_hop"),
    pytest.param("ipv6", {"kind": "multi_hop"}, id="multi_hop-ipv6"),
]


ROUNDING_S = 0.002
"""BIRD computes anew, to a millisecond, when something happened whenever it is asked."""


def began_s(node: BirdNode, spec: SessionSpec) -> float:
    """When BIRD says that the session began, in seconds of the day: never so short ago that one which is made anew from
    now on could be taken for it."""
    while True:
        since = datetime.strptime(node.show(spec).raw["since"], "%H:%M:%S.%f")
        if (datetime.now() - since) % timedelta(days=1) > timedelta(seconds=5 * ROUNDING_S):
            return (since - datetime(1900, 1, 1)).total_seconds()  # the day of what has only a time


@pytest.mark.parametrize(("version", "changes"), [*VARIANTS, pytest.param("ipv4", {"passive": True}, id="passive")])
def test_the_life_of_a_session(node: BirdNode, lab: LabDescription, version: str, changes: dict[str, Any]) -> None:
    spec = replace(session(lab, version=version), **changes)
    assert node.show(spec).state == "absent"
    node.add_session(spec)
    shown = node.show(spec)
    assert shown.state == "down"
    assert shown.raw["address"] == spec.peer
    assert shown.raw["interface"] == ("---" if spec.kind == "multi_hop" else spec.interface)

    began = began_s(node, spec)
    node.set_timers(spec, desired_min_tx_us=80_000, detect_mult=5)
    node.set_admin(spec, enabled=True)
    assert began_s(node, spec) == pytest.approx(began, abs=ROUNDING_S), "the session was changed, not made anew"

    node.remove_session(spec)
    node.remove_session(spec)
    assert node.show(spec).state == "absent"


@pytest.mark.parametrize(("version", "changes"), VARIANTS)
def test_the_very_first_packet_is_as_asked(
    node: BirdNode, lab: LabDescription, listen: Callable[..., Peer], version: str, changes: dict[str, Any]
) -> None:
    spec = replace(session(lab, version=version), required_min_rx_us=70_001, detect_mult=9, **changes)
    peer = listen(version, PORTS[spec.kind])
    node.add_session(spec)
    heard = peer.hear()
    node.remove_session(spec)
    assert (heard.sender, heard.state, heard.rx_us, heard.mult) == (spec.local, DOWN, 70_001, 9)


def test_timers_change_while_up(node: BirdNode, lab: LabDescription, listen: Callable[..., Peer]) -> None:
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
    assert changed == Heard(spec.local, UP, 5, first.mine, 0xBFD, 80_000, 90_000)


def test_zero_min_rx_and_detect_mult_one_are_obeyed(
    node: BirdNode, lab: LabDescription, listen: Callable[..., Peer]
) -> None:
    spec, peer = replace(session(lab), required_min_rx_us=0, detect_mult=1), listen()
    node.add_session(spec)
    heard = peer.hear()
    node.remove_session(spec)
    assert (heard.rx_us, heard.mult) == (0, 1)


def test_an_active_session_speaks_and_a_passive_one_is_silent(
    node: BirdNode, lab: LabDescription, listen: Callable[..., Peer]
) -> None:
    passive, active, peer = replace(session(lab, link=0), passive=True), session(lab, link=1), listen()
    node.add_session(passive)
    node.add_session(active)
    # The third packet of the active session comes at least 1.5 s after the passive one could have begun.
    senders = [peer.hear().sender for _ in range(3)]
    node.remove_session(passive)
    node.remove_session(active)
    assert senders == [active.local] * 3


def test_a_session_of_the_same_addresses_is_replaced(
    node: BirdNode, lab: LabDescription, listen: Callable[..., Peer]
) -> None:
    spec, peer = session(lab), listen()
    node.add_session(replace(spec, detect_mult=9))
    first = peer.hear()
    node.add_session(spec)
    second = peer.hear_until(lambda heard: heard.mine != first.mine)
    node.remove_session(spec)
    assert (first.mult, second.mult) == (9, 3)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"kind": "multi_hop", "local": "10.203.0.999"}, r"bird.conf:\d+:\d+ .*"),
        ({"detect_mult": 256}, "Detect Mult of 256: 1 to 255 are allowed"),
        ({"desired_min_tx_us": 1 << 32}, "Desired Min TX Interval of 4294967296: 0 to 4294967295 are allowed"),
        ({"interface": "nowhere"}, "BIRD accepted it, but 0.2 s later the session is absent"),
    ],
)
def test_a_refused_session_is_not_left_half_made(
    node: BirdNode, lab: LabDescription, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], complaint: str
) -> None:
    monkeypatch.setattr(adapter, "_OBEYED_S", 0.2)
    spec, other = session(lab), session(lab, slot=1)
    node.add_session(other)
    with pytest.raises(NodeError, match=f"^bird: add_session slot0-0: {complaint}$"):
        node.add_session(replace(spec, **change))
    assert node.show(spec).state == "absent"
    node.add_session(spec)
    assert (node.show(spec).state, node.show(other).state) == ("down", "down")
    node.remove_session(spec)
    node.remove_session(other)


def test_sessions_that_share_an_interface_share_timers(
    node: BirdNode, lab: LabDescription, listen: Callable[..., Peer]
) -> None:
    spec, peer = session(lab), listen("ipv6")
    neighbour = replace(spec, name="neighbour", peer=spec.peer.removesuffix(".1") + ".9")
    other_family = replace(session(lab, version="ipv6"), detect_mult=8)
    node.add_session(spec)
    node.add_session(neighbour)
    with pytest.raises(
        NodeError, match="set_timers slot0-0: session neighbour has other timers, another role or other keys: BIRD"
    ):
        node.set_timers(spec, detect_mult=5)
    node.add_session(other_family)
    assert peer.hear().mult == 8
    for each in (spec, neighbour, other_family):
        node.remove_session(each)


def test_what_does_not_exist_is_not_made_by_changing_it(node: BirdNode, lab: LabDescription) -> None:
    spec = session(lab)
    with pytest.raises(NodeError, match=f"bird: set_timers slot0-0: there is no session to {spec.peer}"):
        node.set_timers(spec, detect_mult=5)
    with pytest.raises(NodeError, match=f"bird: set_admin slot0-0: there is no session to {spec.peer}"):
        node.set_admin(spec, enabled=False)
    assert node.show(spec).state == "absent"


def test_keys_change_on_a_running_session(node: BirdNode, lab: LabDescription) -> None:
    keys = (Key(1, b"one"), Key(2, b"two"))
    spec = replace(session(lab), auth=AuthSpec(4, keys, send=1))
    node.add_session(spec)
    began = began_s(node, spec)
    node.set_keys(spec, AuthSpec(4, keys, send=2))
    assert began_s(node, spec) == pytest.approx(began, abs=ROUNDING_S)
    node.remove_session(spec)


def test_declared_lacks_are_true(node: BirdNode, lab: LabDescription) -> None:
    spec = session(lab)
    evidence = {lack: node.check_lack(lack, spec) for lack in node.lacks}
    refusals = {
        Capability.ADMIN_DOWN: ("bird: set_admin slot0-0: bird.conf:", " syntax error, unexpected DISABLED"),
        Capability.DEMAND: ("bird: set_demand slot0-0: bird.conf:", ""),
        Capability.VERIFY: ("bird: verify slot0-0: syntax error, unexpected POLL", ""),
        Capability.CONTROL_PLANE_INDEPENDENT: ("bird: add_session slot0-0: bird.conf:", ""),
        Capability.PADDING: ("bird: add_session slot0-0: bird.conf:", ""),
        Capability.PATH_DOWN: ("bird: set_path_down slot0-0: syntax error, unexpected BFD", ""),
        Capability.FORWARDING_RESET: ("bird: reset_forwarding slot0-0: syntax error, unexpected BFD", ""),
        Capability.CONGESTION: ("bird: set_congested slot0-0: syntax error, unexpected BFD", ""),
        Capability.ECHO_SEND: ("bird: ", " syntax error, unexpected ECHO, expecting RX or TX"),
        Capability.ECHO_REFLECT: ("bird: ", " syntax error, unexpected ECHO, expecting RX or TX"),
    }
    assert set(refusals) <= set(evidence)
    assert all(words.startswith("bird: ") for words in evidence.values())
    for lack, (begins, ends) in refusals.items():
        assert evidence[lack].startswith(begins)
        assert evidence[lack].endswith(ends)
        assert "syntax error" in evidence[lack]
    assert node.show(spec).state == "absent"


def test_a_second_local_address_for_the_same_peer_is_refused(node: BirdNode, lab: LabDescription) -> None:
    spec = replace(session(lab), kind="multi_hop", interface="")
    node.add_session(spec)
    other = replace(spec, name="other", local=lab.slots[1].links[0].target_ipv4)
    with pytest.raises(NodeError, match=f"session {spec.name} has the same peer: BIRD knows it by that alone"):
        node.add_session(other)
    node.remove_session(spec)


def test_eight_at_once(node: BirdNode, handle: Handle, lab: LabDescription, listen: Callable[..., Peer]) -> None:
    peer = listen()
    specs = [replace(session(lab, slot=slot), required_min_rx_us=(100 + slot) * 1000) for slot in range(8)]

    def work(spec: SessionSpec) -> None:
        own = BirdNode.attach(handle)
        for mult in (4, 5, 6):
            own.remove_session(spec)
            assert own.show(spec).state == "absent"
            own.add_session(spec)
            own.set_timers(spec, detect_mult=mult)
            assert own.show(spec).state == "down"

    with ThreadPoolExecutor(max_workers=8) as executor:
        list(executor.map(work, specs))
    # At about one packet a second each, all have told their last parameters well before the hundredth packet.
    last: dict[str, tuple[int, int]] = {}
    for heard in itertools.islice(iter(peer.hear, None), 100):
        last[heard.sender] = (heard.rx_us, heard.mult)
        if last == {spec.local: (spec.required_min_rx_us, 6) for spec in specs}:
            break
    else:
        pytest.fail(f"not as configured: {last}")
    for spec in specs:
        node.remove_session(spec)


def test_the_version_is_that_of_the_program(node: BirdNode) -> None:
    said = subprocess.run([release(node.name).find("bird"), "--version"], capture_output=True, text=True, check=True)
    assert (said.stdout + said.stderr).strip() == f"BIRD version {node.version}"


def test_stop_ends_the_daemon_and_verbs_say_so(runtime: Path) -> None:
    with Lab(f"stop-{os.getpid()}", 1, runtime=runtime) as laboratory:
        lab = laboratory.describe()
        node = BirdNode.attach(launch("bird", lab))
        assert len(processes(lab.target_namespace)) == 1
        node.stop()
        node.stop()
        assert processes(lab.target_namespace) == []
        for verb in (node.show, node.add_session):
            with pytest.raises(NodeError, match=rf"bird: {verb.__name__} slot0-0: cannot connect to BIRD's socket"):
                verb(session(lab))
    assert not lab.folder.exists()
    with pytest.raises(NodeError, match=r"bird: add_session slot0-0: no folder .*: the laboratory is down"):
        node.add_session(session(lab))


def test_a_daemon_that_cannot_start_gives_its_reason(runtime: Path) -> None:
    with Lab(f"fail-{os.getpid()}", 1, runtime=runtime) as laboratory:
        lab = laboratory.describe()
        (lab.folder / "bird" / "bird.ctl").mkdir(parents=True)  # a folder where the control socket should be
        with pytest.raises(NodeError, match=r"bird ended while starting: .*bird\.ctl"):
            launch("bird", lab)
        assert processes(lab.target_namespace) == []
