"""`bfdspec deviants`: what it hunts, what it writes, what it refuses, and how it ends."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_runs import COMMAND, environment
from click.testing import CliRunner, Result

from bfdspec.cli import main
from conformance import inventory
from conformance.deviants import command
from conformance.deviants.collection import collect
from conformance.deviants.deviant import Deviant
from reports.kill_matrix import KillMatrix
from reports.kinds import load_as


def deviants(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["deviants", *arguments])


def refusal(*arguments: str) -> str:
    done = deviants(*arguments)
    assert done.exit_code == 2
    assert isinstance(done.exception, SystemExit), "an exception got out"
    (line,) = [line for line in done.output.splitlines() if line.startswith("Error: ")]
    return line.removeprefix("Error: ")


def test_the_list_names_every_deviant_once() -> None:
    done = deviants("--list")
    assert done.exit_code == 0
    assert done.output.strip().endswith(f"{len(collect())} deviants")


def test_the_selection_is_hunted_and_written(tmp_path: Path) -> None:
    page, data = tmp_path / "new" / "m.html", tmp_path / "new" / "m.json"
    done = deviants("--requirement", "5880-6.8.6-r03", "--jobs", "1", "--html", str(page), "--json", str(data))
    assert done.exit_code == 0, done.output
    hunted = [each for each in collect() if each.breaks == "5880-6.8.6-r03"]
    assert f"0 survivors, {len(hunted)} caught" in done.output
    matrix = load_as(KillMatrix, data)
    judging = {id_ for id_, each in inventory.collect().items() if "5880-6.8.6-r03" in each.case.judges}
    assert all(kill.caught_by and judging.issuperset(kill.caught_by) for kill in matrix.kills)
    assert not matrix.complete
    assert "5880-6.8.6-r03" in page.read_text(encoding="utf-8")


def test_a_survivor_is_told_and_fails_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        command, "collect", lambda: (*collect(), Deviant("5880-6.8.7-r23", "version 1, as it should be"))
    )
    done = deviants("--requirement", "5880-6.8.7-r23", "--jobs", "1")
    assert done.exit_code == 1
    assert "5880-6.8.7-r23 version 1, as it should be: 5880-6.8.7-11 PASS" in done.output
    assert "1 survivor, 1 caught" in done.output


def test_an_unknown_requirement_is_refused_with_a_suggestion() -> None:
    line = refusal("--requirement", "5880-6.8.6-r003")
    assert line.startswith("unknown requirement '5880-6.8.6-r003'; did you mean: 5880-6.8.6-r03,")


@pytest.mark.parametrize("arguments", [("--rfc", "1"), ("--rfc", "5881", "--requirement", "5880-6.8.6-r03")])
def test_a_selection_of_nobody_is_refused(arguments: tuple[str, ...]) -> None:
    assert refusal(*arguments) == "no deviant is selected by --requirement and --rfc together; see --list"


def test_a_folder_that_cannot_be_made_is_refused_before_the_hunt(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    line = refusal("--html", str(tmp_path / "file" / "m.html"))
    assert line.startswith(f"folder {tmp_path / 'file'}: ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_hunt_ends_with_one_line_and_no_process(number: signal.Signals, tmp_path: Path) -> None:
    hunt = subprocess.Popen(
        [*COMMAND, "deviants", "--jobs", "2"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    _await_children(hunt.pid, 2)
    hunt.send_signal(number)
    said, complained = hunt.communicate(timeout=60)
    assert hunt.returncode == 130
    assert (said, complained) == ("", "Error: interrupted\n")
    assert _members(hunt.pid) == []


def test_a_signal_that_comes_at_a_fork_is_not_lost(tmp_path: Path) -> None:
    """Python prints and drops what a signal raises in a callback at a fork."""
    at_a_fork = (
        "import os, signal, bfdspec.cli\n"
        "os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGTERM))\n"
        "bfdspec.cli.main()\n"
    )
    command = [sys.executable, "-c", at_a_fork, "deviants", "--jobs", "2"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "Error: interrupted\n")


def _await_children(pid: int, number: int) -> None:
    deadline = time.monotonic() + 60
    while len(_members(pid)) < number + 1:
        assert time.monotonic() < deadline, "the hunt did not begin"


def _members(group: int) -> list[int]:
    """Processes of a session that were not reaped yet, zombies left out."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = re.sub(r"\(.*\)", "x", stat.read_text(encoding="utf-8", errors="replace")).split()
        except OSError:
            continue
        if int(fields[5]) == group and fields[2] != "Z":
            found.append(int(fields[0]))
    return found


def test_json_says_what_the_model_says(tmp_path: Path) -> None:
    data = tmp_path / "m.json"
    deviants("--rfc", "5881", "--jobs", "1", "--json", str(data))
    kills = json.loads(data.read_text(encoding="utf-8"))["kills"]
    assert {kill["breaks"].split("-")[0] for kill in kills} == {"5881"}
    assert all(kill["caught_by"] for kill in kills)
