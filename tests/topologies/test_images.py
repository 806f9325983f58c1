"""Which images there are to build, and how they are asked for. No podman runs here."""

import os
import tarfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from bfdspec.cli import main
from topologies import images as module
from topologies.errors import LabError
from topologies.images import Image, images
from topologies.nodes import RELEASES


def test_each_release_has_an_image_and_so_have_other_nodes() -> None:
    found = images()
    implementations = {path.parent.name for path in (Path(module.__file__).parent / "nodes").glob("*/Containerfile")}
    assert {name for name, release in RELEASES.items() if release.implementation in implementations} <= set(found)
    assert found["tshark"].base == "debian:bookworm-slim"
    assert (found["bird"].base, found["bird"].arguments["PACKAGES"]) == ("debian:bookworm-slim", "bird2")
    assert (found["bird3.4"].base, found["bird3.4"].arguments["PACKAGES"]) == ("debian:sid-slim", "bird3")
    assert found["frr10"].tag == "localhost/bfdspec/frr10"


def context(image: Image) -> dict[str, tarfile.TarInfo]:
    with module._context(image) as archive, tarfile.open(fileobj=archive) as tar:
        return {member.name: member for member in tar.getmembers()}


def test_the_context_is_what_the_containerfile_copies() -> None:
    assert set(context(images()["bird"])) <= {"Containerfile", "ca-certificates"}
    members = context(images()["refbfd"])
    assert {"pyproject.toml", "refimpl/service/daemon.py", "topologies/nodes/frr/frr.conf.j2"} <= set(members)
    assert not [name for name in members if "__pycache__" in name or name.startswith((".venv", ".git", "tests"))]
    assert {member.mtime for name, member in members.items() if name.startswith("refimpl")} == {0}


def test_without_a_checkout_the_reference_has_no_image(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "_CHECKOUT", tmp_path)
    with pytest.raises(LabError, match=r"image refbfd is built from a checkout of the project, which .* is not"):
        context(images()["refbfd"])


def test_an_unknown_name_is_refused() -> None:
    done = CliRunner().invoke(main, ["lab", "images", "nosuch"])
    assert done.exit_code == 2
    assert "no image is called 'nosuch'; allowed is " in done.output


@pytest.mark.skipif(os.geteuid() == 0, reason="about those who are not root")
def test_root_is_needed() -> None:
    done = CliRunner().invoke(main, ["lab", "images"])
    assert (done.exit_code, "run it with sudo" in done.output) == (3, True)
