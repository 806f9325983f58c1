"""BGP as tshark reads it: the messages of a segment, their fields, and the end of a connection."""

import struct
from pathlib import Path

import pytest
from bfd_frames import B6, START_NS, A, B, control, datagram, ethernet, needs_tshark
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6
from scapy.packet import Packet, Raw

from captures.bgp import KEEPALIVE, NOTIFICATION, OPEN, Segment, read_bgp
from captures.read import CaptureError
from captures.record import Recorder

pytestmark = needs_tshark


def message(kind: int, body: bytes = b"") -> bytes:
    return b"\xff" * 16 + struct.pack("!HB", 19 + len(body), kind) + body


def segment(layer: Packet, data: bytes = b"", *, flags: str = "PA", port: int = 50000, at: int = 1) -> bytes:
    return ethernet(layer / TCP(sport=port, dport=179, flags=flags, seq=at, ack=1) / Raw(data))


def test_segments(tmp_path: Path) -> None:
    hello = message(OPEN, struct.pack("!BHH4sB", 4, 64513, 90, bytes(4), 0)) + message(KEEPALIVE)
    cease = message(NOTIFICATION, bytes([6, 10]))
    expired = message(NOTIFICATION, bytes([4, 0]))
    here = IP(src=A, dst=B)
    frames = [
        segment(here, flags="S", at=0),
        ethernet(datagram(control())),
        segment(here, hello),
        segment(here, cease, flags="FPA", at=1 + len(hello)),
        segment(IPv6(src=B6, dst="2001:db8::1"), expired, port=50001),
        segment(here, flags="R", port=50002),
    ]
    path = tmp_path / "x.pcapng"
    with Recorder(path, "lan") as recorder:
        for number, frame in enumerate(frames):
            recorder.write(frame, START_NS + number, outbound=True)
    assert read_bgp(path) == [
        Segment(3, START_NS + 2, A, 0, (OPEN, KEEPALIVE), hold_s=90),
        Segment(4, START_NS + 3, A, 0, (NOTIFICATION,), error=(6, 10), fin=True),
        Segment(5, START_NS + 4, B6, 1, (NOTIFICATION,), error=(4, None)),
        Segment(6, START_NS + 5, A, 2, reset=True),
    ]
    assert [each.ends for each in read_bgp(path)] == [False, True, True, True]


def test_a_torn_file_is_no_evidence(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with Recorder(path, "lan") as recorder:
        recorder.write(segment(IP(src=A, dst=B), message(KEEPALIVE)), START_NS, outbound=True)
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(CaptureError, match=r"x\.pcapng: "):
        read_bgp(path)
