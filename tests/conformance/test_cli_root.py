"""`bfdspec test` against a real daemon: what a run leaves on disk, and that nothing else is left however it ends."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_runs import COMMAND, bfdspec, environment

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

from captures.read import read_tshark
from reports.kinds import load_as
from reports.model import Run
from topologies import journal
from topologies.nodes import release
from topologies.processes import exited, processes
from topologies.reservation import collect_garbage

MISSING = release("frr").missing()
NAMESPACES = Path("/run/netns")

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
    pytest.mark.skipif(bool(MISSING), reason="; ".join(MISSING)),
]

QUICK = ["5881-5-01", "5880-6.8.6-04"]
SAYING_ITS_PID = ("sh", "-c", 'echo $$; exec "$@"', "sh")


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "never came true"
        time.sleep(0.02)


def test_two_cases_against_a_real_daemon(tmp_path: Path) -> None:
    wanted = [word for case_id in QUICK for word in ("--case", case_id)]
    done = bfdspec(
        "test", "--target", "frr", "--seed", "4", "--report", "report", *wanted, cwd=tmp_path, prefix=SAYING_ITS_PID
    )
    assert done.returncode == 0, done.stdout + done.stderr
    run = load_as(Run, tmp_path / "report" / "results.json")
    assert (run.clock, run.target.name, run.seed) == ("real", "frr", 4)
    assert run.target.version
    assert run.noise is not None
    assert {result.id for result in run.results} == set(QUICK)
    for result in run.results:
        reading = read_tshark(tmp_path / "report" / result.capture)
        told = [line.frame for line in result.packets]
        assert reading.warning == ""
        assert set(told) <= {each.frame for each in (*reading.rows, *reading.undecoded)}
        assert result.witness[0].startswith("tshark read ")
        assert any("three-way handshake complete" in line for line in result.witness)
    assert leftovers(int(done.stdout.split()[0])) == []


def leftovers(pid: int) -> list[str]:
    """Namespaces, journal and work folder of the run that this process owns."""
    run_id = f"frr-{pid}"
    namespaces = [path.name for path in NAMESPACES.iterdir() if path.name in namespaces_of(pid)]
    return namespaces + [path.name for path in journal.runtime_folder().iterdir() if path.name.startswith(run_id)]


def namespaces_of(pid: int) -> list[str]:
    return [f"bfds-frr-{pid}-{side}" for side in ("tester", "target")]


@pytest.fixture
def run(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A run that has just begun, in a session of its own, so that a test may signal it as a terminal would."""
    arguments = ["test", "--target", "frr", "--section", "6.8.3", "--jobs", "2", "--report", "report"]
    with subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            collect_garbage()


def members_in_the_middle(run: "subprocess.Popen[str]", report: Path) -> list[int]:
    """Wait for the middle of a case; the daemons and workers that live in the laboratory then."""
    wait_until(lambda: any(path.stat().st_size > 1_000 for path in report.glob("captures/*.pcapng")))
    return [pid for namespace in namespaces_of(run.pid) for pid in processes(namespace)]


@pytest.mark.parametrize(
    ("number", "as_terminal"),
    [
        pytest.param(signal.SIGINT, True, id="Ctrl-C"),
        pytest.param(signal.SIGINT, False, id="SIGINT"),
        pytest.param(signal.SIGTERM, False, id="SIGTERM"),
    ],
)
def test_a_run_that_is_told_to_end_leaves_nothing(
    run: "subprocess.Popen[str]", tmp_path: Path, number: signal.Signals, as_terminal: bool
) -> None:
    """Ctrl-C at a terminal reaches the workers as well, a signal from a supervisor only the runner."""
    members = members_in_the_middle(run, tmp_path / "report")
    assert members
    (os.killpg if as_terminal else os.kill)(run.pid, number)
    output, _ = run.communicate(timeout=60)
    assert run.returncode == 130, output
    assert "Traceback" not in output
    assert leftovers(run.pid) == []
    assert all(exited(pid, 10) for pid in members)


def test_a_run_that_ends_while_its_laboratory_comes_up_leaves_nothing(run: "subprocess.Popen[str]") -> None:
    wait_until(lambda: bool(leftovers(run.pid)))
    run.terminate()
    output, _ = run.communicate(timeout=60)
    assert (run.returncode, output.splitlines()[-1]) == (130, "Error: interrupted")
    assert leftovers(run.pid) == []


def test_what_a_killed_run_leaves_can_be_cleared(run: "subprocess.Popen[str]", tmp_path: Path) -> None:
    members = members_in_the_middle(run, tmp_path / "report")
    run.kill()
    run.wait()
    assert leftovers(run.pid)
    assert f"frr-{run.pid}" in collect_garbage()
    assert leftovers(run.pid) == []
    assert all(exited(pid, 10) for pid in members)
