"""What the suite needs of a target, whichever clock turns."""

from dataclasses import dataclass
from random import Random
from typing import Protocol

from conformance.bench.wire import Wire
from topologies.node import Node


@dataclass(frozen=True, slots=True)
class Lease:
    """A target at a case's disposal: wires to it and the node that runs it. `remark` is what the case's result has to
    say about the target's state before, "" for nothing."""

    wire: Wire
    node: Node
    remark: str = ""


class Target(Protocol):
    """A target that is up. `lease` gives it to one case; afterwards the case's sessions are gone again."""

    name: str
    version: str
    description: str
    real: bool

    @property
    def lacks(self) -> dict[str, str]:
        """What the target declares to lack: capability name and reason."""

    def lease(self, rng: Random, links: int = 1) -> Lease:
        """That many links on which nothing of an earlier case is left."""
