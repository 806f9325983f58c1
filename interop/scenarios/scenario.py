"""What a scenario is: data, one function that acts and one that judges what the captures then show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from interop.evidence import Evidence
from interop.judgement import Judgement
from interop.stage import Stage
from topologies.node import Capability

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """Something that two implementations do with each other.

    `id` is permanent. `expects` says in words what has to be seen, `clause` where that is written. `directed` means
    that one end acts and the other one meets it, so that it is tried both ways. `needs` are capabilities of both ends,
    `acts_with` of the one that acts, `meets_with` of the other one. `wishes` are parameters of the session at the two
    ends, as in SessionSpec. `path` is the network between them: one link, or two behind a router.
    """

    id: str
    title: str
    expects: str
    clause: str
    act: Callable[[Stage], None]
    judge: Callable[[Evidence, Judgement], None]
    directed: bool = False
    needs: tuple[Capability, ...] = ()
    acts_with: tuple[Capability, ...] = ()
    meets_with: tuple[Capability, ...] = ()
    family: Literal[4, 6] = 4
    path: Literal["link", "routed"] = "link"
    wishes: tuple[Mapping[str, Any], Mapping[str, Any]] = (NOTHING, NOTHING)
