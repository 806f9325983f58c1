"""What the laboratory says where it cannot be laid. Needs neither root nor namespaces."""

import os
import shutil
from pathlib import Path

import pytest

pytest.importorskip("pyroute2", reason="network namespaces exist on Linux only")

from topologies.errors import LabError
from topologies.lab import Lab


def test_without_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(LabError, match="needs root"):
        Lab("r", 1, runtime=tmp_path).up()
    assert list(tmp_path.iterdir()) == []


def test_without_ip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name, path: None)
    with pytest.raises(LabError, match="install the Debian package iproute2"):
        Lab("r", 1, runtime=tmp_path).up()
    assert list(tmp_path.iterdir()) == []
