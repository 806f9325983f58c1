"""What must be cleared away when nobody comes back: one file per laboratory, written before anything else is made.

Lives under /run/bfdspec, or $XDG_RUNTIME_DIR/bfdspec where /run is not ours. A lab whose owner lives is never touched.
"""

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from topologies.errors import LabError

_SUFFIX = ".lab.json"
_START_TIME = 22
"""The field of /proc/PID/stat, counted from 1."""


class Entry(BaseModel):
    """A laboratory that exists, or may exist in part. `owner_started` is in clock ticks since boot.

    `standing` says that it is complete, and meant to outlive its owner. `driver` is where its programs come from;
    `topology` is what it is a laboratory of, "" for the suite's own.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    run_id: str
    namespaces: tuple[str, ...]
    folder: Path
    owner: int
    owner_started: int
    standing: bool = False
    driver: str = "netns"
    topology: str = ""

    def owner_lives(self) -> bool:
        """Whether the process that made the lab still runs: same process id, same start time."""
        try:
            return started(self.owner) == self.owner_started
        except ProcessLookupError:
            return False


def runtime_folder() -> Path:
    """Where journals and work folders go; not created here. Raises LabError where there is no such place."""
    if os.access("/run", os.W_OK):
        return Path("/run/bfdspec")
    user = os.environ.get("XDG_RUNTIME_DIR")
    if not user:
        raise LabError("no runtime folder: /run is not writable and XDG_RUNTIME_DIR is not set")
    return Path(user) / "bfdspec"


def started(pid: int) -> int:
    """Start time of a process in clock ticks since boot. Raises ProcessLookupError when it has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        raise ProcessLookupError(pid) from None
    # The command, field 2, may hold blanks and brackets, so count from the last bracket: field 3 comes next.
    fields = stat.rpartition(")")[2].split()
    if fields[0] in "ZX":
        raise ProcessLookupError(pid)
    return int(fields[_START_TIME - 3])


def record(entry: Entry, runtime: Path) -> None:
    """Write the entry, whole or not at all. Raises FileExistsError when there is one of the same run id."""
    runtime.mkdir(mode=0o755, parents=True, exist_ok=True)
    # A file without a name, so that nothing is left of it when this process is killed before it has one.
    with os.fdopen(os.open(runtime, os.O_TMPFILE | os.O_WRONLY, 0o644), "w", encoding="utf-8") as draft:
        draft.write(entry.model_dump_json(indent=1) + "\n")
        draft.flush()
        nameless = draft.fileno()
        # Only with a folder does Python use linkat(2), which is what follows the link in /proc to the file itself.
        os.link(f"/proc/self/fd/{nameless}", _path(entry.run_id, runtime), src_dir_fd=nameless, follow_symlinks=True)


def amend(entry: Entry, runtime: Path) -> None:
    """Replace the entry of the same run id, whole or not at all. Its folder exists, and takes the draft."""
    draft = entry.folder / f"journal{_SUFFIX}"
    draft.write_text(entry.model_dump_json(indent=1) + "\n", encoding="utf-8")
    draft.replace(_path(entry.run_id, runtime))


def strike(run_id: str, runtime: Path) -> None:
    """Remove an entry: the last thing done to a lab. No error where there is none."""
    _path(run_id, runtime).unlink(missing_ok=True)


def entries(runtime: Path) -> list[Entry]:
    """All entries, by run id. Raises LabError for a file that is not a journal of this version."""
    return [_read(path) for path in sorted(runtime.glob(f"*{_SUFFIX}"))]


def _read(path: Path) -> Entry:
    try:
        return Entry.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError:
        raise LabError(f"{path} is not a journal of this version: remove it and what it names by hand") from None


def _path(run_id: str, runtime: Path) -> Path:
    return runtime / f"{run_id}{_SUFFIX}"
