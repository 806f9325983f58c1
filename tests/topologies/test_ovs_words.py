"""Open vSwitch's words, without Open vSwitch: what its tools print, and how it is read."""

from pathlib import Path

import pytest

from topologies.node import LackError
from topologies.nodes.ovs.adapter import milliseconds, view
from topologies.nodes.ovs.bridges import commands
from topologies.nodes.ovs.switch import Switch, SwitchError
from topologies.place import NetnsPlace

SHOWN = """\
  Forwarding: false
  Detect Multiplier: 3

  Local Session State: {state}
  Local Diagnostic: {diag}
  Local Minimum RX Interval: 300ms

  Remote Session State: up
"""


def fake_switch(folder: Path, script: str) -> Switch:
    program = folder / "tool"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Switch(NetnsPlace("run-1", "none", folder), {"ovs-vsctl": str(program), "ovs-appctl": str(program)})


@pytest.mark.parametrize(("value_us", "value_ms"), [(0, 0), (1000, 1), (300_000, 300)])
def test_whole_milliseconds(value_us: int, value_ms: int) -> None:
    assert milliseconds("Required Min RX Interval", value_us) == value_ms


def test_parts_of_a_millisecond_cannot_be_said() -> None:
    with pytest.raises(LackError, match="ovs: Desired Min TX Interval of 300001 us: Open vSwitch takes whole milli"):
        milliseconds("Desired Min TX Interval", 300_001)


@pytest.mark.parametrize(
    ("state", "diag", "read"),
    [
        ("down", "No Diagnostic", ("down", 0)),
        ("up", "Control Detection Time Expired", ("up", 1)),
        ("init", "Neighbor Signaled Session Down", ("init", 3)),
        ("admin_down", "Concatenated Path Down", ("admin_down", 6)),
        ("invalid", "Invalid Diagnostic", ("unknown", None)),
    ],
)
def test_a_session_as_it_is_shown(state: str, diag: str, read: tuple[str, int | None]) -> None:
    shown = view(SHOWN.format(state=state, diag=diag))
    assert (shown.state, shown.diag) == read
    assert shown.raw["Local Minimum RX Interval"] == "300ms"


def test_each_interface_gets_a_bridge_with_its_own_mac_address() -> None:
    assert " ".join(commands({"eth0": "02:00:00:00:00:01"})) == (
        "-- add-br br-eth0 -- set bridge br-eth0 datapath_type=netdev "
        'other-config:hwaddr="02:00:00:00:00:01" -- add-port br-eth0 eth0'
    )


def test_the_configuration_of_a_port(tmp_path: Path) -> None:
    answer = '{"data":[[["map",[["bfd_dst_ip","10.0.0.1"],["enable","true"]]]]],"headings":["bfd"]}'
    assert fake_switch(tmp_path, f"echo '{answer}'").bfd("eth0") == {"bfd_dst_ip": "10.0.0.1", "enable": "true"}
    assert fake_switch(tmp_path, """echo '{"data":[],"headings":["bfd"]}'""").bfd("nowhere") == {}


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ("echo 'ovs-vsctl: no row \"x\" in table Interface' >&2; exit 1", '^no row "x" in table Interface$'),
        (
            "echo \"ovs-vsctl: Error detected while setting up 'x': no such device\" >&2",
            "^Error detected while setting",
        ),
        ("exit 3", "^ovs-vsctl ends with 3 and no word$"),
    ],
)
def test_refused_transactions(tmp_path: Path, script: str, complaint: str) -> None:
    with pytest.raises(SwitchError, match=complaint):
        fake_switch(tmp_path, script).configure("init")


def test_a_refused_command(tmp_path: Path) -> None:
    switch = fake_switch(tmp_path, "echo 'no such bfd object' >&2; echo 'ovs-appctl: server returned' >&2; exit 2")
    with pytest.raises(SwitchError, match=r"^no such bfd object$"):
        switch.ask("bfd/show", "eth0")
