"""Frames for the tests of captures/: Control packets packed by struct, wrapped by scapy, written by the recorder."""

import shutil
import struct
from collections.abc import Iterable
from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw

from captures.record import Recorder

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")

A, B = "192.0.2.1", "192.0.2.2"
A6, B6 = "2001:db8::1", "2001:db8::2"
ADMIN_DOWN, DOWN, INIT, UP = range(4)
POLL, FINAL, AUTHENTICATED, MULTIPOINT = 0x20, 0x10, 0x04, 0x01
START_NS = 1_700_000_000_123_456_789
STEP_NS = 10_000_000


def control(
    state: int = UP,
    *,
    version: int = 1,
    diag: int = 0,
    flags: int = 0,
    mult: int = 3,
    length: int | None = None,
    my: int = 0xA,
    your: int = 0xB,
    tx: int | None = None,
    rx: int = 250_000,
    echo: int = 50_000,
    auth: bytes = b"",
) -> bytes:
    """The bytes of a Control packet, laid out as RFC 5880 section 4.1 draws it."""
    size = 24 + len(auth) if length is None else length
    slow_or_fast = 300_000 if state == UP else 1_000_000
    first = (version << 5 | diag, state << 6 | flags, mult, size)
    return struct.pack(">4B5I", *first, my, your, tx or slow_or_fast, rx, echo) + auth


def datagram(
    payload: bytes, source: str = A, destination: str = B, *, ttl: int = 255, sport: int = 49152, dport: int = 3784
) -> Packet:
    """IP and UDP around `payload`."""
    ip = IPv6(src=source, dst=destination, hlim=ttl) if ":" in source else IP(src=source, dst=destination, ttl=ttl)
    return ip / UDP(sport=sport, dport=dport) / Raw(payload)


def ethernet(packet: Packet) -> bytes:
    """The bytes of an Ethernet frame around `packet`."""
    return bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / packet)


def record(path: Path, frames: Iterable[bytes]) -> Path:
    """Write `frames` ten milliseconds apart."""
    with Recorder(path, "lab0") as recorder:
        for number, frame in enumerate(frames):
            recorder.write(frame, START_NS + number * STEP_NS, outbound=True)
    return path
