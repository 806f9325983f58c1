"""What the tests with real daemons share: a link between two network namespaces, and a folder."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from refbfd_pair import Pair


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with Pair() as pair:
        yield pair


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder whose path is short enough for a Unix socket."""
    with tempfile.TemporaryDirectory(prefix="rbt") as path:
        yield Path(path)
