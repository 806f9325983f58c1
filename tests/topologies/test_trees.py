"""Root trees: what is built for which releases, that a tree is whole or not there, and what the command says."""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from topologies import trees
from topologies.cli import lab
from topologies.nodes import RELEASES, release

BUILDER = """#!/bin/sh
for target; do :; done
mkdir -p "$target/var/lib/dpkg"
echo "$@" > "$target/told"
printf 'Package: frr\\nStatus: install ok installed\\nVersion: 10.3-3\\n\\n' > "$target/var/lib/dpkg/status"
printf 'Package: bird3\\nStatus: deinstall ok config-files\\nVersion: 3.1\\n' >> "$target/var/lib/dpkg/status"
exit ${FAILING:-0}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for trees, and a mmdebstrap that is quick."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "mmdebstrap").write_text(BUILDER)
    (programs / "mmdebstrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("BFDSPEC_TREES", str(tmp_path / "trees"))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path / "trees"


def bfdspec_lab_trees(*arguments: str) -> Result:
    return CliRunner().invoke(lab, ["trees", *arguments])


def test_a_tree_holds_the_packages_of_all_releases_of_its_suite() -> None:
    wanted = trees.wanted_by(RELEASES.values())
    assert set(wanted) == {"trixie", "sid"}, "bookworm's are those of this machine"
    assert {"frr", "bird3"} <= set(wanted["trixie"])


def test_only_the_suite_without_end_is_taken_out_of_date() -> None:
    undated = "--aptopt=Acquire::Check-Valid-Until false"
    assert undated in trees.command("sid", ["frr"], Path("/t"))
    assert trees.command("trixie", ["bird3", "frr"], Path("/t")) == [
        "mmdebstrap", "--variant=minbase", "--include=bird3,frr", "trixie", "/t",
    ]  # fmt: skip


def test_a_tree_is_built_and_then_listed(folder: Path) -> None:
    assert bfdspec_lab_trees("--list", "trixie").output.splitlines()[0] == f"trixie  {folder}/trixie  not built"
    result = bfdspec_lab_trees("trixie")
    assert result.exit_code == 0, result.output
    assert (folder / "trixie" / "told").read_text().endswith(f"trixie {folder}/.trixie.draft\n")
    lines = bfdspec_lab_trees("--list", "trixie").output.splitlines()
    assert lines[0] == f"trixie  {folder}/trixie"
    assert [line.split() for line in lines[1:] if line.split()[0] in ("bird3", "frr")] == [
        ["bird3", "missing"],
        ["frr", "10.3-3"],
    ]


def test_a_tree_that_cannot_be_built_leaves_the_old_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bfdspec_lab_trees("trixie").exit_code == 0
    (folder / "trixie" / "old").touch()
    monkeypatch.setenv("FAILING", "25")
    result = bfdspec_lab_trees("trixie")
    assert (result.exit_code, result.stderr) == (
        3,
        "bfdspec lab trees: trixie: mmdebstrap ends with 25: see its last lines\n",
    )
    assert {path.name for path in folder.iterdir()} == {"trixie", ".trixie.lock"}
    assert (folder / "trixie" / "old").exists()
    monkeypatch.delenv("FAILING")
    (folder / ".trixie.draft").mkdir()
    assert bfdspec_lab_trees("trixie").exit_code == 0
    assert not (folder / "trixie" / "old").exists()


def test_what_is_missing_is_said_in_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    result = bfdspec_lab_trees("sid")
    assert (result.exit_code, result.stderr.count("\n")) == (3, 1)
    assert "run it with sudo" in result.stderr
    monkeypatch.setenv("PATH", str(folder))
    result = bfdspec_lab_trees("sid")
    assert (result.exit_code, result.stderr) == (
        3,
        "bfdspec lab trees: mmdebstrap not found: install the Debian package mmdebstrap\n",
    )


def test_a_suite_of_no_release(folder: Path) -> None:
    result = bfdspec_lab_trees("potato")
    assert result.exit_code == 2
    assert "no release is of suite 'potato'; there are sid, trixie" in result.output
    assert not folder.exists()


def test_a_missing_program_names_the_command(tmp_path: Path) -> None:
    lines = release("frr10").missing(tmp_path)
    assert lines[0] == f"frr10: program zebra not found in {tmp_path}: run `bfdspec lab trees trixie`"
