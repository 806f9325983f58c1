"""Unpacked root trees, one for each Debian suite whose programs the netns driver runs beside this machine's own."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from topologies import cache
from topologies.errors import LabError

if TYPE_CHECKING:  # the nodes are found by the trees, whichever is imported first
    from topologies.nodes.manifest import Release

_BUILDER = "mmdebstrap"
_UNDATED = frozenset({"sid"})
"""Suites whose lists of packages apt is to take although they are out of date: they are valid for a week only, and a
mirror, or a clock, is soon a week off."""


def folder() -> Path:
    """Where the trees lie: $BFDSPEC_TREES, else bfdspec/trees in the cache folder of the user."""
    chosen = os.environ.get("BFDSPEC_TREES")
    if chosen:
        return Path(chosen)
    return cache.folder() / "trees"


def tree(release: "Release") -> Path:
    """Where the file system with the programs of a release begins; nothing is checked."""
    return Path("/") if release.here else folder() / release.suite


def wanted_by(releases: "Iterable[Release]") -> dict[str, list[str]]:
    """By suite, the packages that a tree needs for those of the releases that are not of this machine."""
    packages: dict[str, set[str]] = {}
    for release in releases:
        if not release.here:
            packages.setdefault(release.suite, set()).update(release.packages)
    return {suite: sorted(names) for suite, names in sorted(packages.items())}


def found(suite: str) -> Mapping[str, str]:
    """The versions of the packages in the tree of a suite, by name; none where there is no tree."""
    status = folder() / suite / "var" / "lib" / "dpkg" / "status"
    versions: dict[str, str] = {}
    if status.exists():
        for paragraph in status.read_text(encoding="utf-8", errors="replace").split("\n\n"):
            fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if ": " in line and line[0] != " ")
            if fields.get("Status") == "install ok installed":
                versions[fields["Package"]] = fields["Version"]
    return versions


def command(suite: str, packages: Collection[str], target: Path) -> list[str]:
    """How mmdebstrap is told to make a tree."""
    undated = ["--aptopt=Acquire::Check-Valid-Until false"] if suite in _UNDATED else []
    return [_BUILDER, "--variant=minbase", *undated, f"--include={','.join(packages)}", suite, str(target)]


def build(suite: str, packages: Collection[str]) -> None:
    """Make the tree of a suite, in the place of the one that is there, which stays until the new one is complete.
    mmdebstrap tells its progress on stderr. Raises LabError."""
    if shutil.which(_BUILDER) is None:
        raise LabError(f"{_BUILDER} not found: install the Debian package {_BUILDER}")
    if os.geteuid() != 0:
        raise LabError("a root tree has files of several owners, which takes root: run it with sudo")
    try:
        with _building(suite) as draft:
            code = subprocess.run(command(suite, packages, draft), check=False).returncode
            if code != 0:
                raise LabError(f"{suite}: {_BUILDER} ends with {code}: see its last lines")
            draft.chmod(0o755)
            _replace(folder() / suite, draft)
    except OSError as error:
        raise LabError(f"{error.filename}: {error.strerror}") from error


@contextmanager
def _building(suite: str) -> Iterator[Path]:
    """The path for a new tree, which is there for one builder at a time; what is left of it at the end goes."""
    folder().mkdir(parents=True, exist_ok=True)
    draft = folder() / f".{suite}.draft"
    with (folder() / f".{suite}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabError(f"{suite}: another process is building this tree in {folder()}") from None
        _remove(draft)  # of a builder that was killed
        try:
            yield draft
        finally:
            _remove(draft)


def _replace(place: Path, new: Path) -> None:
    old = place.with_name(f".{place.name}.old")
    _remove(old)
    if place.exists():
        place.rename(old)
    new.rename(place)
    _remove(old)


def _remove(path: Path) -> None:
    if path.exists():
        shutil.rmtree(path)
