"""FRR's words, without FRR: what vtysh prints, and how it is read."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from topologies.node import BgpSpec, NodeError, SessionSpec
from topologies.nodes.frr import adapter
from topologies.nodes.frr.adapter import milliseconds, view
from topologies.nodes.frr.bgp import bgp_view, neighbour_lines, routes_command
from topologies.nodes.frr.vtysh import Vtysh, VtyshError, last_json
from topologies.place import NetnsPlace


def fake_vtysh(folder: Path, script: str) -> Vtysh:
    program = folder / "vtysh"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Vtysh(NetnsPlace("run-1", "none", folder), str(program))


@pytest.mark.parametrize(("value_us", "value_ms"), [(0, 0), (1000, 1), (300_000, 300), (60_000_000, 60_000)])
def test_whole_milliseconds(value_us: int, value_ms: int) -> None:
    assert milliseconds("Required Min RX Interval", value_us) == value_ms


@pytest.mark.parametrize("value_us", [1, 999, 300_001])
def test_parts_of_a_millisecond_are_refused(value_us: int) -> None:
    with pytest.raises(NodeError, match=f"frr: Desired Min TX Interval of {value_us} us: FRR takes whole milli"):
        milliseconds("Desired Min TX Interval", value_us)


@pytest.mark.parametrize(
    ("status", "state"),
    [("up", "up"), ("init", "init"), ("down", "down"), ("shutdown", "admin_down"), ("sideways", "unknown")],
)
def test_states(status: str, state: str) -> None:
    assert view({"status": status, "diagnostic": "ok"}).state == state


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("ok", 0),
        ("control detection time expired", 1),
        ("neighbor signaled session down", 3),
        ("administratively down", 7),
        ("N/A", None),
    ],
)
def test_diagnostics(text: str, number: int | None) -> None:
    assert view({"status": "down", "diagnostic": text}).diag == number


def test_the_last_of_several_answers_counts() -> None:
    assert last_json('{\n "a": 1\n}\n{"a": 2}\n') == {"a": 2}


@pytest.mark.parametrize("text", ["", "[]", "{} Warning: much", '{"a": 1'])
def test_anything_else_is_no_answer(text: str) -> None:
    with pytest.raises(VtyshError):
        last_json(text)


def test_commands_reach_vtysh_in_order(tmp_path: Path) -> None:
    printed = fake_vtysh(tmp_path, 'printf "%s\\n" "$@"').run(["configure terminal", "bfd"])
    folder = str(tmp_path)
    assert printed.splitlines() == [
        *("--config_dir", folder, "--vty_socket", folder, "-d", "bfdd"),
        *("-c", "configure terminal", "-c", "bfd"),
    ]


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo '{}'; echo '% Unknown command: x'", "% Unknown command: x"),
        ("echo '% first'; echo '% second'; exit 1", "% first"),
        ("echo 'Exiting: failed to connect to any daemons.' >&2; exit 1", "Exiting: failed to connect to any daemons."),
        ("exit 3", "vtysh ends with 3 and no word"),
    ],
)
def test_refusals_are_raised_whatever_the_exit_status(tmp_path: Path, script: str, said: str) -> None:
    with pytest.raises(VtyshError) as caught:
        fake_vtysh(tmp_path, script).run(["x"])
    assert str(caught.value) == said


BGP = BgpSpec("a-b", "192.0.2.2", "192.0.2.1", 64513, 64514, "192.0.2.1", 90)


def test_a_neighbour_asks_for_bfd_with_the_timers_of_a_profile() -> None:
    lines = neighbour_lines(BGP, "of-a-b")
    assert lines[:2] == ["configure terminal", "router bgp 64513"]
    assert "neighbor 192.0.2.2 timers 30 90" in lines
    assert lines.index("neighbor 192.0.2.2 remote-as 64514") < lines.index("neighbor 192.0.2.2 bfd profile of-a-b")
    assert not any("bfd" in line for line in neighbour_lines(BGP, ""))


def test_a_session_in_a_vrf_is_named_with_it() -> None:
    spec = SessionSpec("s", "192.0.2.2", "192.0.2.1", "red", vrf="vrfred")
    where = "peer 192.0.2.2 local-address 192.0.2.1 interface red"
    assert adapter._peer(spec) == f"{where} vrf vrfred"
    assert adapter._show(spec) == f"show bfd vrf vrfred {where} json"
    assert adapter._show(replace(spec, vrf="")) == f"show bfd {where} json"


def test_a_neighbour_over_ipv6_is_activated_in_its_family() -> None:
    lines = neighbour_lines(replace(BGP, peer="fd00::2", local="fd00::1"), "")
    assert lines[-3:] == ["address-family ipv6 unicast", "neighbor fd00::2 activate", "end"]


@pytest.mark.parametrize(
    ("raw", "state"),
    [
        ({"192.0.2.2": {"bgpState": "Established"}}, "established"),
        ({"192.0.2.2": {"bgpState": "OpenSent"}}, "opensent"),
        ({"192.0.2.2": {"bgpState": "Deleted"}}, "unknown"),
        ({"bgpNoSuchNeighbor": True}, "unknown"),
    ],
)
def test_states_of_bgp(raw: dict[str, Any], state: str) -> None:
    assert bgp_view(BGP, raw, {}).state == state


def test_what_a_neighbour_is_told_and_tells() -> None:
    lines = neighbour_lines(replace(BGP, announces=("198.51.100.0/24",)), "")
    assert lines[-4:-1] == ["address-family ipv4 unicast", "network 198.51.100.0/24", "neighbor 192.0.2.2 activate"]
    assert routes_command(BGP) == "show bgp ipv4 unicast neighbors 192.0.2.2 routes json"
    learnt = {"routes": {"203.0.113.0/24": [{"valid": True}], "203.0.113.0/25": []}, "totalRoutes": 2}
    assert bgp_view(BGP, {}, learnt).routes == ("203.0.113.0/24", "203.0.113.0/25")
