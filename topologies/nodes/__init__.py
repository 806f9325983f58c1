"""The implementations that the laboratory can run, one folder each: data (`node.yaml`), template, adapter, image.

A new implementation is a folder and a line in ADAPTERS; a new version of one is a few lines in its `node.yaml`.
"""

from collections.abc import Mapping

from topologies.node import NodeError
from topologies.nodes.adapter import Adapter
from topologies.nodes.aiobfd.adapter import AiobfdNode
from topologies.nodes.bird.adapter import BirdNode
from topologies.nodes.exabgp.adapter import ExabgpNode
from topologies.nodes.frr.adapter import FrrNode
from topologies.nodes.gobgp.adapter import GobgpNode
from topologies.nodes.keepalived.adapter import KeepalivedNode
from topologies.nodes.manifest import Release
from topologies.nodes.ovs.adapter import OvsNode
from topologies.nodes.refbfd.adapter import RefbfdNode
from topologies.trees import tree

ADAPTERS: Mapping[str, type[Adapter]] = {
    "aiobfd": AiobfdNode,
    "bird": BirdNode,
    "exabgp": ExabgpNode,
    "frr": FrrNode,
    "gobgp": GobgpNode,
    "keepalived": KeepalivedNode,
    "ovs": OvsNode,
    "refbfd": RefbfdNode,
}

RELEASES: Mapping[str, Release] = {
    name: kind.manifest.release(name) for kind in ADAPTERS.values() for name in kind.manifest.releases
}


def release(name: str) -> Release:
    """The release of this name. Raises NodeError with the names there are."""
    try:
        return RELEASES[name]
    except KeyError:
        raise NodeError(f"no node is called {name!r}; there are {', '.join(sorted(RELEASES))}") from None


def adapter(name: str) -> type[Adapter]:
    """The adapter of the release of this name. Raises NodeError with the names there are."""
    return ADAPTERS[release(name).implementation]


def bfd_speakers() -> dict[str, Release]:
    """The releases that can be a target, and an end of a session, by name."""
    return {name: found for name, found in RELEASES.items() if found.bfd}


def available() -> list[str]:
    """Names of the BFD speakers whose programs are there: on this machine, or in a root tree of theirs."""
    return [name for name, found in bfd_speakers().items() if not found.missing(tree(found))]
