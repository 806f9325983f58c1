"""The podman driver: a container for each node, in a network namespace of the laboratory.

The namespace is the lab's and not podman's, so that links, cuts and captures are the same in all drivers. Containers
are found by a label with the run id.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from topologies.errors import LabError
from topologies.nodes.manifest import Release
from topologies.podman_service import connected, end
from topologies.processes import NETNS_FOLDER, terminate

if TYPE_CHECKING:
    from podman import PodmanClient

LABEL = "bfdspec.run"

_INTO_LOG = 'exec "$@" >>"$0" 2>&1 </dev/null'


class ContainerPlace:
    """A running container; `name` is podman's for it, `init` its first process as seen from here."""

    driver = "podman"

    def __init__(self, run_id: str, namespace: str, folder: Path, name: str, init: int) -> None:
        self.run_id = run_id
        self.namespace = namespace
        self.folder = folder
        self.name = name
        self.init = init
        self.root = Path(f"/proc/{init}/root")

    @classmethod
    def create(cls, release: Release, run_id: str, namespace: str, folder: Path) -> Self:
        """Start a container of the image of `release`, with nothing in it yet. Raises LabError, which says how to get
        the image where it is missing."""
        image, name = release.image, f"{_prefix(run_id)}{folder.name}"
        with connected(folder.parent) as client:
            if not client.images.exists(image):
                raise LabError(f"image {image} is missing: bfdspec lab images {release.name}")
            _remove(client, name)  # of a node that is started again: its last container
            container = client.containers.create(
                image,
                command=["sleep", "infinity"],
                name=name,
                labels={LABEL: run_id},
                init=True,  # reaps what daemons leave, and ends at once when it is told to
                stop_timeout=0,
                network_mode=f"ns:{NETNS_FOLDER / namespace}",
                mounts=[{"type": "bind", "source": str(folder), "target": str(folder)}],
                # Exactly these: what podman gives by default depends on its version and settings.
                cap_drop=["all"],
                cap_add=list(release.container.capabilities),
                devices=list(release.container.devices),
            )
            container.start()
            return cls(run_id, namespace, folder, name, _host_process(container.inspect()["State"], name))

    def command(self, argv: Sequence[str], *, network: bool = False) -> list[str]:
        """See `Place`. By nsenter, because a tool like vtysh is called thousands of times in a run, and `podman exec`
        takes a tenth of a second for each. What is judged, the daemons, has the container's privileges only; a tool
        has ours."""
        return ["nsenter", f"--target={self.init}", "--mount", *(["--net"] if network else []), "--", *argv]

    def spawn(self, argv: Sequence[str], log: Path) -> int:
        """See `Place`."""
        log.touch()  # whoever waits for the daemon reads it, maybe before the daemon writes
        with connected(self.folder.parent) as client:
            session = _post(
                client, f"/containers/{self.name}/exec", {"Cmd": ["sh", "-c", _INTO_LOG, str(log), *argv]}
            ).json()["Id"]
            _post(client, f"/exec/{session}/start", {"Detach": True})
            state = client.api.get(f"/exec/{session}/json")
            state.raise_for_status()
            return _host_process(state.json(), f"{argv[0]} in {self.name}")

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
            "name": self.name,
            "init": self.init,
        }

    @classmethod
    def reopen(cls, description: Mapping[str, Any]) -> Self:
        """See `topologies.place.reopen`."""
        return cls(
            description["run_id"],
            description["namespace"],
            Path(description["folder"]),
            description["name"],
            description["init"],
        )


def clear(run_id: str, folder: Path) -> None:
    """Remove the containers of a run, and what is left of one that was being made when its maker was killed.

    `folder` is the laboratory's, for the socket of the service; that ends with it. Raises LabError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with connected(folder) as client:
            for name in _remains(client, run_id):
                _remove(client, name)
    finally:
        end(folder)


def _remove(client: "PodmanClient", name: str) -> None:
    """By name or id; no error where there is none. Of a container that its maker did not finish there may be a file
    system, which podman finds by name."""
    from podman.errors import NotFound  # noqa: PLC0415 - see `topologies.podman_service`

    with suppress(NotFound):
        client.api.delete(f"/containers/{name}", params={"force": True, "timeout": 0}).raise_for_status()


def _remains(client: "PodmanClient", run_id: str) -> Iterator[str]:
    for container in client.containers.list(all=True, filters={"label": f"{LABEL}={run_id}"}):
        yield container.id
    every = client.api.get("/containers/json", params={"all": True, "external": True})
    every.raise_for_status()
    for found in every.json():
        if found.get("External") or not found.get("Labels"):
            yield from (name for name in found.get("Names") or [] if name.startswith(_prefix(run_id)))


def _prefix(run_id: str) -> str:
    """How the names of a run's containers begin. No run id has a dot in it: what is of one is of no other."""
    return f"bfds-{run_id}."


def _post(client: "PodmanClient", path: str, body: Mapping[str, Any]) -> Any:
    response = client.api.post(path, data=json.dumps(body), headers={"Content-type": "application/json"})
    response.raise_for_status()
    return response


def _host_process(state: Mapping[str, Any], what: str) -> int:
    pid = int(state.get("Pid") or 0)
    if pid == 0:
        raise LabError(f"{what} ended at once, with exit code {state.get('ExitCode')}")
    return pid
