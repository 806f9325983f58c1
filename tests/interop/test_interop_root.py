"""The reference meets itself in a laboratory, and nothing is left of it, however it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

from captures.read import read_tshark
from reports.interop import DATA, PAGE, Interop
from reports.kinds import load_as
from reports.model import Verdict

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root"),
]

WITH_ITSELF = [sys.executable, "-m", "bfdspec", "interop", "--with", "refbfd", "--with", "refbfd"]


def wait_until(condition: Callable[[], bool], what: str, within_s: float = 60) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.05)


def namespaces(owner: int) -> list[str]:
    return [path.name for path in Path("/run/netns").glob(f"bfds-interop-{owner}-*")]


def test_the_reference_with_itself(tmp_path: Path) -> None:
    wanted = ["--scenario", "ipv4", "--scenario", "cut", "--report", str(tmp_path)]
    done = subprocess.run([*WITH_ITSELF, *wanted], capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    run = load_as(Interop, tmp_path / DATA)
    assert [(each.scenario, each.verdict) for each in run.meetings] == [("ipv4", Verdict.PASS), ("cut", Verdict.PASS)]
    assert run.parties[0].version
    for meeting in run.meetings:
        near, far = (read_tshark(tmp_path / capture).rows for capture in meeting.captures)
        assert near
        assert far
        assert meeting.captures[0] in (tmp_path / PAGE).read_text(encoding="utf-8")
    assert len(near) > 0
    # What was lost in the network is in its sender's capture only.
    lost = [line for line in run.meetings[1].lines if line.side is not None and None in line.frames]
    assert {line.side for line in lost} == {0, 1}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_of_a_run_that_is_ended(tmp_path: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [*WITH_ITSELF, "--report", str(tmp_path)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    captures = tmp_path / "captures" / "refbfd_refbfd"
    wait_until(lambda: any(captures.glob("*.pcapng")), "a capture has begun")
    process.send_signal(number)
    _, complaints = process.communicate(timeout=60)
    wait_until(lambda: not namespaces(process.pid), "its namespaces are gone")
    if number is not signal.SIGKILL:
        assert process.returncode == 130
        assert "Traceback" not in complaints
        assert load_as(Interop, tmp_path / DATA).troubles
