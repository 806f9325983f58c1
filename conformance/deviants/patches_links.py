"""Ways in which deviants find the wrong session or take the wrong way: about links, addresses and marks."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from conformance.targets.reference import LINKS, PROFILES, ReferenceNode
from refimpl.core.constants import State
from refimpl.core.demux import SessionTable
from refimpl.core.outputs import Output
from refimpl.core.packet import ControlPacket, Malformed, Meta
from refimpl.core.profile import Profile, SessionConfig
from refimpl.core.session import Session
from refimpl.runtime.virtual import EngineFlaws
from refimpl.wire.frames import Datagram
from topologies.node import SessionSpec

FIRST, SECOND = LINKS

Selects = Callable[[SessionConfig, Meta], bool]


def with_profile(name: str, **fields: Any) -> Mapping[str, Profile]:
    """The profiles with fields of one of them replaced."""
    return MappingProxyType({**PROFILES, name: replace(PROFILES[name], **fields)})


def selecting(name: str, selects: Selects) -> Mapping[str, Profile]:
    """The profiles with another selection by packets with Your Discriminator zero in one of them."""
    return with_profile(name, selects=selects)


def demanding(demand: Callable[[Session, Meta], bool]) -> type[SessionTable]:
    """A table in which a packet with the right Your Discriminator has to meet one more demand."""

    class Demanding(SessionTable):
        def _select(self, packet: ControlPacket, meta: Meta) -> Session | None:
            session = super()._select(packet, meta)
            return session if session is not None and demand(session, meta) else None

    return Demanding


class OneForAll(SessionTable):
    """What is for one session is heard by all."""

    def receive(self, packet: ControlPacket | Malformed, meta: Meta, now: int) -> tuple[Session | None, list[Output]]:
        selected, outputs = super().receive(packet, meta, now)
        for session in self:
            if session is not selected and isinstance(packet, ControlPacket):
                session.receive(packet, meta, now)
        return selected, outputs


class Drawing(SessionTable):
    """Draws its own discriminator, whatever was signalled."""

    def create(self, config: SessionConfig, profile: Profile, now: int) -> Session:
        return super().create(replace(config, local_discr=0), profile, now)


class Learning(Session):
    """Learns the far end's discriminator, whatever was signalled."""

    def __init__(self, config: SessionConfig, profile: Profile, **others: Any) -> None:
        super().__init__(replace(config, remote_discr=0), profile, **others)


class SeveralForOnePath(ReferenceNode):
    """A session for everybody who asks."""

    def identity(self, spec: SessionSpec) -> tuple[object, ...]:
        return (spec.name,)

    def share_session(self, spec: SessionSpec, client: str) -> None:
        self.add_session(replace(spec, name=f"{spec.name}-{client}"))


class LosingSession(ReferenceNode):
    """The session goes with its first client."""

    def withdraw_client(self, spec: SessionSpec, client: str = "") -> None:
        self.remove_session(spec)


class OneForBothVersions(ReferenceNode):
    """The first session on a link is all there is; see `over_both` for its packets."""

    def add_session(self, spec: SessionSpec) -> None:
        if not self._sessions:
            super().add_session(spec)


def over_both(session: Session, datagram: Datagram) -> Iterable[Datagram]:
    """Each packet over IPv4 and over IPv6."""
    return datagram, over_other(datagram)


def over_other(datagram: Datagram) -> Datagram:
    """The same packet over the other IP version, on the first link."""
    other = 4 if ":" in datagram.source else 6
    return replace(datagram, source=FIRST.target_addresses[other], destination=FIRST.tester_addresses[other])


def straying(strays: Callable[[Session], bool]) -> EngineFlaws:
    """Packets take the other IP version while `strays` says so of their session."""
    return EngineFlaws(outgoing=lambda session, datagram: (over_other(datagram) if strays(session) else datagram,))


def answers_only(session: Session, datagram: Datagram) -> Iterable[Datagram]:
    """Finals over the other IP version."""
    final = datagram.payload[1] & 0x10
    return (over_other(datagram) if final else datagram,)


def has_failed(session: Session) -> bool:
    """The session is Down, and was not always."""
    return session.state is State.DOWN and session.variables.local_diag != 0


def heard_from(session: Session, datagram: Datagram) -> str:
    """Where the session's last accepted packet came from; the configured far end before the first one."""
    return session._last_accepted[1].source if session._last_accepted is not None else datagram.destination


def following_the_source(session: Session, datagram: Datagram) -> Iterable[Datagram]:
    """Packets to wherever the last one came from."""
    return (replace(datagram, destination=heard_from(session, datagram)),)


def silent_to_strangers(session: Session, datagram: Datagram) -> Iterable[Datagram]:
    """No packet while the last one came from elsewhere."""
    return (datagram,) if heard_from(session, datagram) == datagram.destination else ()
