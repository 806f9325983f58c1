"""The journal of laboratories: whole entries, one per run id, and a sure word on whether the owner lives."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from topologies import journal
from topologies.errors import LabError


def entry_of(owner: int, owner_started: int, run_id: str = "r") -> journal.Entry:
    return journal.Entry(
        run_id=run_id, namespaces=("a", "b"), folder=Path("/x"), owner=owner, owner_started=owner_started
    )


def own_entry(run_id: str = "r") -> journal.Entry:
    return entry_of(os.getpid(), journal.started(os.getpid()), run_id)


def test_what_is_recorded_is_read_back(tmp_path: Path) -> None:
    runtime = tmp_path / "made" / "when needed"
    for run_id in ("two", "one"):
        journal.record(own_entry(run_id), runtime)
    assert journal.entries(runtime) == [own_entry("one"), own_entry("two")]
    journal.strike("one", runtime)
    journal.strike("one", runtime)
    assert journal.entries(runtime) == [own_entry("two")]


def test_a_run_id_is_recorded_once(tmp_path: Path) -> None:
    journal.record(own_entry(), tmp_path)
    with pytest.raises(FileExistsError):
        journal.record(entry_of(1, 1), tmp_path)
    assert journal.entries(tmp_path) == [own_entry()]
    assert [path.name for path in tmp_path.iterdir()] == ["r.lab.json"]


def test_no_runtime_folder_is_no_entry(tmp_path: Path) -> None:
    assert journal.entries(tmp_path / "absent") == []


def test_a_strange_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "r.lab.json").write_text('{"run_id": "r"}')
    with pytest.raises(LabError, match=r"r\.lab\.json is not a journal of this version"):
        journal.entries(tmp_path)


def test_owner_lives_until_it_ends_and_its_number_alone_does_not_count() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        entry = entry_of(child.pid, journal.started(child.pid))
        assert entry.owner_lives()
        assert not entry_of(child.pid, entry.owner_started - 1).owner_lives()
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not entry.owner_lives(), "a zombie owns nothing"
    assert not entry.owner_lives()


def test_runtime_folder_of_a_user_without_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/7")
    assert journal.runtime_folder() == Path("/run/user/7/bfdspec")
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    with pytest.raises(LabError, match="no runtime folder"):
        journal.runtime_folder()
