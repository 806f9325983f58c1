"""Sta, Diag and P of outgoing packets, and jitter that is none (RFC 5880 section 6.8.7)."""

from dataclasses import replace

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import composing
from conformance.deviants.patches_sessions import Alternating, AskingOnce
from refimpl.core.constants import Diag, State
from refimpl.core.packet import ControlPacket
from refimpl.core.variables import StateVariables


def unimpressed(packet: ControlPacket, v: StateVariables, poll: bool, final: bool) -> ControlPacket:
    """Periodic packets go on saying Up after the neighbor signaled Down."""
    signaled = v.session_state is State.DOWN and v.local_diag == Diag.NEIGHBOR_SIGNALED_SESSION_DOWN
    return replace(packet, state=State.UP) if signaled and not final else packet


def reasonless(packet: ControlPacket, v: StateVariables, poll: bool, final: bool) -> ControlPacket:
    """Only Finals have a diagnostic."""
    return packet if final else replace(packet, diag=Diag.NONE)


DEVIANTS = (
    Deviant("5880-6.8.7-r02", "long and short in turns", session=Alternating),
    Deviant("5880-6.8.7-r24", "diagnostic only in Finals", composing(reasonless)),
    Deviant("5880-6.8.7-r25", "Up after the neighbor's Down", composing(unimpressed)),
    Deviant("5880-6.8.7-r26", "P only once", session=AskingOnce),
)
