"""The virtual machine without one: a stand-in for virtme-ng runs the script at once."""

from pathlib import Path

import pytest

from topologies import vm
from topologies.errors import LabError
from topologies.vm import LOG, newest_kernel, run_in_vm

ALL_OF_IT = 'eval "last=\\${$#}"; exec "$last"'
"""The last word of the command line is the script."""


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(programs))
    for name in ("vng", "qemu-system-x86_64"):
        stand_in(programs / name, ALL_OF_IT)
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def stand_in(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_status_and_the_words_come_back(out: Path) -> None:
    assert run_in_vm(["sh", "-c", "echo 'a word'; exit 7"], out, kernel=Path("/boot/k")) == 7
    assert (out / LOG).read_text().splitlines()[-1] == "a word"


def test_an_end_without_a_result_is_no_success(out: Path) -> None:
    stand_in(out.parent / "programs" / "vng", "exit 0")
    (out / "inside.status").write_text("0\n")  # of an earlier run
    with pytest.raises(LabError, match="ended without a result"):
        run_in_vm(["true"], out, kernel=Path("/boot/k"))


def test_a_machine_that_does_not_end_is_ended(out: Path) -> None:
    with pytest.raises(LabError, match=r"did not end within 0\.2 s"):
        run_in_vm(["sleep", "60"], out, kernel=Path("/boot/k"), timeout_s=0.2)


@pytest.mark.parametrize(("program", "remedy"), [("vng", "pip install"), ("qemu-system-x86_64", "Debian package")])
def test_what_is_not_installed_is_named(out: Path, monkeypatch: pytest.MonkeyPatch, program: str, remedy: str) -> None:
    (out.parent / "programs" / program).unlink()
    monkeypatch.setenv("PATH", str(out.parent / "programs"))
    with pytest.raises(LabError, match=f"command {program} not found: .*{remedy}"):
        run_in_vm(["true"], out, kernel=Path("/boot/k"))


def test_a_kernel_without_its_modules_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vm, "_BOOT", tmp_path / "boot")
    monkeypatch.setattr(vm, "_MODULES", tmp_path / "modules")
    (tmp_path / "boot").mkdir()
    (tmp_path / "boot" / "vmlinuz-6.1").touch()
    with pytest.raises(LabError, match="linux-image-amd64"):
        newest_kernel()
    (tmp_path / "modules" / "6.1").mkdir(parents=True)
    assert newest_kernel() == tmp_path / "boot" / "vmlinuz-6.1"
