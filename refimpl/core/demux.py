"""From a received packet to its session (RFC 5880 sections 6.3 and 6.8.6), and discriminators that are unique
(6.8.1)."""

from collections.abc import Iterator
from random import Random

from refimpl.core.auth.transmission import Encode
from refimpl.core.echo import EchoPacket
from refimpl.core.outputs import Discarded, DiscardReason, Output
from refimpl.core.packet import ControlPacket, Malformed, Meta
from refimpl.core.procedures import RFC5880, Procedures
from refimpl.core.profile import Profile, SessionConfig
from refimpl.core.reception import judge_packet
from refimpl.core.session import Session


class SessionTable:
    """All sessions of one system, each of class `kind`. Sessions with authentication need `encode`."""

    def __init__(
        self,
        rng: Random,
        procedures: Procedures = RFC5880,
        encode: Encode | None = None,
        kind: type[Session] = Session,
    ) -> None:
        self._kind = kind
        self._rng = rng
        self._procedures = procedures
        self._encode = encode
        self._by_local_discr: dict[int, Session] = {}

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._by_local_discr.values()))

    def create(self, config: SessionConfig, profile: Profile, now: int) -> Session:
        """A new session with a random discriminator that no other session here has, or with the one that was signalled
        outside BFD (RFC 5883 section 4.2). Raises ValueError where another session has that one."""
        discr = config.local_discr or self._unused_discriminator()
        if discr in self._by_local_discr:
            raise ValueError(f"local discriminator {discr} is another session's; allowed is one that is not in use")
        session = self._kind(
            config,
            profile,
            local_discr=discr,
            rng=Random(self._rng.random()),
            now=now,
            procedures=self._procedures,
            encode=self._encode,
        )
        self._by_local_discr[discr] = session
        return session

    def delete(self, session: Session) -> None:
        """Forget the session; packets that name it find nothing from now on."""
        del self._by_local_discr[session.variables.local_discr]

    def receive(self, packet: ControlPacket | Malformed, meta: Meta, now: int) -> tuple[Session | None, list[Output]]:
        """The whole of 6.8.6: discard rules, selection, and what the selected session says to the packet."""
        discarded = judge_packet(self._procedures.before_selection, packet, meta)
        if discarded is not None or isinstance(packet, Malformed):
            return None, [discarded] if discarded is not None else []
        session = self._select(packet, meta)
        if session is None:
            reason = (
                DiscardReason.UNKNOWN_YOUR_DISCRIMINATOR if packet.your_discriminator != 0 else DiscardReason.NO_SESSION
            )
            return None, [Discarded(reason, "6.8.6")]
        return session, session.receive(packet, meta, now)

    def receive_echo(self, packet: EchoPacket | None, interface: str, now: int) -> tuple[Session | None, list[Output]]:
        """An Echo packet of ours that came back over `interface`: its discriminator finds the session (6.8.8). None
        is a packet that nobody here can have sent. One that came over another interface has not tested the session's
        path."""
        session = self._by_local_discr.get(packet.discriminator) if packet is not None else None
        if packet is None or session is None or session.config.interface not in ("", interface):
            return None, [Discarded(DiscardReason.ECHO_UNKNOWN, "6.8.8")]
        return session, session.receive_echo(packet, now)

    def _select(self, packet: ControlPacket, meta: Meta) -> Session | None:
        if packet.your_discriminator != 0:
            session = self._by_local_discr.get(packet.your_discriminator)
            # A packet to another application's port is not a packet of this session's application.
            fits = session is not None and session.profile.destination_port == meta.destination_port
            return session if fits else None
        found = [
            session
            for session in self._by_local_discr.values()
            if session.profile.destination_port == meta.destination_port
            and session.profile.selects(session.config, meta)
        ]
        # A session for the packet's own service level goes before one for all (RFC 5882 section 6).
        return max(found, key=lambda session: session.config.dscp is not None, default=None)

    def _unused_discriminator(self) -> int:
        while True:
            discr = self._rng.randrange(1, 1 << 32)
            if discr not in self._by_local_discr:
                return discr
