"""A real daemon in a laboratory of network namespaces: started once, attached to by every worker of a run.

The process that starts it owns the laboratory; a worker reads the description from a file, enters the tester's
namespace, and has one slot, that is a link or two, to itself.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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
from topologies.processes import exited


@contextmanager
def running(name: str, run_id: str, slots: int, links_per_slot: int = 1, *, driver: str = "netns") -> Iterator[Path]:
    """A laboratory with the daemon of node `name` in it, torn down at the end whatever happens; a daemon that serves
    one slot has as many laboratories as there are slots. `driver` is one of `topologies.launch.DRIVERS`.

    Yields the path of the file by which workers find theirs. Raises topologies.errors.LabError or NodeError where it
    does not come up.
    """
    alone = release(name).one_slot
    run_ids = [f"{run_id}-{slot}" for slot in range(slots)] if alone else [run_id]
    with ExitStack() as stack:
        plans = [Lab(each, 1 if alone else slots, links_per_slot, driver=driver) for each in run_ids]
        labs = [_staffed(stack, name, lab, driver) for lab in plans]
        path = Path(labs[0]["lab"]["folder"]) / "labs.json"
        document = {"node": name, "driver": driver, "alone": alone, "labs": labs}
        path.write_text(json.dumps(document), encoding="utf-8")
        yield path


def _staffed(stack: ExitStack, name: str, lab: Lab, driver: str) -> dict[str, Any]:
    """Bring the laboratory and the daemon in it up, and both down with the stack."""
    plan = stack.enter_context(lab).describe()
    handle = launch(name, plan, driver)
    stack.callback(adapter(name).attach(handle).stop)
    return {"lab": plan.model_dump(mode="json"), "handle": handle}


class LabTarget:
    """A running daemon, seen from one slot of its laboratory."""

    real = True

    def __init__(self, path: Path, slot: int) -> None:
        """Attach by the file that `running` wrote, and move the calling thread into the tester's namespace."""
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        in_turn = [(each, own) for each in document["labs"] for own in each["lab"]["slots"]]
        chosen, own = in_turn[slot]
        self._lab = lab = LabDescription.model_validate(chosen["lab"])
        self._driver: str = document["driver"]
        self._alone: bool = document["alone"]
        self._node = adapter(document["node"]).attach(chosen["handle"])
        self.name: str = document["node"]
        self.version = self._node.version
        self.description = release(self.name).description
        self._links = [_link(link) for link in lab.slots[own["index"]].links]
        enter(lab.tester_namespace)

    @property
    def lacks(self) -> dict[str, str]:
        """What the node declares to lack, by the capability's name."""
        return {str(capability): reason for capability, reason in self._node.lacks.items()}

    def lease(self, rng: Random, links: int = 1) -> Lease:
        """A wire on the slot's first links; capture starts here, before the target is told of a session."""
        remark = self._revive() if self._alone else ""
        return Lease(LiveWire(self._links[:links]), self._node, remark)

    def _revive(self) -> str:
        """A daemon that has crashed serves this slot alone, so it may be started anew; says so, or "". Raises LabError
        and NodeError where it does not start."""
        if not any(exited(process, 0) for process in self._node.processes()):
            return ""
        self._node.stop()
        self._node = adapter(self.name).attach(launch(self.name, self._lab, self._driver))
        return f"{self.name} had ended in or after an earlier case, and was started anew"


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
