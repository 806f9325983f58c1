"""What our podman service is told, by what the machine is like. No podman runs here."""

import shutil
import tomllib

import pytest

from topologies import podman_service
from topologies.errors import LabError


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An ordinary one, as tests change it."""
    monkeypatch.setattr(podman_service, "_cgroups_are_hybrid", lambda: False)
    monkeypatch.setattr(podman_service, "_may_raise_limits", lambda: True)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    return monkeypatch


def test_an_ordinary_machine_keeps_its_own_settings(machine: pytest.MonkeyPatch) -> None:
    text, needed = podman_service.settings()
    told = tomllib.loads(text)
    assert not needed
    assert told["containers"] == {}
    assert told["engine"]["exit_command_delay"] == 0
    assert "runtime" not in told["engine"]


def test_hybrid_cgroups_want_runc(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(podman_service, "_cgroups_are_hybrid", lambda: True)
    text, needed = podman_service.settings()
    assert needed
    assert tomllib.loads(text)["engine"]["runtime"] == "runc"

    machine.setattr(shutil, "which", lambda name: None)
    with pytest.raises(LabError, match="install the package runc"):
        podman_service.settings()


def test_limits_that_cannot_be_raised_are_not_asked_for(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(podman_service, "_may_raise_limits", lambda: False)
    machine.setattr(podman_service, "_hard_limit", lambda kind: 512)
    text, needed = podman_service.settings()
    assert needed
    assert tomllib.loads(text)["containers"]["default_ulimits"] == ["nofile=512:512", "nproc=512:512"]
