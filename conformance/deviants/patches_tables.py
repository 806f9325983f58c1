"""Session tables with one method overridden, for deviants in the way from a packet to its session."""

from refimpl.core.constants import State
from refimpl.core.demux import SessionTable
from refimpl.core.outputs import Discarded, DiscardReason, Output
from refimpl.core.packet import ControlPacket, Malformed, Meta
from refimpl.core.procedures import learn
from refimpl.core.session import Session

Result = tuple[Session | None, list[Output]]


class LearningFromAll(SessionTable):
    """Whatever names a session is learned from, though it is discarded."""

    def receive(self, packet: ControlPacket | Malformed, meta: Meta, now: int) -> Result:
        """Learn after the discard."""
        result = super().receive(packet, meta, now)
        if result[0] is None and isinstance(packet, ControlPacket):
            session = self._by_local_discr.get(packet.your_discriminator)
            if session is not None:
                learn(session.variables, packet)
        return result


class LearningFirst(SessionTable):
    """The session of the source address learns from a packet before Your Discriminator is looked at."""

    def receive(self, packet: ControlPacket | Malformed, meta: Meta, now: int) -> Result:
        """Learn, then judge."""
        if isinstance(packet, ControlPacket) and packet.my_discriminator and packet.length >= 24:
            for session in self:
                if session.profile.selects(session.config, meta):
                    learn(session.variables, packet)
        return super().receive(packet, meta, now)


class NeedingDown(SessionTable):
    """Your Discriminator zero finds a session only with state Down."""

    def receive(self, packet: ControlPacket | Malformed, meta: Meta, now: int) -> Result:
        """Drop a first packet that says AdminDown."""
        if isinstance(packet, ControlPacket) and packet.your_discriminator == 0 and packet.state == State.ADMIN_DOWN:
            return None, [Discarded(DiscardReason.NO_SESSION, "6.8.6")]
        return super().receive(packet, meta, now)


class NeedingNobody(SessionTable):
    """Your Discriminator zero finds a session only if that has no far end yet."""

    def receive(self, packet: ControlPacket | Malformed, meta: Meta, now: int) -> Result:
        """Drop a first packet of a second far end."""
        if isinstance(packet, ControlPacket) and packet.your_discriminator == 0:
            known = [s for s in self if s.profile.selects(s.config, meta) and s.variables.remote_discr]
            if known:
                return None, [Discarded(DiscardReason.NO_SESSION, "6.8.6")]
        return super().receive(packet, meta, now)


class InStep(SessionTable):
    """The slowest far end decides for all sessions."""

    def receive(self, packet: ControlPacket | Malformed, meta: Meta, now: int) -> Result:
        """Spread what was learned."""
        result = super().receive(packet, meta, now)
        slowest = max(each.variables.remote_min_rx_interval_us for each in self)
        for each in self:
            each.variables.remote_min_rx_interval_us = slowest
        return result


class CountingUp(SessionTable):
    """Discriminators are counted up from 1."""

    def _unused_discriminator(self) -> int:
        return max(self._by_local_discr, default=0) + 1
