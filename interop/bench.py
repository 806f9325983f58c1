"""The laboratory of a pair, and how a stage works in it."""

from collections.abc import Sequence
from typing import Any, Literal

from captures.sniff import Tap
from topologies.blueprint import Interface
from topologies.errors import LabError
from topologies.laboratory import Laboratory
from topologies.netns import call_in
from topologies.node import Node
from topologies.topology import parse_topology

NODES = ("a", "b")
LINK, WAYS = "lan", ("west", "east")
"""The network that both are on, and those that only a router connects, one at each end."""


def laboratory(pair: Sequence[str], run_id: str, driver: str) -> Laboratory:
    """Both releases on one network, and behind a router; nothing is made yet. Raises LabError."""
    document: dict[str, Any] = {
        "name": "interop",
        "networks": {name: {} for name in (LINK, *WAYS)},
        "nodes": {
            name: {"runs": runs, "networks": [LINK, way]} for name, runs, way in zip(NODES, pair, WAYS, strict=True)
        }
        | {"r": {"runs": "router", "networks": list(WAYS)}},
    }
    return Laboratory(parse_topology(document, "interop"), run_id, driver=driver)


class LabBench:
    """The laboratory as a stage needs it, with side 0 played by node `actor`."""

    def __init__(self, lab: Laboratory, actor: int, nodes: dict[str, Node]) -> None:
        self._lab = lab
        self._sides = (NODES[actor], NODES[1 - actor])
        self._nodes = nodes

    def node(self, side: int) -> Node:
        """See `Bench`. Adapters remember what they did, so there is one for each life of a node."""
        name = self._sides[side]
        if name not in self._nodes:
            self._nodes[name] = self._lab.node(name)
        return self._nodes[name]

    def restart(self, side: int) -> None:
        """See `Bench`."""
        name = self._sides[side]
        self._nodes.pop(name, None)
        try:
            self._lab.crash(name)
        except LabError:  # it had ended by itself
            self._lab.stop(name)
        self._lab.start(name)

    def pause(self, side: int) -> None:
        """See `Bench`."""
        self._lab.pause(self._sides[side])

    def resume(self, side: int) -> None:
        """See `Bench`."""
        self._lab.resume(self._sides[side])

    def cut(self, *, toward: int | None = None) -> None:
        """See `Bench`."""
        if toward is None:
            self._lab.cut(LINK, self._sides[0])
        else:
            self._lab.cut(LINK, self._sides[toward], "to")

    def restore(self) -> None:
        """See `Bench`."""
        for node in self._sides:
            self._lab.restore(LINK, node)

    def interface(self, side: int, path: Literal["link", "routed"]) -> Interface:
        """The interface of a side on the path of a scenario."""
        node = self._sides[side]
        return self._lab.blueprint.house(node).interface(LINK if path == "link" else WAYS[NODES.index(node)])

    def tap(self, side: int, path: Literal["link", "routed"]) -> Tap:
        """A tap there, which sees every packet from now on. Raises LabError, OSError."""
        interface = self.interface(side, path).name
        return call_in(self._lab.blueprint.house(self._sides[side]).namespace, lambda: Tap(interface))
