"""A laboratory of two reference speakers on a real kernel: disturbed while it runs, and killed at any moment."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

from topologies import journal
from topologies.errors import LabError
from topologies.laboratory import Laboratory
from topologies.processes import processes
from topologies.reservation import collect_garbage
from topologies.topology import parse_topology

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
]

DOCUMENT = {
    "name": "pair",
    "networks": {"lan": {}},
    "nodes": {"a": {"runs": "refbfd", "networks": ["lan"]}, "b": {"runs": "refbfd", "networks": ["lan"]}},
    "sessions": [{"between": ["a", "b"]}],
}

STARTER = """
import sys
from pathlib import Path
from topologies.laboratory import Laboratory
from topologies.topology import parse_topology

lab = Laboratory(parse_topology(eval(sys.argv[1]), "pair"), sys.argv[2], runtime=Path(sys.argv[3]))
print("begins", flush=True)
lab.up()
lab.leave_standing()
"""


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "never came true"
        time.sleep(0.02)


def laboratory(name: str, runtime: Path) -> Laboratory:
    return Laboratory(parse_topology(DOCUMENT, "pair"), f"{name}-{os.getpid()}", runtime=runtime)


def traces(lab: Laboratory, runtime: Path) -> list[str]:
    """Whatever a laboratory could leave behind."""
    namespaces = [path.name for path in Path("/run/netns").iterdir() if lab.blueprint.run_id in path.name]
    daemons = [
        entry.name
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and lab.blueprint.run_id in _arguments(entry) and entry.name != str(os.getpid())
    ]
    return namespaces + daemons + [path.name for path in runtime.iterdir()]


def _arguments(process: Path) -> str:
    try:
        return (process / "cmdline").read_text(errors="replace")
    except OSError:
        return ""


def state(lab: Laboratory, node: str) -> str:
    (status,) = lab.status_of(node)
    return status.trouble or status.view.state


def test_a_laboratory_is_disturbed_from_another_process_and_leaves_nothing(runtime: Path) -> None:
    with laboratory("life", runtime) as owner:
        lab = Laboratory.attach(owner.blueprint.run_id, runtime=runtime)
        assert lab.blueprint == owner.blueprint
        lab.cut("lan", "a", "to")
        assert lab.troubles() == {("lan", "a", "to"): "cut"}
        wait_until(lambda: state(lab, "a") == "down" and lab.status_of("a")[0].view.diag == 1)
        wait_until(lambda: state(lab, "b") == "init")  # b still hears a, which says Down
        lab.restore("lan", "a")
        lab.await_up(20)
        lab.lose("lan", "b", 12.5, "from")
        assert owner.troubles() == {("lan", "b", "from"): "loss 12.5 %"}
        lab.restore("lan", "b")
        lab.pause("a")
        assert state(lab, "a") == "paused"
        wait_until(lambda: state(lab, "b") == "down")
        lab.resume("a")
        lab.await_up(20)
        lab.crash("b")
        assert state(lab, "b") == "node b does not run"
        lab.start("b")
        lab.await_up(20)
        with pytest.raises(LabError, match=f"in use by process {os.getpid()}"):
            lab.down()
        assert lab.execute("a", ["cat", "/sys/class/net/lan/address"]).stdout.strip().startswith("02:")
    assert traces(owner, runtime) == []


def test_what_does_not_come_up_says_why_and_leaves_nothing(runtime: Path) -> None:
    broken = DOCUMENT | {"impairments": [{"network": "lan", "node": "a", "cut": True}]}
    lab = Laboratory(parse_topology(broken, "pair"), f"broken-{os.getpid()}", runtime=runtime)
    with pytest.raises(LabError, match=r"not Up after 0\.5 s: a-b at a: down; a-b at b: down"):
        lab.up(ready_s=0.5)
    assert traces(lab, runtime) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_killed_at_any_moment_nothing_is_left_after_garbage_collection(runtime: Path, number: signal.Signals) -> None:
    lab = laboratory("killed", runtime)
    for _ in range(3):
        argv = [sys.executable, "-c", STARTER, repr(DOCUMENT), lab.blueprint.run_id, str(runtime)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as starter:
            assert starter.stdout is not None
            assert starter.stdout.readline() == b"begins\n"
            # The moment is what is drawn: anywhere from the first entry of the journal to the last session.
            time.sleep(random.uniform(0, 2.5))
            starter.send_signal(number)
        if any(entry.standing for entry in journal.entries(runtime)):  # it was quicker, and meant it to stay
            Laboratory.attach(lab.blueprint.run_id, runtime=runtime).down()
        collect_garbage(runtime)
        assert traces(lab, runtime) == []
        assert not any(processes(namespace) for namespace in lab.blueprint.namespaces)


def test_a_standing_laboratory_is_no_garbage(runtime: Path) -> None:
    lab = laboratory("standing", runtime)
    argv = [sys.executable, "-c", STARTER, repr(DOCUMENT), lab.blueprint.run_id, str(runtime)]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, timeout=60)
    assert collect_garbage(runtime) == []
    with pytest.raises(LabError, match=f"laboratory {lab.blueprint.run_id} is up"):
        lab.up()
    there = Laboratory.attach(lab.blueprint.run_id, runtime=runtime)
    there.await_up(5)
    there.down()
    assert traces(lab, runtime) == []
