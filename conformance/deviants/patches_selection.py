"""Session tables that look at something else than Your Discriminator, for deviants of demultiplexing."""

from refimpl.core.constants import State
from refimpl.core.demux import SessionTable
from refimpl.core.outputs import Discarded, Output
from refimpl.core.packet import ControlPacket, Malformed, Meta
from refimpl.core.session import Session


class DemandsTheSource(SessionTable):
    """Your Discriminator counts only when the source address is that of the far end."""

    def _select(self, packet: ControlPacket, meta: Meta) -> Session | None:
        session = super()._select(packet, meta)
        return session if session is not None and meta.source == session.config.peer else None


class DemandsMyDiscriminator(SessionTable):
    """Your Discriminator counts only together with the My Discriminator that is known already."""

    def _select(self, packet: ControlPacket, meta: Meta) -> Session | None:
        session = super()._select(packet, meta)
        if session is None or packet.your_discriminator == 0:
            return session
        return session if session.variables.remote_discr in (0, packet.my_discriminator) else None


class DemandsTheSourcePort(SessionTable):
    """Your Discriminator counts only when the source port is the one that the session saw first."""

    def __init__(self, *arguments: object, **options: object) -> None:
        super().__init__(*arguments, **options)  # type: ignore[arg-type]
        self._ports: dict[Session, int] = {}

    def _select(self, packet: ControlPacket, meta: Meta) -> Session | None:
        session = super()._select(packet, meta)
        return (
            session
            if session is None or self._ports.setdefault(session, meta.source_port) == meta.source_port
            else None
        )


class FallsBackOnTheAddress(SessionTable):
    """A Your Discriminator that is unknown is treated as zero."""

    def _select(self, packet: ControlPacket, meta: Meta) -> Session | None:
        session = super()._select(packet, meta)
        if session is not None:
            return session
        return next((each for each in self if each.profile.selects(each.config, meta)), None)


class PrefersTheOldest(SessionTable):
    """Once two sessions are Up, every packet is taken for the older one's."""

    def _select(self, packet: ControlPacket, meta: Meta) -> Session | None:
        up = [session for session in self if session.state is State.UP]
        return up[0] if len(up) > 1 else super()._select(packet, meta)


class NumbersFromZero(SessionTable):
    """Discriminators are counted, and the first one is zero."""

    _number = -1

    def _unused_discriminator(self) -> int:
        self._number += 1
        return self._number


class DiscardedPacketsCount(SessionTable):
    """A packet that names a session holds off the expiry of its Detection Time, even if it is discarded."""

    def receive(self, packet: ControlPacket | Malformed, meta: Meta, now: int) -> tuple[Session | None, list[Output]]:
        session, outputs = super().receive(packet, meta, now)
        if isinstance(packet, ControlPacket) and any(isinstance(output, Discarded) for output in outputs):
            named = self._select(packet, meta)
            if named is not None:
                named.catch_up(last_tx=0, transmitted=0, last_rx=now, received=1)
        return session, outputs


class FailsOverMalformed(SessionTable):
    """A payload too short for a header takes the sender's session Down."""

    def receive(self, packet: ControlPacket | Malformed, meta: Meta, now: int) -> tuple[Session | None, list[Output]]:
        if isinstance(packet, Malformed):
            for session in self:
                if session.config.peer == meta.source:
                    down = ControlPacket(state=State.DOWN, my_discriminator=session.variables.remote_discr)
                    return session, session.receive(down, meta, now)
        return super().receive(packet, meta, now)
