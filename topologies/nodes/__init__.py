"""The implementations that the laboratory can run, one folder each: data (`node.yaml`), template, adapter.

A new implementation is a folder and a line in ADAPTERS.
"""

from collections.abc import Mapping

from topologies.node import NodeError
from topologies.nodes.adapter import Adapter
from topologies.nodes.bird.adapter import BirdNode
from topologies.nodes.frr.adapter import FrrNode
from topologies.nodes.refbfd.adapter import RefbfdNode

ADAPTERS: Mapping[str, type[Adapter]] = {
    "bird": BirdNode,
    "frr": FrrNode,
    "refbfd": RefbfdNode,
}


def adapter(name: str) -> type[Adapter]:
    """The adapter of this name. Raises NodeError with the names there are."""
    try:
        return ADAPTERS[name]
    except KeyError:
        raise NodeError(f"no node is called {name!r}; there are {', '.join(sorted(ADAPTERS))}") from None


def available() -> list[str]:
    """Names of the nodes whose programs are installed here."""
    return [name for name, kind in ADAPTERS.items() if not kind.manifest.missing()]
