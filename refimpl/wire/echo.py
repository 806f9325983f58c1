"""Echo packets on the wire: this speaker's own contents, and what a router does to anybody's (RFC 5880 section 5, RFC
5881 section 4)."""

import struct

from refimpl.core.echo import EchoPacket
from refimpl.wire.frames import decrement_ttl

_LAYOUT = struct.Struct("!4sIIQ")
_MARK = b"bfde"
"""Tells our packets from those of other programs of this system, and nothing else."""

_MACS = 12
_MAC = 6


def encode_echo(packet: EchoPacket) -> bytes:
    """The payload: a mark, discriminator, sequence number (32 bits each), token (64 bits)."""
    return _LAYOUT.pack(_MARK, packet.discriminator, packet.sequence, packet.token)


def decode_echo(payload: bytes) -> EchoPacket | None:
    """The values in a payload of ours, None for any other."""
    if len(payload) != _LAYOUT.size or not payload.startswith(_MARK):
        return None
    _, discriminator, sequence, token = _LAYOUT.unpack(payload)
    return EchoPacket(discriminator, sequence, token)


def loop_back(frame: bytes) -> bytes | None:
    """The Ethernet frame that forwards the IP packet in `frame` to where it came from: MAC addresses exchanged, TTL or
    Hop Limit less by one, all else untouched. None where that leaves no TTL."""
    packet = decrement_ttl(frame[_MACS:])
    return None if packet is None else frame[_MAC:_MACS] + frame[:_MAC] + packet
