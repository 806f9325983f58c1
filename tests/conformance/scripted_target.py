"""A target that does exactly what a test scripted: frames at times, answers to what is sent, a node that obeys or not.

Nothing of the reference is used, so these tests judge the bench and nobody else. Time is simulated and starts at 0.
"""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from random import Random
from typing import Any

from conformance.bench.bench import Bench
from conformance.bench.cases import Case
from conformance.bench.packets import Seen
from conformance.bench.wire import Arrival, Late, Link
from conformance.catalogue import Catalogue, Requirement, Section
from conformance.inventory import Runnable
from conformance.runner import NullRecorder
from conformance.targets.target import Lease
from refimpl.core.constants import State
from refimpl.core.packet import ControlPacket
from refimpl.wire.codec import decode, encode
from refimpl.wire.frames import Datagram, build, dissect
from topologies.node import Capability, NodeError, SessionSpec, SessionView

LINK = Link(
    tester_interface="tester9",
    target_interface="target9",
    tester_mac="02:00:00:00:00:0a",
    target_mac="02:00:00:00:00:0b",
    tester_addresses={4: "192.0.2.1", 6: "2001:db8::1"},
    target_addresses={4: "192.0.2.2", 6: "2001:db8::2"},
    prefix_lengths={4: 24, 6: 64},
)

SECOND = replace(
    LINK,
    tester_interface="tester10",
    target_interface="target10",
    tester_addresses={4: "192.0.2.17", 6: "2001:db8:1::1"},
    target_addresses={4: "192.0.2.18", 6: "2001:db8:1::2"},
)
"""For tests that give their wire a second link."""

MUST, SHOULD, MAY, OTHER = "9999-1-r01", "9999-1-r02", "9999-1-r03", "9999-1-r04"
CASE_ID = "9999-1-01"
MS = 1_000

Reaction = Callable[["ScriptedWire", ControlPacket], None]


def control(**fields: Any) -> ControlPacket:
    """A packet of the target, Up and settled unless told otherwise."""
    usual = {"state": State.UP, "my_discriminator": 7, "desired_min_tx_interval_us": 300 * MS}
    return ControlPacket(**(usual | {"required_min_rx_interval_us": 300 * MS} | fields))


def frame_from_target(packet: ControlPacket | bytes, **encapsulation: Any) -> bytes:
    """The target's packet, or any payload, in its Ethernet frame; `encapsulation` overrides fields of Datagram."""
    usual: dict[str, Any] = {
        "source": LINK.target_addresses[4],
        "destination": LINK.tester_addresses[4],
        "source_port": 49152,
        "destination_port": 3784,
        "ttl": 255,
        "payload": packet if isinstance(packet, bytes) else encode(packet),
    }
    return build(Datagram(**(usual | encapsulation)), LINK.target_mac, LINK.tester_mac)


def seen(time_us: int, frame: int = 1, **fields: Any) -> Seen:
    """A packet of the target as a bench would have logged it."""
    datagram = dissect(frame_from_target(control(**fields)))
    assert datagram is not None
    return Seen(frame, time_us, False, datagram, control(**fields))


class ScriptedWire:
    """A link whose far end is a list of frames at times, and a reaction to each packet of the tester's."""

    def __init__(self, *, real: bool = False, late: Sequence[Late] = (), trouble: str = "") -> None:
        self.links: tuple[Link, ...] = (LINK,)
        self.real = real
        self.react: Reaction | None = None
        self.loses_own_frames = False
        self.closed = False
        self._now = 0
        self._late = list(late)
        self._trouble = trouble
        self._queue: list[tuple[int, int, bytes, bool, int]] = []
        self._order = count()

    def at(self, time_us: int, packet: ControlPacket | bytes, *, link: int = 0, **encapsulation: Any) -> None:
        """Script a packet of the target."""
        self._push(time_us, frame_from_target(packet, **encapsulation), sent=False, link=link)

    def now(self) -> int:
        return self._now

    def send(self, frame: bytes, link: int = 0) -> None:
        if not self.loses_own_frames:
            self._push(self._now, frame, sent=True, link=link)
        datagram = dissect(frame)
        if self.react is not None and datagram is not None:
            packet = decode(datagram.payload)
            if isinstance(packet, ControlPacket):
                self.react(self, packet)

    def receive(self, until: int) -> Arrival | None:
        if self._queue and self._queue[0][0] <= until:
            time_us, _, frame, sent, link = heapq.heappop(self._queue)
            self._now = max(self._now, time_us)
            return Arrival(frame, time_us * 1000, sent, link)
        self._now = max(self._now, until)
        return None

    def lateness(self) -> list[Late]:
        return self._late

    def trouble(self) -> str:
        return self._trouble

    def close(self) -> None:
        self.closed = True

    def _push(self, time_us: int, frame: bytes, *, sent: bool, link: int) -> None:
        heapq.heappush(self._queue, (time_us, next(self._order), frame, sent, link))


class ScriptedNode:
    """A node that remembers what it was told. `refuses` names the verbs that it does not obey."""

    name = "scripted"
    version = "0"
    configured: Sequence[SessionSpec] = ()

    def __init__(self, refuses: Sequence[str] = (), lacks: Mapping[Capability, str] | None = None) -> None:
        self.lacks: Mapping[Capability, str] = lacks or {}
        self.sessions: list[str] = []
        self._refuses = refuses

    def add_session(self, spec: SessionSpec) -> None:
        self._obey("add_session")
        self.sessions.append(spec.name)

    def remove_session(self, spec: SessionSpec) -> None:
        self._obey("remove_session")
        if spec not in self.configured:
            self.sessions.remove(spec.name)

    def set_timers(
        self,
        spec: SessionSpec,
        *,
        desired_min_tx_us: int | None = None,
        required_min_rx_us: int | None = None,
        detect_mult: int | None = None,
    ) -> None:
        self._obey("set_timers")

    def set_admin(self, spec: SessionSpec, *, enabled: bool) -> None:
        self._obey("set_admin")

    def show(self, spec: SessionSpec) -> SessionView:
        return SessionView("unknown")

    def check_lack(self, capability: Capability, spec: SessionSpec) -> str:
        self._obey("check_lack")
        return f"% Unknown command for {spec.interface}"

    def _obey(self, verb: str) -> None:
        if verb in self._refuses:
            raise NodeError(f"scripted: {verb} is refused")


class ScriptedTarget:
    """Hands out one scripted wire and node per attempt, and keeps them for the test to look at."""

    name = "scripted"
    version = "0"
    description = "a script"

    def __init__(
        self, wire: Callable[[], ScriptedWire] = ScriptedWire, node: Callable[[], ScriptedNode] = ScriptedNode
    ) -> None:
        self._wire, self._node = wire, node
        self.real = wire().real
        self.leases: list[tuple[ScriptedWire, ScriptedNode]] = []

    @property
    def lacks(self) -> dict[str, str]:
        return {}

    def lease(self, rng: Random, links: int = 1) -> Lease:
        wire, node = self._wire(), self._node()
        self.leases.append((wire, node))
        return Lease(wire, node)


def bench_on(wire: ScriptedWire, node: ScriptedNode | None = None, requirements: Sequence[str] = (MUST,)) -> Bench:
    """A bench that keeps no capture."""
    return Bench(wire, node or ScriptedNode(), NullRecorder(), requirements=requirements, rng=Random(1))


def catalogue() -> Catalogue:
    """Four requirements of a made-up RFC, one of each level and one that no case claims."""
    levels = {MUST: "MUST", SHOULD: "SHOULD", MAY: "MAY", OTHER: "MUST"}
    requirements = [
        Requirement.model_validate(
            {"id": id_, "level": level, "keyword": level, "summary": id_, "actor": "session", "observable": "wire"}
        )
        for id_, level in levels.items()
    ]
    section = Section(rfc=9999, section="1", title="Made up", requirements=requirements)
    return Catalogue({each.id: each for each in requirements}, {(9999, "1"): section})


def runnable(
    body: Callable[[Bench], None], judges: Sequence[str] = (MUST,), needs: Sequence[Capability] = ()
) -> Runnable:
    """A case that is not declared anywhere."""
    return Runnable(Case(CASE_ID, tuple(judges), tuple(needs), "a made-up case"), body, __name__)
