"""A file is there whole or not at all: a reader never finds half of one."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

STANDARD_OUTPUT = Path("-")
"""What a command's option says for it, as /dev/stdout does."""


@contextmanager
def draft(path: Path) -> Iterator[Path]:
    """Something to write to, which becomes `path` at the end, and is gone when it does not come to that. What is there
    and no file, such as a pipe, is written to as it is. Raises OSError; a file that existed before is then as it was.
    """
    if _is_standard_output(path):
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder, "output")
            with Path(folder, "output").open("rb") as written:
                shutil.copyfileobj(written, sys.stdout.buffer)
            sys.stdout.flush()
    elif path.exists() and not path.is_file():
        yield path
    else:
        path = Path(os.path.realpath(path))  # a link goes on pointing to where it points
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            yield unfinished
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)


def replace(path: Path, writer: Callable[[Path], None]) -> Path:
    """Have `writer` write `path` by way of a `draft`. Raises OSError, with one line that says what could not be written
    and why."""
    with blaming(path), draft(path) as unfinished:
        writer(unfinished)
    return path


@contextmanager
def blaming(path: Path) -> Iterator[None]:
    """An OSError in here is about `path`, and says so."""
    try:
        yield
    except OSError as error:
        raise OSError(f"cannot write {path}: {error.strerror}") from error


def console_beside(*outputs: Path | None) -> Console:
    """Where words for people go that must not come between what `outputs` get: standard output, unless it is one."""
    return Console(stderr=any(path is not None and _is_standard_output(path) for path in outputs), highlight=False)


def _is_standard_output(path: Path) -> bool:
    return path in (STANDARD_OUTPUT, Path("/dev/stdout"), Path("/dev/fd/1"))
