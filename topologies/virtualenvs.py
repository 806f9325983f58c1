"""Virtual environments of their own, for programs in Python whose requirements nothing else should have to share."""

import fcntl
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from topologies.errors import LabError
from topologies.nodes.manifest import Release

_PATIENCE_S = 300.0
_MAKE = ("-m", "venv")
_QUIETLY = ("--no-input", "--disable-pip-version-check")


def prepare(release: Release) -> bool:
    """Make the virtual environment of `release`, unless it is there with what is required; says whether it was made.

    It appears at `release.home` in one step: a symbolic link to a folder beside it, because programs in a virtual
    environment know its path. Raises LabError with the last words of what failed.
    """
    home = release.home
    wanted = "".join(f"{requirement}\n" for requirement in release.virtualenv)
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        with _alone(home):
            if _content(home / "requirements.txt") == wanted and not release.missing():
                return False
            folder = Path(tempfile.mkdtemp(prefix=f"{home.name}-", dir=home.parent))
            try:
                folder.chmod(0o755)  # a daemon may give up root
                _run("venv", [sys.executable, *_MAKE, str(folder)])
                _run("pip install", [f"{folder}/bin/python", "-m", "pip", "install", *_QUIETLY, *release.virtualenv])
                (folder / "requirements.txt").write_text(wanted, encoding="utf-8")
                _put(home, folder)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
    except (OSError, LabError) as error:
        raise LabError(f"virtual environment of {release.name} in {home}: {error}") from None
    return True


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One at a time; the lock ends with the process, however that ends."""
    with home.with_name(f".{home.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _put(home: Path, folder: Path) -> None:
    """Have `home` point at `folder`, and remove what it pointed at."""
    former = home.resolve() if home.is_symlink() else None
    link = folder / ".link"
    link.symlink_to(folder.name)
    link.replace(home)
    if former is not None:
        shutil.rmtree(former, ignore_errors=True)


def _run(what: str, command: Sequence[str]) -> None:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=_PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        raise LabError(f"{what}: no end after {_PATIENCE_S:g} s") from None
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise LabError(f"{what}: {lines[-1].strip() if lines else 'it said nothing'}")


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
