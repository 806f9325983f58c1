"""A real daemon in a laboratory of network namespaces: started once, attached to by every worker of a run.

The process that starts it owns the laboratory; a worker reads the description from a file, enters the tester's
namespace, and has one slot, that is a link or two, to itself.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from conformance.bench.live import LiveWire
from conformance.bench.wire import Link
from conformance.targets.target import Lease
from topologies import description
from topologies.description import LabDescription
from topologies.lab import Lab
from topologies.launch import launch
from topologies.netns import enter
from topologies.nodes import adapter, release


@contextmanager
def running(name: str, run_id: str, slots: int, links_per_slot: int = 1) -> Iterator[Path]:
    """A laboratory with the daemon of node `name` in it, torn down at the end whatever happens.

    Yields the path of the file by which workers find it. Raises topologies.errors.LabError or NodeError where it
    does not come up.
    """
    with Lab(run_id, slots, links_per_slot) as lab:
        plan = lab.describe()
        handle = launch(name, plan)
        try:
            path = plan.folder / "lab.json"
            document = {"node": name, "lab": plan.model_dump(mode="json"), "handle": handle}
            path.write_text(json.dumps(document), encoding="utf-8")
            yield path
        finally:
            adapter(name).attach(handle).stop()


class LabTarget:
    """A running daemon, seen from one slot of its laboratory."""

    real = True

    def __init__(self, path: Path, slot: int) -> None:
        """Attach by the file that `running` wrote, and move the calling thread into the tester's namespace."""
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        lab = LabDescription.model_validate(document["lab"])
        self._node = adapter(document["node"]).attach(document["handle"])
        self.name: str = document["node"]
        self.version = self._node.version
        self.description = release(self.name).description
        self._links = [_link(link) for link in lab.slots[slot].links]
        enter(lab.tester_namespace)

    @property
    def lacks(self) -> dict[str, str]:
        """What the node declares to lack, by the capability's name."""
        return {str(capability): reason for capability, reason in self._node.lacks.items()}

    def lease(self, rng: Random, links: int = 1) -> Lease:
        """A wire on the slot's first links; capture starts here, before the target is told of a session."""
        return Lease(LiveWire(self._links[:links]), self._node)


def _link(link: description.Link) -> Link:
    return Link(
        tester_interface=link.tester_interface,
        target_interface=link.target_interface,
        tester_mac=link.tester_mac,
        target_mac=link.target_mac,
        tester_addresses={4: link.tester_ipv4, 6: link.tester_ipv6},
        target_addresses={4: link.target_ipv4, 6: link.target_ipv6},
        tester_link_local=link.tester_link_local,
        target_link_local=link.target_link_local,
    )
