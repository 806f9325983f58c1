"""Patches of packets on their way out, for deviants that bend the bytes and not the variables."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from refimpl.core.session import Session
from refimpl.runtime.virtual import EngineFlaws
from refimpl.wire.frames import Datagram


def bending(change: Callable[[bytes], bytes]) -> EngineFlaws:
    """An engine whose every payload is changed before it is sent."""

    def outgoing(session: Session, datagram: Datagram) -> Iterable[Datagram]:
        return (replace(datagram, payload=change(datagram.payload)),)

    return EngineFlaws(outgoing=outgoing)


def little_endian_intervals(payload: bytes) -> bytes:
    """The three intervals with their least significant byte first."""
    words = (payload[at : at + 4][::-1] for at in (12, 16, 20))
    return payload[:12] + b"".join(words) + payload[24:]


def exchanged_intervals(payload: bytes) -> bytes:
    """Required Min RX ahead of Desired Min TX Interval."""
    return payload[:12] + payload[16:20] + payload[12:16] + payload[20:]


def exchanged_mult_and_length(payload: bytes) -> bytes:
    """Length ahead of Detect Mult."""
    return payload[:2] + payload[3:4] + payload[2:3] + payload[4:]
