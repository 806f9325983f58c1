"""The refbfd node against a stand-in for refbfdctl: which words it is given, and how its answers are read."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from topologies.node import AuthSpec, Key, NodeError, SessionSpec
from topologies.nodes.refbfd.adapter import RefbfdNode
from topologies.place import NetnsPlace

SPEC = SessionSpec(name="s1", peer="10.0.0.1", local="10.0.0.2", interface="eth0")


class StandIn:
    """A refbfdctl that notes its words and answers as told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answer(0)
        self.node = RefbfdNode.attach(
            {
                "node": "refbfd",
                "version": "1",
                "place": NetnsPlace("run-1", "none", folder).describe(),
                "refbfdctl": str(folder / "refbfdctl"),
                "processes": [],
            }
        )

    def answer(self, status: int, stdout: str = "", stderr: str = "") -> None:
        program = self.folder / "refbfdctl"
        program.write_text(
            f'#!/bin/sh\necho "$*" >>{self.folder}/words\ncat >{self.folder}/stdin\n'
            f"echo '{stdout}'\necho '{stderr}' >&2\nexit {status}\n"
        )
        program.chmod(0o755)

    def last_words(self) -> str:
        return self.words()[-1]

    def words(self) -> list[str]:
        """What it was told, call by call, without the options that every call has."""
        common = f"--socket {self.folder}/control.sock --json "
        return [line.removeprefix(common) for line in (self.folder / "words").read_text().splitlines()]

    def stdin(self) -> object:
        return json.loads((self.folder / "stdin").read_text())


@pytest.fixture
def stand_in(tmp_path: Path) -> StandIn:
    return StandIn(tmp_path)


def test_add(stand_in: StandIn) -> None:
    stand_in.node.add_session(SPEC)
    assert stand_in.last_words() == (
        "add s1 --peer 10.0.0.1 --local 10.0.0.2 --interface eth0 --type single_hop "
        "--desired-min-tx 300000us --required-min-rx 300000us --detect-mult 3"
    )


def test_add_passive_multi_hop(stand_in: StandIn) -> None:
    stand_in.node.add_session(
        SessionSpec(
            name="s2", peer="fd00::1", local="fd00::2", interface="eth0", kind="multi_hop", passive=True, detect_mult=9
        )
    )
    assert "--type multi_hop" in stand_in.last_words()
    assert stand_in.last_words().endswith("--detect-mult 9 --passive")


def test_add_with_all_that_is_special(stand_in: StandIn) -> None:
    stand_in.node.add_session(replace(SPEC, point_to_point=True, dscp=0, local_discr=7, remote_discr=8))
    words = stand_in.last_words()
    assert "--local-discriminator 7 --remote-discriminator 8 " in words
    assert words.endswith("--dscp 0 --point-to-point")
    stand_in.node.add_session(replace(SPEC, padded_pdu_size=128))
    assert stand_in.last_words().endswith("--detect-mult 3 --padded-pdu-size 128")


def test_a_session_in_a_vrf_is_refused(stand_in: StandIn) -> None:
    with pytest.raises(NodeError, match=r"^refbfd: its configuration has no words for sessions in a VRF$"):
        stand_in.node.add_session(replace(SPEC, vrf="vrfred"))


def test_a_multihop_session_is_bound_to_no_interface(stand_in: StandIn) -> None:
    stand_in.node.add_session(replace(SPEC, kind="multi_hop", interface=""))
    assert "--interface" not in stand_in.last_words()


def test_clients_have_names_of_their_own_and_all_go_with_the_session(stand_in: StandIn) -> None:
    stand_in.node.add_session(SPEC)
    stand_in.node.share_session(SPEC, "second")
    assert stand_in.last_words().startswith("add s1-second --peer 10.0.0.1 ")
    stand_in.node.withdraw_client(SPEC)
    assert stand_in.last_words() == "remove s1"
    stand_in.node.share_session(SPEC, "third")
    stand_in.node.remove_session(SPEC)
    assert stand_in.words()[-2:] == ["remove s1-second --at-once", "remove s1-third --at-once"]


AUTH = AuthSpec(5, (Key(1, b"one"), Key(9, b"\0\xff")), send=9)
DOCUMENT = {"type": "meticulous_keyed_sha1", "keys": {"1": "hex:6f6e65", "9": "hex:00ff"}, "send_key": 9}


def test_keys_come_by_standard_input_and_in_no_argument(stand_in: StandIn) -> None:
    stand_in.node.add_session(replace(SPEC, auth=AUTH))
    assert stand_in.last_words().endswith("--detect-mult 3 --auth -")
    assert stand_in.stdin() == DOCUMENT
    stand_in.node.set_keys(SPEC, replace(AUTH, send=1))
    assert stand_in.last_words() == "keys s1 -"
    assert stand_in.stdin() == DOCUMENT | {"send_key": 1}
    assert "6f6e65" not in (stand_in.folder / "words").read_text()


def test_set_gives_what_is_changed_zero_included(stand_in: StandIn) -> None:
    stand_in.node.set_timers(SPEC, required_min_rx_us=0)
    assert stand_in.last_words() == "set s1 --required-min-rx 0us"
    stand_in.node.set_timers(SPEC, desired_min_tx_us=1, detect_mult=5)
    assert stand_in.last_words() == "set s1 --desired-min-tx 1us --detect-mult 5"


def test_add_independent_of_the_control_plane(stand_in: StandIn) -> None:
    stand_in.node.add_session(
        SessionSpec(name="s3", peer="fd00::1", local="fd00::2", interface="eth0", control_plane_independent=True)
    )
    assert stand_in.last_words().endswith("--detect-mult 3 --control-plane-independent")


@pytest.mark.parametrize(("diag", "words"), [(0, "path s1 up"), (6, "path s1 down"), (8, "path s1 reverse-down")])
def test_path(stand_in: StandIn, diag: int, words: str) -> None:
    stand_in.node.set_path_down(SPEC, diag)
    assert stand_in.last_words() == words


def test_reports_of_the_operator(stand_in: StandIn) -> None:
    stand_in.node.reset_forwarding(SPEC)
    assert stand_in.last_words() == "reset-forwarding s1"
    stand_in.node.set_congested(SPEC, congested=True)
    assert stand_in.last_words() == "congestion s1 on"
    stand_in.node.set_congested(SPEC, congested=False)
    assert stand_in.last_words() == "congestion s1 off"


def test_removing_is_in_a_hurry_and_deconfiguring_is_not(stand_in: StandIn) -> None:
    stand_in.node.remove_session(SPEC)
    assert stand_in.last_words() == "remove s1 --at-once"
    stand_in.node.deconfigure(SPEC)
    assert stand_in.last_words() == "remove s1"


@pytest.mark.parametrize(("enabled", "words"), [(True, "admin s1 up"), (False, "admin s1 down")])
def test_admin(stand_in: StandIn, enabled: bool, words: str) -> None:
    stand_in.node.set_admin(SPEC, enabled=enabled)
    assert stand_in.last_words() == words


def test_demand(stand_in: StandIn) -> None:
    stand_in.node.add_session(replace(SPEC, passive=True, demand=True))
    assert stand_in.last_words().endswith("--detect-mult 3 --passive --demand")
    stand_in.node.set_demand(SPEC, enabled=True)
    assert stand_in.last_words() == "demand s1 on"
    stand_in.node.set_demand(SPEC, enabled=False)
    assert stand_in.last_words() == "demand s1 off"
    stand_in.node.verify(SPEC)
    assert stand_in.last_words() == "verify s1"


def test_show(stand_in: StandIn) -> None:
    stand_in.answer(0, '{"name": "s1", "state": "admin_down", "local_diag": 7}')
    view = stand_in.node.show(SPEC)
    assert (view.state, view.diag, view.raw["name"]) == ("admin_down", 7, "s1")
    stand_in.answer(1, stderr="no session s1")
    assert stand_in.node.show(SPEC).state == "absent"


@pytest.mark.parametrize("printed", ["", "[]", "{}", "up"])
def test_show_that_is_no_session(stand_in: StandIn, printed: str) -> None:
    stand_in.answer(0, printed)
    with pytest.raises(NodeError, match="refbfd: show s1: "):
        stand_in.node.show(SPEC)


def test_refusals_and_silence_are_errors(stand_in: StandIn) -> None:
    stand_in.answer(1, stderr="detect-mult 0: 1 to 255 are allowed")
    with pytest.raises(NodeError, match="refbfd: set s1: detect-mult 0: 1 to 255 are allowed"):
        stand_in.node.set_timers(SPEC, detect_mult=0)
    stand_in.answer(3, stderr="nobody listens")
    with pytest.raises(NodeError, match="refbfd: show s1: nobody listens"):
        stand_in.node.show(SPEC)
    with pytest.raises(NodeError, match="refbfd: remove s1: nobody listens"):
        stand_in.node.remove_session(SPEC)


def test_remove_of_what_is_absent(stand_in: StandIn) -> None:
    stand_in.answer(1, stderr="no session s1")
    stand_in.node.remove_session(SPEC)
    assert stand_in.last_words() == "show s1"
