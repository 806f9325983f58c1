"""Two speakers on a link in simulated time, and a capture of what one of them sends and gets.

Lives here: the link, the two systems, the capture. Must not live here: what happens on the stage (`stories`), who
breaks which rule (`plan`).
"""

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Literal

from captures.record import Recorder
from conformance.deviants.deviant import Deviant
from conformance.targets.reference import EPOCH_US, LINKS, ReferenceNode
from refimpl.runtime.clock import VirtualClock
from refimpl.runtime.link import Impairments, LinkEnd, connect
from refimpl.runtime.virtual import VirtualEngine, VirtualInterface
from topologies.description import neighbour
from topologies.node import SessionSpec

LINK = LINKS[0]
CUT = Impairments(loss=1.0)
MS = 1_000

Side = Literal["peer", "speaker"]


class Stage:
    """The `speaker`, about whom a story is, and its `peer`. The capture is made at the speaker's port: it holds what
    this one sends, whether it arrives or not, and what arrives here.

    Equal arguments make equal captures, to the byte.
    """

    def __init__(self, path: Path, speaker: Deviant, peer: Deviant, *, seed: str) -> None:
        rng = Random(seed)
        self.clock = VirtualClock(EPOCH_US)
        to_speaker, to_peer = connect(self.clock, Random(rng.random()))
        self.peer = _node(peer, "peer", to_speaker, self.clock, rng)
        self.speaker = _node(speaker, "speaker", to_peer, self.clock, rng)
        self._ends: dict[Side, LinkEnd] = {"peer": to_speaker, "speaker": to_peer}
        self._recorder = Recorder(path, "lab0")
        self._tap(to_peer)

    def add(self, side: Side, spec: SessionSpec) -> SessionSpec:
        """Have one of them run a session."""
        self._of(side).add_session(spec)
        return spec

    def remove(self, side: Side, spec: SessionSpec) -> None:
        """Have one of them forget a session, as when its process ends."""
        self._of(side).remove_session(spec)

    def elapse(self, seconds: float) -> None:
        """Let simulated time pass."""
        self.clock.advance(self.clock.now + round(seconds * 1_000_000))

    def cut(self, *sides: Side) -> None:
        """Lose what these send."""
        for side in sides:
            self._ends[side].impairments = CUT

    def mend(self, *sides: Side) -> None:
        """Lose nothing of what these send."""
        for side in sides:
            self._ends[side].impairments = Impairments()

    def delay(self, side: Side, seconds: float) -> None:
        """Let what one of them sends take so long."""
        self._ends[side].impairments = Impairments(delay_us=round(seconds * 1_000_000))

    def close(self) -> None:
        """End the capture."""
        self._recorder.close()

    def _of(self, side: Side) -> ReferenceNode:
        return self.speaker if side == "speaker" else self.peer

    def _tap(self, end: LinkEnd) -> None:
        send, deliver = end.send, end.deliver
        assert deliver is not None  # the engine has set it

        def sent(frame: bytes) -> None:
            self._recorder.write(frame, self.clock.now * 1000, outbound=True)
            send(frame)

        def delivered(frame: bytes) -> None:
            self._recorder.write(frame, self.clock.now * 1000, outbound=False)
            deliver(frame)

        end.send, end.deliver = sent, delivered  # type: ignore[method-assign]  # a tap changes nothing else


def session(side: Side, name: str = "s1", *, family: int = 4, beside: int = 0, **parameters: Any) -> SessionSpec:
    """The session of one of them with the other, on the peer's address of a family, or on another one `beside` it;
    `parameters` are those of SessionSpec."""
    peer, speaker = LINK.tester_addresses[family], LINK.target_addresses[family]
    if beside:
        peer = neighbour(peer, beside)
    ours, theirs = (speaker, peer) if side == "speaker" else (peer, speaker)
    spec = SessionSpec(name, peer=theirs, local=ours, interface=_interface(side))
    if parameters.get("kind") == "multi_hop":
        spec = replace(spec, interface="")
    return replace(spec, **parameters)


def _interface(side: Side) -> str:
    return LINK.target_interface if side == "speaker" else LINK.tester_interface


def _node(who: Deviant, side: Side, end: LinkEnd, clock: VirtualClock, rng: Random) -> ReferenceNode:
    macs = (LINK.target_mac, LINK.tester_mac) if side == "speaker" else (LINK.tester_mac, LINK.target_mac)
    interface = VirtualInterface(_interface(side), end, *macs, addresses=_addresses(side))
    engine = VirtualEngine(
        clock,
        [interface],
        rng=Random(rng.random()),
        procedures=who.procedures,
        flaws=who.flaws,
        table=who.table,
        kind=who.session,
    )
    return who.node(engine, clock, who.profiles)


def _addresses(side: Side) -> tuple[str, ...]:
    if side == "speaker":
        return tuple(LINK.target_addresses.values())
    own = tuple(LINK.tester_addresses.values())
    return (*own, *(neighbour(address, 1) for address in own))
