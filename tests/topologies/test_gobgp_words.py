"""GoBGP's words, without GoBGP: the configuration it is given, what its log and its command line say."""

import json
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from topologies.node import AuthSpec, BgpSpec, Key, NodeError, SessionSpec
from topologies.nodes.gobgp import adapter, configuration
from topologies.nodes.gobgp.adapter import Control, bgp_view, view
from topologies.nodes.gobgp.configuration import ADDED, JOINED, REMOVED, Configuration, read_log
from topologies.place import Place

GOLDEN = Path(__file__).parent / "golden"
SPEC = SessionSpec(name="s1", peer="10.0.0.1", local="10.0.0.2", interface="eth0")
LINK_LOCAL = SessionSpec(name="s2", peer="fe80::1", local="fe80::2", interface="eth1", detect_mult=9)


class FakePlace:
    """A folder; the daemon is played by the test."""

    run_id = "run-1"
    namespace = "bfds-run-1-target"

    def __init__(self, folder: Path) -> None:
        self.folder = folder


@pytest.fixture
def configured(tmp_path: Path) -> Configuration:
    made = Configuration(cast(Place, FakePlace(tmp_path)), 4711)
    made.create()
    made.log.touch()
    return made


@pytest.fixture
def answers(configured: Configuration, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[dict[str, Any]]]]:
    """What the daemon logs at each SIGHUP, a list of lines for each; it says nothing where there is none."""
    script: list[list[dict[str, Any]]] = []

    def notify(namespace: str, process: int, number: signal.Signals) -> None:
        assert (namespace, process, number) == (FakePlace.namespace, 4711, signal.SIGHUP)
        lines = script.pop(0) if script else []
        with configured.log.open("a", encoding="utf-8") as log:
            log.writelines(json.dumps(line) + "\n" for line in lines)

    monkeypatch.setattr(configuration, "notify", notify)
    yield script
    assert script == []


def said(message: str, peer: str) -> dict[str, Any]:
    return {"level": "INFO", "msg": message, "Topic": "bfd", "Peer": peer}


def test_the_configuration_is_the_golden_one(configured: Configuration, answers: list[list[dict[str, Any]]]) -> None:
    answers.append([said(ADDED, "10.0.0.1"), said(ADDED, "fe80::1%eth1")])
    configured.apply({"10.0.0.1": SPEC, "fe80::1%eth1": LINK_LOCAL})
    assert configured.path.read_text() == (GOLDEN / "gobgpd.toml").read_text()


def test_the_configuration_of_neighbours_is_the_golden_one(
    configured: Configuration, answers: list[list[dict[str, Any]]]
) -> None:
    bgp = BgpSpec("a-b", SPEC.peer, SPEC.local, 64513, 64514, "192.0.2.9", 90, ("198.51.100.0/24",))
    configured.create(bgp)
    answers.append([said(ADDED, SPEC.peer), {"msg": JOINED, "Topic": "Peer", "Key": SPEC.peer}])
    configured.apply({SPEC.peer: SPEC}, bgp)
    answers.append([{"msg": JOINED, "Topic": "Peer", "Key": "fd00::1"}])
    configured.apply({SPEC.peer: SPEC}, replace(bgp, name="a-b-2", peer="fd00::1", local="fd00::2"))
    assert configured.path.read_text() == (GOLDEN / "gobgpd_bgp.toml").read_text()


@pytest.mark.parametrize(("number", "state"), [(1, "idle"), (6, "established"), (0, "unknown"), (7, "unknown")])
def test_states_of_bgp(number: int, state: str) -> None:
    assert bgp_view({"state": {"session_state": number}}).state == state


def test_what_gobgp_cannot_do_is_said_in_words_that_it_refuses(
    configured: Configuration, answers: list[list[dict[str, Any]]]
) -> None:
    unusual = replace(SPEC, kind="multi_hop", passive=True, demand=True, control_plane_independent=True)
    unusual = replace(unusual, required_min_echo_rx_us=1, desired_min_echo_tx_us=2, padded_pdu_size=128)
    unusual = replace(unusual, auth=AuthSpec(2, (Key(1, b"s3cr3t"),), 1))
    answers.append([said(ADDED, "10.0.0.1")])
    configured.apply({"10.0.0.1": unusual})
    assert (
        configured.path.read_text()
        .rstrip()
        .endswith(
            """    detection-multiplier = 3
    multihop = true
    passive-mode = true
    demand-mode = true
    control-plane-independent = true
    pdu-size = 128
    required-minimum-echo-receive = 1
    desired-minimum-echo-tx-interval = 2
    authentication-type = 2"""
        )
    )


def test_apply_waits_for_what_the_log_says_of_each_session_that_differs(
    configured: Configuration, answers: list[list[dict[str, Any]]]
) -> None:
    answers.append([said(ADDED, "10.0.0.1")])
    configured.apply({"10.0.0.1": SPEC})
    changed = replace(SPEC, detect_mult=5)
    answers.append([said(REMOVED, "10.0.0.1"), said(ADDED, "10.0.0.1"), said(ADDED, "fe80::1%eth1")])
    configured.apply({"10.0.0.1": changed, "fe80::1%eth1": LINK_LOCAL})
    answers.append([said(REMOVED, "fe80::1%eth1")])
    configured.apply({"10.0.0.1": changed})
    assert configured.sessions() == {"10.0.0.1": changed}


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        (
            {"level": "WARN", "msg": "Can't read config file", "File": "x", "Error": "decoding failed:\n\n 'a' is odd"},
            r"^Can't read config file: decoding failed: 'a' is odd$",
        ),
        (
            {"level": "ERROR", "msg": "Failed to add Peer", "Topic": "config", "Key": "10.0.0.1", "Error": "no"},
            r"^Failed to add Peer: no$",
        ),
    ],
)
def test_a_refusal_leaves_all_as_it_was(
    configured: Configuration, answers: list[list[dict[str, Any]]], line: dict[str, Any], refusal: str
) -> None:
    before = configured.path.read_text()
    answers += [[line], []]
    with pytest.raises(NodeError, match=refusal):
        configured.apply({"10.0.0.1": SPEC})
    assert (configured.path.read_text(), configured.sessions()) == (before, {})


def test_silence_is_an_error(
    configured: Configuration, answers: list[list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "_OBEYED_S", 0.05)
    answers.append([said(ADDED, "10.0.0.9"), {"level": "WARN", "msg": "Expired", "Topic": "bfd", "Peer": "10.0.0.1"}])
    with pytest.raises(NodeError, match=r"^gobgpd has not said 'Insert BFD peer' about 10\.0\.0\.1 within 0\.05 s$"):
        configured.apply({"10.0.0.1": SPEC})


def test_the_folder_has_one_lock(configured: Configuration) -> None:
    order: list[str] = []

    def wait() -> None:
        with Configuration(cast(Place, FakePlace(configured.path.parent))).locked():
            order.append("second")

    with configured.locked():
        second = threading.Thread(target=wait)
        second.start()
        order.append("first")
    second.join()
    assert order == ["first", "second"]


def test_a_log_is_read_in_complete_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text('{"msg": "one"}\npanic: what JSON is not\n[1]\n{"msg": "tw')
    lines, end = read_log(log)
    assert lines == [{"msg": "one"}]
    with log.open("a") as file:
        file.write('o"}\n')
    assert read_log(log, end)[0] == [{"msg": "two"}]


@pytest.mark.parametrize(
    ("shown", "state"),
    [
        ({"state": {"bfd_state": {"session_state": 1}}}, "up"),
        ({"state": {"bfd_state": {"session_state": 2}}}, "down"),
        ({"state": {"bfd_state": {"session_state": 3}}}, "admin_down"),
        ({"state": {"bfd_state": {"session_state": 4}}}, "init"),
        ({"state": {"bfd_state": {"session_state": 9}}}, "unknown"),
        ({"state": {"bfd_state": {}}}, "absent"),
        ({}, "absent"),
    ],
)
def test_states(shown: dict[str, Any], state: str) -> None:
    assert view(shown).state == state


@pytest.mark.parametrize(
    ("code", "stdout", "complaint"),
    [
        (0, "no JSON", "Expecting value: line 1 column 1 .char 0. in 'no JSON'"),
        (1, '{"error":"rpc error: connection refused"}', "^rpc error: connection refused$"),
        (1, "", "^last words$"),
    ],
)
def test_the_command_line_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, stdout: str, complaint: str
) -> None:
    def answer(place: Place, argv: Sequence[str]) -> subprocess.CompletedProcess[str]:
        assert list(argv) == ["gobgp", "--target", f"unix://{tmp_path}/api.sock", "-j", "neighbor", "10.0.0.1"]
        return subprocess.CompletedProcess(argv, code, stdout, "last words\n")

    monkeypatch.setattr(adapter, "run", answer)
    with pytest.raises(NodeError, match=complaint):
        Control(cast(Place, FakePlace(tmp_path)), "gobgp").neighbor("10.0.0.1")
