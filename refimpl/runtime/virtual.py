"""The virtual engine: the speaker on simulated time and simulated links. No root, no waiting, no sockets."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count
from random import Random

from refimpl.core.constants import DSCP_NETWORK_CONTROL, PORT_ECHO, SOURCE_PORT_MAX, SOURCE_PORT_MIN, TTL_MAX
from refimpl.core.demux import SessionTable
from refimpl.core.outputs import Output
from refimpl.core.packet import Meta
from refimpl.core.procedures import RFC5880, Procedures
from refimpl.core.profile import Profile, SessionConfig
from refimpl.core.session import Session
from refimpl.runtime.clock import VirtualClock
from refimpl.runtime.echo import echo_datagram, is_looped
from refimpl.runtime.link import LinkEnd
from refimpl.runtime.speaker import Observe, Speaker, ignore
from refimpl.wire.codec import encode
from refimpl.wire.echo import loop_back
from refimpl.wire.frames import ECN_BITS, Datagram, build, dissect


@dataclass(frozen=True, slots=True)
class VirtualInterface:
    """An interface of the simulated system: its name, its end of a link, its MAC address and that of its neighbour."""

    name: str
    end: LinkEnd
    mac: str
    neighbour_mac: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EngineFlaws:
    """How the engine encapsulates. The defaults are right; a test that needs a speaker with a flaw changes one.

    `ttl` is what packets carry (RFC 5881 section 5); `first_source_port` and `ports_per_session` (1: one stable port
    a session; more: packets take turns) belong to RFC 5881 section 4. `destination_port` None means the profile's own,
    `interface`, where there is one of that name, takes the place of the one that a session leaves by.
    """

    ttl: int = TTL_MAX
    first_source_port: int = SOURCE_PORT_MIN
    ports_per_session: int = 1
    shared_source_port: bool = False
    destination_port: int | None = None
    interface: str = ""
    echo_mac: str = ""
    """Where frames with Echo packets go, if not to the neighbour (RFC 5881 section 4)."""
    incoming: Callable[[Datagram], Datagram | None] | None = None
    """What becomes of a received datagram before anything looks at it; None drops it."""
    outgoing: Callable[[Session, Datagram], Iterable[Datagram]] | None = None
    """What is sent instead of a datagram of a session's: none, one or several."""


class VirtualEngine:
    """A system in simulated time."""

    def __init__(
        self,
        clock: VirtualClock,
        interfaces: list[VirtualInterface],
        *,
        rng: Random,
        observe: Observe = ignore,
        procedures: Procedures = RFC5880,
        flaws: EngineFlaws | None = None,
        table: type[SessionTable] = SessionTable,
        kind: type[Session] = Session,
    ) -> None:
        self._clock = clock
        self._interfaces = {interface.name: interface for interface in interfaces}
        self._by_address = {address: each for each in interfaces for address in each.addresses}
        self._flaws = flaws or EngineFlaws()
        # RFC 5881 section 4: one source port a session, in range, not shared as long as there are enough.
        self._ports = count(self._flaws.first_source_port, self._flaws.ports_per_session)
        self._source_ports: dict[Session, int] = {}
        self.speaker = Speaker(table(rng, procedures, encode, kind), self._send, self._send_echo, observe=observe)
        self._armed: int | None = None
        for interface in interfaces:
            interface.end.deliver = lambda frame, interface=interface: self._receive(interface, frame)

    def add(self, config: SessionConfig, profile: Profile) -> Session:
        """Create a session; `config.interface`, if any, must be one of this engine's, and `config.local` an address."""
        session = self.speaker.add(config, profile, self._clock.now)
        self._source_ports[session] = (
            self._flaws.first_source_port if self._flaws.shared_source_port else min(next(self._ports), SOURCE_PORT_MAX)
        )
        self._arm()
        return session

    def remove(self, session: Session) -> None:
        """Delete a session."""
        self.speaker.remove(session)
        del self._source_ports[session]

    def perform(self, session: Session, outputs: list[Output]) -> None:
        """Carry out what a session answered to a command, and keep its new deadline."""
        self.speaker.perform(session, outputs, self._clock.now)
        self._arm()

    def _receive(self, interface: VirtualInterface, frame: bytes) -> None:
        datagram = dissect(frame)
        if datagram is not None and self._flaws.incoming is not None:
            datagram = self._flaws.incoming(datagram)
        if datagram is None:
            return
        if datagram.destination_port == PORT_ECHO:
            self._receive_echo(interface, frame, datagram)
            return
        # An address belongs to the system, whichever interface has it (RFC 1122 section 3.3.4.2, the weak model).
        if datagram.destination not in self._by_address:
            return
        meta = Meta(
            payload_length=len(datagram.payload),
            source=datagram.source,
            destination=datagram.destination,
            source_port=datagram.source_port,
            destination_port=datagram.destination_port,
            ttl=datagram.ttl,
            interface=interface.name,
            dscp=datagram.traffic_class >> ECN_BITS,
            payload=datagram.payload,
        )
        self.speaker.receive(datagram.payload, meta, self._clock.now)
        self._arm()

    def _receive_echo(self, interface: VirtualInterface, frame: bytes, datagram: Datagram) -> None:
        if datagram.destination in interface.addresses:
            self.speaker.receive_echo(datagram.payload, interface.name, self._clock.now)
            self._arm()
        elif is_looped(datagram, interface.name, self.speaker.sessions):
            looped = loop_back(frame)
            if looped is not None:
                interface.end.send(looped)

    def _send_echo(self, session: Session, payload: bytes) -> None:
        flaws = self._flaws
        interface = self._leaving(session)
        datagram = echo_datagram(session, payload, self._source_ports[session])
        for each in (datagram,) if flaws.outgoing is None else flaws.outgoing(session, datagram):
            interface.end.send(build(each, interface.mac, flaws.echo_mac or interface.neighbour_mac))

    def _send(self, session: Session, payload: bytes) -> None:
        config, flaws = session.config, self._flaws
        interface = self._leaving(session)
        dscp = DSCP_NETWORK_CONTROL if config.dscp is None else config.dscp
        datagram = Datagram(
            source=config.local,
            destination=config.peer,
            source_port=self._source_ports[session] + session.counters.transmitted % flaws.ports_per_session,
            destination_port=flaws.destination_port or session.profile.destination_port,
            ttl=flaws.ttl,
            payload=payload,
            traffic_class=dscp << ECN_BITS,
            dont_fragment=bool(config.padded_pdu_size),  # RFC 9764 section 3
        )
        for each in (datagram,) if flaws.outgoing is None else flaws.outgoing(session, datagram):
            interface.end.send(build(each, interface.mac, interface.neighbour_mac))

    def _leaving(self, session: Session) -> VirtualInterface:
        """Where a session's packets go out. There are no routers here, so the way to a peer begins where the session's
        own address is."""
        name = session.profile.leaves_by(session.config)
        right = self._interfaces[name] if name else self._by_address[session.config.local]
        return self._interfaces.get(self._flaws.interface, right)

    def _arm(self) -> None:
        deadline = self.speaker.next_deadline()
        if deadline is not None and (self._armed is None or deadline < self._armed):
            self._armed = deadline
            self._clock.call_at(deadline, lambda: self._wake(deadline))

    def _wake(self, deadline: int) -> None:
        if deadline != self._armed:
            return  # an earlier deadline took this one's place, and its wake-up looked after everything
        self._armed = None
        self.speaker.run_due(self._clock.now)
        self._arm()
