"""All files of a report at once."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from reports import junit, kinds
from reports.document import save
from reports.model import Run
from reports.whole import replace

WRITERS: dict[str, Callable[[Run, Path], None]] = {
    "results.json": save,
    "junit.xml": junit.write,
    "report.html": kinds.write_page,
}
"""Each file of a report and what writes it."""


def write_all(run: Run, folder: Path) -> dict[str, Path]:
    """Write every report of `run` into `folder`, made where it is missing, and return the files by name.

    A file that is already there is replaced in one step. Raises OSError, with one line that says what could not be
    written and why; a file that existed before is then as it was.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f"cannot make the report folder {folder}: {error.strerror}") from error
    return {name: replace(folder / name, partial(writer, run)) for name, writer in WRITERS.items()}
