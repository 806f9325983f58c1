"""A file is there whole or not at all: a reader never finds half of one."""

import os
from collections.abc import Callable
from pathlib import Path


def replace(path: Path, writer: Callable[[Path], None]) -> Path:
    """Have `writer` write `path`, so that nobody ever sees half of it. Raises OSError, with one
    line that says what could not be written and why; a file that existed before is then as it was."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        writer(unfinished)
        return unfinished.replace(path)
    except OSError as error:
        raise OSError(f"cannot write {path}: {error.strerror}") from error
    finally:
        unfinished.unlink(missing_ok=True)
