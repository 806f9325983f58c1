"""Starting an implementation by its name, in a namespace of a laboratory, and where its programs come from."""

from collections.abc import Callable, Mapping
from pathlib import Path

from topologies.description import LabDescription
from topologies.errors import LabError
from topologies.nodes import adapter, release
from topologies.nodes.adapter import Handle
from topologies.nodes.manifest import Release
from topologies.place import NetnsPlace, Place
from topologies.trees import tree


def _in_netns(release: Release, run_id: str, namespace: str, folder: Path) -> Place:
    return NetnsPlace(run_id, namespace, folder, tree(release))


def _in_container(release: Release, run_id: str, namespace: str, folder: Path) -> Place:
    from topologies.podman import ContainerPlace  # noqa: PLC0415 - podman-py takes time to load

    return ContainerPlace.create(release, run_id, namespace, folder)


def _clear_containers(run_id: str, folder: Path) -> None:
    from topologies.podman import clear  # noqa: PLC0415 - as above

    clear(run_id, folder)


_PLACES: Mapping[str, Callable[[Release, str, str, Path], Place]] = {
    NetnsPlace.driver: _in_netns,
    "podman": _in_container,
}
_CLEARERS: Mapping[str, Callable[[str, Path], None]] = {"podman": _clear_containers}
"""By driver: what removes everything of a run id that does not end with the processes in its namespaces."""

DRIVERS = tuple(_PLACES)


def place_for(release: Release, driver: str, run_id: str, namespace: str, folder: Path) -> Place:
    """Where a release runs: its programs by `driver`, one of DRIVERS, its network `namespace`. `folder` exists. Raises
    LabError."""
    if driver not in _PLACES:
        raise LabError(f"driver {driver!r}: allowed is {', '.join(DRIVERS)}")
    return _PLACES[driver](release, run_id, namespace, folder)


def clear_driver(driver: str, run_id: str, folder: Path) -> None:
    """Remove what a driver keeps outside of namespaces for a laboratory whose work folder is `folder`; no error where
    there is nothing. Raises LabError."""
    if driver in _CLEARERS:
        _CLEARERS[driver](run_id, folder)


def start(name: str, driver: str, run_id: str, namespace: str, folder: Path) -> Handle:
    """Start the release `name` without a session; `folder` is made. Raises NodeError, LabError."""
    found = release(name)
    folder.mkdir(exist_ok=True)
    return adapter(name).start(place_for(found, driver, run_id, namespace, folder), found)


def launch(name: str, lab: LabDescription, driver: str = NetnsPlace.driver) -> Handle:
    """Start the release `name` in the lab's target namespace, with a folder of its own. Raises NodeError, LabError."""
    return start(name, driver, lab.run_id, lab.target_namespace, lab.folder / name)
