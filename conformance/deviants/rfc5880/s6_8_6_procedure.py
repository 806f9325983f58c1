"""The order of the reception procedure, first packets, lengths and assignments (RFC 5880 section 6.8.6)."""

from dataclasses import replace
from types import MappingProxyType

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import deaf_to, dropping, following, learning_without, weakened, without
from conformance.deviants.patches_sessions import StruckDeaf
from conformance.deviants.patches_tables import LearningFirst, LearningFromAll, NeedingDown, NeedingNobody
from conformance.targets.reference import PROFILES
from refimpl.core.constants import State
from refimpl.core.outputs import DiscardReason
from refimpl.core.packet import ControlPacket
from refimpl.core.procedures import learn
from refimpl.core.variables import StateVariables
from refimpl.runtime.virtual import EngineFlaws
from refimpl.wire.frames import Datagram

UNSELECTED = MappingProxyType({**PROFILES, "single_hop": replace(PROFILES["single_hop"], selects=lambda c, m: False)})
"""A single hop in which a first packet belongs to nobody."""


def filled(datagram: Datagram) -> Datagram:
    """Short payloads are read beyond their end, where zeros are."""
    return replace(datagram, payload=datagram.payload.ljust(24, b"\0"))


def deaf_in_finals(v: StateVariables, packet: ControlPacket) -> None:
    """A Final ends a Poll Sequence and says nothing else."""
    known = v.remote_min_rx_interval_us
    learn(v, packet)
    if packet.final:
        v.remote_min_rx_interval_us = known


def only_slower(v: StateVariables, packet: ControlPacket) -> None:
    """The far end's Required Min RX Interval counts only when it rises."""
    known = v.remote_min_rx_interval_us
    learn(v, packet)
    v.remote_min_rx_interval_us = max(known, v.remote_min_rx_interval_us)


DEVIANTS = (
    Deviant("5880-6.8.6-r01", "address before discriminator", table=LearningFirst),
    Deviant("5880-6.8.6-r02", "discarded packets learned from", table=LearningFromAll),
    Deviant("5880-6.8.6-r03", "version 4", weakened(DiscardReason.VERSION, lambda p, m: p.version not in (1, 4))),
    Deviant("5880-6.8.6-r04", "Length 20", weakened(DiscardReason.LENGTH_TOO_SMALL, lambda p, m: p.length < 20)),
    Deviant(
        "5880-6.8.6-r04",
        "short packets filled up",
        without(DiscardReason.LENGTH_TOO_SMALL),
        flaws=EngineFlaws(incoming=filled),
    ),
    Deviant("5880-6.8.6-r06", "short payloads filled up", flaws=EngineFlaws(incoming=filled)),
    Deviant(
        "5880-6.8.6-r06",
        "Length one beyond the payload",
        weakened(DiscardReason.LENGTH_BEYOND_PAYLOAD, lambda p, m: p.length > m.payload_length + 1),
    ),
    Deviant("5880-6.8.7-r12", "padding disliked", dropping(lambda p, m: m.payload_length > p.length)),
    Deviant("5880-6.8.6-r13", "first packets belong to nobody", profiles=UNSELECTED),
    Deviant("5880-6.8.6-r13", "first packets need state Down", table=NeedingDown),
    Deviant("5880-6.8.6-r13", "first packets need a new session", table=NeedingNobody),
    Deviant("5880-6.8.6-r16", "struck deaf by the A bit", session=StruckDeaf),
    Deviant("5880-6.8.6-r20", "far end stays Up", deaf_to("remote_session_state", State.UP)),
    Deviant("5880-6.8.6-r22", "far end's rate learned once", learning_without("remote_min_rx_interval_us")),
    Deviant("5880-6.8.6-r25", "slower, never faster", following(learn=only_slower)),
    Deviant("5880-6.8.6-r25", "Finals not learned from", following(learn=deaf_in_finals)),
)
