"""The folder of a node whose adapters work in it from several processes: one lock, and files that are whole."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from topologies.node import NodeError


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else is in such a context with this folder. Raises NodeError where there is no such folder."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        raise NodeError(f"no folder {folder}: the laboratory is down") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_whole(path: Path, content: bytes) -> None:
    """Write the file whole or not at all: its writer may be killed at any moment. Only root may read it, for there may
    be keys in it."""
    draft = path.with_name(f".{path.name}")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    draft.replace(path)
