"""Where an implementation runs: a network namespace of the laboratory, and the file system that its programs see.

Whatever the file system is, the node's folder has the same path in it as on this machine, so configuration, logs and
Unix sockets are at one place for everybody. Daemons and tools are started through a place and never otherwise.
"""

import subprocess
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, Self

from topologies.errors import LabError
from topologies.processes import ip_command, marked, spawn, terminate

TOOL_TIMEOUT_S = 10.0

_IN_TREE = """
set -e
root=$0 scratch=$1 folder=$2
shift 2
for part in /dev /proc /sys; do mount --rbind "$part" "$root$part"; done
mount -t tmpfs -o mode=755 bfdspec "$root$scratch"
mkdir -p "$root$folder"
mount --bind "$folder" "$root$folder"
exec chroot "$root" "$@"
"""
"""Run by sh in a mount namespace that `ip netns exec` made, so that the mounts end with the process, and nothing is
written into the tree."""


class Place(Protocol):
    """`run_id` is the laboratory's, `namespace` the network namespace (under /run/netns). `folder` is the node's own:
    it exists, belongs to root, and goes with the laboratory. `root` is where, seen from here, the place's file system
    begins."""

    driver: str
    run_id: str
    namespace: str
    folder: Path
    root: Path

    def command(self, argv: Sequence[str], *, network: bool = False) -> list[str]:
        """What to execute here to have `argv` run there: for tools, which are short. `network` says that the tool
        talks over the network; without it only the file system is sure to be the place's."""

    def spawn(self, argv: Sequence[str], log: Path) -> int:
        """Start a daemon in the foreground of a session of its own, and return its process id as seen from here, at
        once. stdout and stderr are appended to `log`, which lies in `folder`. Raises LabError."""

    def terminate(self, processes: Collection[int], *, grace_s: float = 2.0) -> None:
        """End daemons that `spawn` started: SIGTERM, `grace_s` seconds, SIGKILL. No error where they have ended."""

    def describe(self) -> dict[str, Any]:
        """A JSON object from which `reopen` makes the same place in any process."""


def run(
    place: Place,
    argv: Sequence[str],
    *,
    stdin: str = "",
    network: bool = False,
    timeout_s: float = TOOL_TIMEOUT_S,
) -> subprocess.CompletedProcess[str]:
    """Run a tool and wait for its end; it reads `stdin`, its output is captured. A failing tool is the caller's to
    judge.

    Raises LabError when it takes longer than `timeout_s` seconds.
    """
    try:
        return subprocess.run(
            place.command(argv, network=network),
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=timeout_s,
            env=marked(place.namespace),
        )
    except subprocess.TimeoutExpired:
        raise LabError(f"{argv[0]} in {place.namespace}: no end after {timeout_s:g} s") from None


class NetnsPlace:
    """A network namespace with the programs of this machine, or of an unpacked root tree at `root`, in which the folder
    lies under /run or /tmp: what else there is in that place of the tree, its programs do not see."""

    driver = "netns"

    def __init__(self, run_id: str, namespace: str, folder: Path, root: Path = Path("/")) -> None:
        self.run_id = run_id
        self.namespace = namespace
        self.folder = folder
        self.root = root

    def command(self, argv: Sequence[str], *, network: bool = False) -> list[str]:
        """See `Place`."""
        if self.root == Path("/"):
            return [ip_command(), "netns", "exec", self.namespace, *argv] if network else list(argv)
        return [ip_command(), "netns", "exec", self.namespace, *self._in_tree(argv)]

    def spawn(self, argv: Sequence[str], log: Path) -> int:
        """See `Place`."""
        return spawn(self.namespace, list(argv) if self.root == Path("/") else self._in_tree(argv), log)

    def terminate(self, processes: Collection[int], *, grace_s: float = 2.0) -> None:
        """See `Place`."""
        terminate(self.namespace, only=processes, grace_s=grace_s)

    def describe(self) -> dict[str, Any]:
        """See `Place`."""
        return {
            "driver": self.driver,
            "run_id": self.run_id,
            "namespace": self.namespace,
            "folder": str(self.folder),
            "root": str(self.root),
        }

    @classmethod
    def reopen(cls, description: Mapping[str, Any]) -> Self:
        """See `reopen`."""
        return cls(
            description["run_id"], description["namespace"], Path(description["folder"]), Path(description["root"])
        )

    def _in_tree(self, argv: Sequence[str]) -> list[str]:
        scratch = Path(*self.folder.parts[:2])
        return ["sh", "-c", _IN_TREE, str(self.root), str(scratch), str(self.folder), *argv]


def _reopen_container(description: Mapping[str, Any]) -> Place:
    from topologies.podman import ContainerPlace  # noqa: PLC0415 - podman-py takes time to load

    return ContainerPlace.reopen(description)


_DRIVERS: Mapping[str, Callable[[Mapping[str, Any]], Place]] = {
    NetnsPlace.driver: NetnsPlace.reopen,
    "podman": _reopen_container,
}


def reopen(description: Mapping[str, Any]) -> Place:
    """The place that `Place.describe` described."""
    return _DRIVERS[description["driver"]](description)
