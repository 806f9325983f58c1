"""`bfdspec test --target FILE`: daemons that somebody else started and configured get the verdicts that they get when
the suite runs them itself."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli_runs import bfdspec

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

from captures.read import read_tshark
from conformance.targets.device import DeviceTarget
from conformance.targets.registry import known_deviations
from reports.kinds import load_as
from reports.model import Run
from topologies.description import LabDescription
from topologies.errors import LabError
from topologies.lab import Lab
from topologies.launch import launch
from topologies.neighbours import resolve, seat
from topologies.node import SessionSpec
from topologies.nodes import adapter, release

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
]

Running = tuple[str, LabDescription, dict[str, Any]]

QUICK = ["5880-6.8.6-12", "5880-6.8.6-36", "5880-6.8.16-01", "5880-6.8.1-01"]
"""A known deviation of FRR, a transition, a command, a new session."""

VTYSH = "{program} --config_dir {folder} --vty_socket {folder} -d bfdd -c 'configure terminal' -c bfd"
PEER = "peer {peer} local-address {local} interface {interface}"
TIMERS = "-c 'transmit-interval {desired_min_tx_ms}' -c 'receive-interval {required_min_rx_ms}'"


def commands_of(node: str, handle: dict[str, Any]) -> dict[str, str]:
    if node == "frr":
        vtysh = VTYSH.replace("{program}", handle["vtysh"]).replace("{folder}", handle["place"]["folder"])
        return {
            "add_session": f"{vtysh} -c '{PEER}' {TIMERS} -c 'detect-multiplier {{detect_mult}}' -c 'no shutdown'",
            "remove_session": f"{vtysh} -c 'no {PEER}'",
            "admin_down": f"{vtysh} -c '{PEER}' -c shutdown",
            "admin_up": f"{vtysh} -c '{PEER}' -c 'no shutdown'",
        }
    ctl = f"{handle['refbfdctl']} --socket {handle['place']['folder']}/control.sock"
    timers = "--desired-min-tx {desired_min_tx_us}us --required-min-rx {required_min_rx_us}us"
    return {
        "add_session": f"{ctl} add {{name}} --type {{kind}} --peer {{peer}} --local {{local}}"
        f" --interface {{interface}} {timers} --detect-mult {{detect_mult}}",
        "remove_session": f"{ctl} remove {{name}}",
        "admin_down": f"{ctl} admin {{name}} down",
        "admin_up": f"{ctl} admin {{name}} up",
    }


@pytest.fixture(scope="module", params=["refbfd", "frr"])
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    """A daemon that the suite has not started: its name, where it is, how it can be told something."""
    missing = release(request.param).missing()
    if missing:
        pytest.skip("; ".join(missing))
    with Lab(f"dev-{request.param}-{os.getpid()}", 1, links_per_slot=1) as lab:
        handle = launch(request.param, lab.describe())
        try:
            yield request.param, lab.describe(), handle
        finally:
            adapter(request.param).attach(handle).stop()


def write(folder: Path, lab: LabDescription, node: str, **more: Any) -> Path:
    link = lab.slots[0].links[0]
    document = {
        "name": f"some-{node}",
        "version": "as found",
        "tester": {
            "interface": link.tester_interface,
            "namespace": lab.tester_namespace,
            "ipv4": f"{link.tester_ipv4}/28",
        },
        "target": {"ipv4": link.target_ipv4, "interface": link.target_interface},
    }
    known = {id_: entry.model_dump(mode="json", exclude={"releases"}) for id_, entry in known_deviations(node).items()}
    (folder / "known.yaml").write_text(yaml.safe_dump(known), encoding="utf-8")
    path = folder / "device.yaml"
    path.write_text(yaml.safe_dump(document | {"expectations": "known.yaml"} | more), encoding="utf-8")
    return path


def verdicts(folder: Path, path: Path) -> dict[str, str]:
    wanted = [word for case_id in QUICK for word in ("--case", case_id)]
    done = bfdspec("test", "--target", str(path), "--seed", "4", *wanted, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    report = next((folder / "out").iterdir())
    run = load_as(Run, report / "results.json")
    for result in run.results:
        assert f"--target {path} --case {result.id}" in result.repeat
        if result.packets:
            assert len(read_tshark(report / result.capture).rows) >= len(result.packets)
    return {result.id: str(result.verdict) for result in run.results}


@pytest.fixture(scope="module")
def by_its_adapter(running: Running, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the suite says of the daemon when it starts it itself."""
    folder = tmp_path_factory.mktemp("adapter")
    wanted = [word for case_id in QUICK for word in ("--case", case_id)]
    done = bfdspec("test", "--target", running[0], "--seed", "4", "--report", "report", *wanted, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return {each.id: str(each.verdict) for each in load_as(Run, folder / "report" / "results.json").results}


def test_told_by_commands(running: Running, by_its_adapter: dict[str, str], tmp_path: Path) -> None:
    node, lab, handle = running
    path = write(tmp_path, lab, node, commands=commands_of(node, handle))
    assert verdicts(tmp_path, path) == by_its_adapter


def test_configured_by_hand(running: Running, by_its_adapter: dict[str, str], tmp_path: Path) -> None:
    node, lab, handle = running
    link = lab.slots[0].links[0]
    session = SessionSpec("by-hand", link.tester_ipv4, link.target_ipv4, link.target_interface)
    adapter(node).attach(handle).add_session(session)
    try:
        seen = verdicts(tmp_path, write(tmp_path, lab, node, sessions=[{"peer": link.tester_ipv4}]))
    finally:
        adapter(node).attach(handle).remove_session(session)
    unsupported = {"5880-6.8.16-01": "UNSUPPORTED", "5880-6.8.1-01": "UNSUPPORTED"}
    assert seen == by_its_adapter | unsupported


def test_what_the_kernel_says_of_a_link(running: Running) -> None:
    _, lab, _ = running
    link = lab.slots[0].links[0]
    own = seat(link.tester_interface, lab.tester_namespace)
    assert own.mac == link.tester_mac
    assert {link.tester_ipv4, link.tester_ipv6} <= own.addresses
    for address in (link.target_ipv4, link.target_ipv6):
        assert resolve(link.tester_interface, address, lab.tester_namespace) == link.target_mac
    with pytest.raises(LabError, match=r"nobody answers for 10\.203\.0\.9 on tester0-0 \(ARP\)"):
        resolve(link.tester_interface, "10.203.0.9", lab.tester_namespace)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("interface", "nosuch0", "there is no interface nosuch0"),
        ("ipv4", "10.203.0.5/28", "interface tester0-0 does not have the address 10.203.0.5"),
        ("namespace", "nosuch", "namespace nosuch: No such file or directory"),
    ],
)
def test_a_link_that_is_not_as_described(running: Running, tmp_path: Path, key: str, value: str, said: str) -> None:
    node, lab, handle = running
    path = write(tmp_path, lab, node, commands=commands_of(node, handle))
    document = yaml.safe_load(path.read_text())
    document["tester"][key] = value
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(LabError, match=re.escape(said)):
        DeviceTarget(path)
