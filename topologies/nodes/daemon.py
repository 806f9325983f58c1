"""What the adapters of daemons share that the laboratory itself starts: how they are found again, and ended."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Self

from topologies.node import BgpSpec, Capability, SessionSpec, SessionView
from topologies.nodes.adapter import Handle, evidence_of_lack
from topologies.nodes.manifest import Manifest, Release
from topologies.nodes.plain import PlainNode
from topologies.place import Place, reopen


class DaemonNode(PlainNode, ABC):
    """A running implementation; `place` is where it runs. The abstract verbs are those that every adapter has."""

    manifest: ClassVar[Manifest]

    def __init__(self, handle: Handle) -> None:
        """See `attach`."""
        self.name: str = handle["node"]
        self.version: str = handle["version"]
        self.lacks: Mapping[Capability, str] = MappingProxyType(self.manifest.release(self.name).lacks)
        self.place = reopen(handle["place"])
        self._processes: list[int] = handle["processes"]

    @classmethod
    def attach(cls, handle: Handle) -> Self:
        """Talk to a running implementation, from any process."""
        return cls(handle)

    @classmethod
    def start_bgp(cls, handle: Handle, own: BgpSpec) -> Handle:
        """Nothing to start: one daemon does it all, or there is no BGP."""
        return handle

    def processes(self) -> list[int]:
        """See `topologies.nodes.adapter.Adapter`."""
        return self._processes

    def stop(self) -> None:
        """End its processes."""
        self.place.terminate(self.processes())

    def check_lack(self, capability: Capability, spec: SessionSpec) -> str:
        """See `topologies.nodes.adapter.evidence_of_lack`."""
        return evidence_of_lack(self, capability, spec)

    @abstractmethod
    def add_session(self, spec: SessionSpec) -> None:
        """See `topologies.node.Node`, as for all of these."""

    @abstractmethod
    def remove_session(self, spec: SessionSpec) -> None: ...

    @abstractmethod
    def set_timers(
        self,
        spec: SessionSpec,
        *,
        desired_min_tx_us: int | None = None,
        required_min_rx_us: int | None = None,
        detect_mult: int | None = None,
    ) -> None: ...

    @abstractmethod
    def set_admin(self, spec: SessionSpec, *, enabled: bool) -> None: ...

    @abstractmethod
    def show(self, spec: SessionSpec) -> SessionView: ...


def handle(release: Release, place: Place, version: str, processes: Sequence[int], **more: Any) -> Handle:
    """The handle of an implementation that has just been started; `more` is what its adapter wants to find again."""
    return {
        "node": release.name,
        "version": version,
        "place": place.describe(),
        "processes": list(processes),
        **more,
    }
