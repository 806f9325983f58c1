"""keepalived's words, without keepalived: the configuration it is given, and how the state that it writes is read."""

from dataclasses import replace
from pathlib import Path

import pytest

from topologies.node import AuthSpec, Key, SessionSpec
from topologies.nodes.keepalived.adapter import view
from topologies.nodes.keepalived.configuration import configured
from topologies.nodes.keepalived.state import read
from topologies.nodes.keepalived.wishes import Wish, key

GOLDEN = Path(__file__).parent / "golden"
SPEC = SessionSpec(name="s1", peer="10.0.0.1", local="10.0.0.2", interface="eth0")
IPV6 = SessionSpec(name="s2", peer="fd00::1", local="fd00::2", interface="eth0", detect_mult=9, passive=True)
MULTI_HOP = replace(SPEC, name="s3", kind="multi_hop", interface="", desired_min_tx_us=70_001)
UNKNOWN = replace(
    SPEC,
    name="s4",
    peer="fe80::1",
    local="fe80::2",
    demand=True,
    control_plane_independent=True,
    padded_pdu_size=128,
    required_min_echo_rx_us=50_000,
    desired_min_echo_tx_us=60_000,
    auth=AuthSpec(1, (Key(1, b"one"),), send=1),
)

STATE = """\
------< Global definitions >------
 umask = 0177
------< BFD Data >------
 fd_in = 8
------< BFD Topology >------
 BFD Instance = a
   Neighbor IP = 10.0.0.1
   Desired min TX interval = 300000 us
   local state = Up
   local diag = No Diagnostic
   last seen = 1.000002 (Sat Nov 21 17:22:44 2026.000002)
 BFD Instance = b
   Neighbor IP = 10.0.0.2
   local state = Down
   local diag = Neighbor Signaled Session Down
   last_seen = [never]
"""


def test_the_configuration() -> None:
    wishes = [Wish("a", SPEC), Wish("b", IPV6), Wish("c", MULTI_HOP), Wish("d", UNKNOWN, disabled=True)]
    said = configured("run-1", {key(wish.spec): wish for wish in wishes})
    assert said.decode() == (GOLDEN / "keepalived.conf").read_text()


def test_sessions_are_told_apart_by_both_addresses_and_by_their_kind() -> None:
    specs = [SPEC, IPV6, MULTI_HOP, replace(SPEC, local="10.0.0.3"), replace(SPEC, peer="10.0.0.3")]
    assert len({key(spec) for spec in specs}) == len(specs)
    assert key(IPV6) == key(replace(IPV6, peer="fd00:0::0:1", detect_mult=3, interface="eth1"))


def test_the_state_of_each_instance() -> None:
    found = read(STATE)
    assert [(name, view(said).state, view(said).diag) for name, said in found.items()] == [
        ("a", "up", 0),
        ("b", "down", 3),
    ]
    assert found["a"]["Desired min TX interval"] == "300000 us"


@pytest.mark.parametrize("cut", [1, 2, len("last_seen = [never]\n"), len("last_seen = [never]\n") + 40])
def test_an_instance_whose_last_line_is_not_there_is_still_being_written(cut: int) -> None:
    assert set(read(STATE[:-cut])) == {"a"}


def test_unknown_words_are_not_guessed_at() -> None:
    shown = view({"local state": "Sideways", "local diag": "Unknown"})
    assert (shown.state, shown.diag) == ("unknown", None)
