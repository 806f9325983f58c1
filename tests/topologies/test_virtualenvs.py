"""A virtual environment of a release's own: made of a wheel on the spot, so that no network is needed."""

import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest
from click.testing import CliRunner

from topologies import virtualenvs
from topologies.cache import virtualenv
from topologies.cli import lab
from topologies.errors import LabError
from topologies.nodes import release
from topologies.nodes.manifest import Release
from topologies.virtualenvs import prepare


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BFDSPEC_VIRTUALENVS", str(tmp_path / "virtualenvs"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PATH", "/nowhere")


def requiring(*requirements: str) -> Release:
    return release("aiobfd").model_copy(update={"virtualenv": requirements, "search": ()})


def wheel(folder: Path, version: str) -> str:
    path, info = folder / f"aiobfd-{version}-py3-none-any.whl", f"aiobfd-{version}.dist-info"
    with ZipFile(path, "w") as archive:
        archive.writestr("aiobfd.py", f"def main(): print({version!r})\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: aiobfd\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/entry_points.txt", "[console_scripts]\naiobfd = aiobfd:main\n")
        archive.writestr(f"{info}/RECORD", "")
    return str(path)


def said_by(found: Release) -> str:
    return subprocess.run([found.find("aiobfd")], capture_output=True, text=True, check=True).stdout.strip()


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_made_kept_and_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = requiring(wheel(tmp_path, "1.0")), requiring(wheel(tmp_path, "2.0"))
    assert one.missing() == [
        "aiobfd: program aiobfd not found in /: run `bfdspec lab virtualenvs aiobfd`",
    ]
    assert prepare(one) is True
    assert said_by(one) == "1.0"
    assert prepare(one) is False
    folder = one.home.resolve()
    with monkeypatch.context() as failing:
        failing.setattr(virtualenvs, "_MAKE", ("-c", "import sys; sys.exit('no venv here')"))
        with pytest.raises(LabError, match=r"^virtual environment of aiobfd in .*/aiobfd: venv: no venv here$"):
            prepare(two)
    assert said_by(one) == "1.0", "what was there stays until there is something better"
    assert prepare(two) is True
    assert said_by(two) == "2.0"
    assert not folder.exists()
    assert visible(one.home.parent) == sorted(["aiobfd", two.home.resolve().name])


def test_what_is_in_the_way_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "virtualenvs").write_text("in the way")
    done = CliRunner().invoke(lab, ["virtualenvs", "aiobfd"])
    assert done.exit_code == 3
    assert done.output.startswith("bfdspec lab virtualenvs: virtual environment of aiobfd in ")
    assert len(done.output.splitlines()) == 1


def test_only_those_that_have_one_can_be_named() -> None:
    done = CliRunner().invoke(lab, ["virtualenvs", "bird"])
    assert done.exit_code == 2
    assert "no release 'bird' runs in a virtual environment; there are aiobfd" in done.output


def test_the_cache_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("BFDSPEC_VIRTUALENVS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert virtualenv("x") == tmp_path / "bfdspec" / "virtualenvs" / "x"
