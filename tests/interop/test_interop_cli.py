"""`bfdspec interop` before anything runs: who meets whom, and what is refused, in one line and with an exit code."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bfdspec.cli import main
from interop import cli
from interop.scenarios import SCENARIOS
from topologies import nodes
from topologies.nodes import bfd_speakers


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own, for out/ goes into the current one."""
    monkeypatch.chdir(tmp_path)


def interop(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["interop", *arguments])


def refusal(*arguments: str, code: int = 2) -> str:
    done = interop(*arguments)
    assert done.exit_code == code, done.output
    assert not Path("out").exists()
    (line,) = [line for line in done.output.splitlines() if line.startswith("Error: ")]
    return line.removeprefix("Error: ")


def test_list_names_every_release_and_scenario() -> None:
    words = interop("--list").output.split()
    assert set(bfd_speakers()) <= set(words)
    assert set(SCENARIOS) <= set(words)


def test_unknown_names() -> None:
    assert refusal("--with", "nosuch").startswith("unknown release 'nosuch'; there are: ")
    assert refusal("--scenario", "dance").startswith("unknown scenario 'dance'; there are: ipv4, ")
    assert refusal("--with", "refbfd", "--driver", "smoke").startswith("unknown driver 'smoke'; there are: netns")


def test_without_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "needs root" in refusal("--with", "refbfd", "--with", "refbfd", code=3)


def test_an_expectations_file_that_is_not_usable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "known.yaml"
    path.write_text("[{}]", encoding="utf-8")
    monkeypatch.setattr(cli.expectations.load, "__defaults__", (path,))
    assert "Field required" in refusal("--with", "refbfd", "--with", "refbfd")


def test_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "available", lambda: ["bird", "frr", "refbfd"])
    assert cli.pairs_of([]) == [("bird", "frr"), ("bird", "refbfd"), ("frr", "refbfd")]
    assert cli.pairs_of(["refbfd"]) == [("refbfd", "bird"), ("refbfd", "frr")]
    assert cli.pairs_of(["refbfd", "frr", "bird"]) == [("refbfd", "frr"), ("refbfd", "bird"), ("frr", "bird")]
    assert cli.pairs_of(["frr", "frr"]) == [("frr", "frr")]


def test_programs_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "available", lambda: ["refbfd"])
    assert "programs are not there" in refusal("--with", "frr", code=3)
    assert "programs are not there" in refusal("--with", "frr", "--with", "refbfd", code=3)
    assert "no two releases" in refusal(code=3)
