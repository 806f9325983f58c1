"""Capture files of every kind, byte by byte."""

import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

START_S = 1_700_000_000
ETHERNET = 1


def pcap(
    path: Path,
    frames: Iterable[bytes | tuple[bytes, int]],
    *,
    order: str = "<",
    nano: bool = False,
    link_type: int = ETHERNET,
    snap_length: int = 262144,
) -> Path:
    """A pcap file of frames a second and a unit apart; a frame of which the capture holds only a part comes with its
    length."""
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    parts = [struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, snap_length, link_type)]
    for number, given in enumerate(frames):
        frame, length = given if isinstance(given, tuple) else (given, len(given))
        parts.append(struct.pack(f"{order}4I", START_S + number, number, len(frame), length) + frame)
    path.write_bytes(b"".join(parts))
    return path


def block(order: str, kind: int, body: bytes) -> bytes:
    """A pcapng block."""
    body += bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", 12 + len(body))
    return struct.pack(f"{order}I", kind) + length + body + length


def options(order: str, *given: tuple[int, bytes]) -> bytes:
    """Options of a block, with their end."""
    return b"".join(
        struct.pack(f"{order}HH", code, len(value)) + value + bytes(-len(value) % 4)
        for code, value in (*given, (0, b""))
    )


def section(order: str = "<") -> bytes:
    """A section header."""
    return block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(
    order: str = "<",
    name: str = "",
    *,
    link_type: int = ETHERNET,
    snap_length: int = 0,
    resolution: int | None = None,
    offset_s: int | None = None,
) -> bytes:
    """An interface description."""
    given = [(2, name.encode())] if name else []
    if resolution is not None:
        given.append((9, bytes([resolution])))
    if offset_s is not None:
        given.append((14, struct.pack(f"{order}q", offset_s)))
    return block(order, 1, struct.pack(f"{order}HHI", link_type, 0, snap_length) + options(order, *given))


def enhanced(
    order: str, number: int, units: int, frame: bytes, *, length: int | None = None, more: bytes = b""
) -> bytes:
    """A packet of an interface by its number, at a time in the interface's units."""
    size = len(frame) if length is None else length
    fields = struct.pack(f"{order}5I", number, units >> 32, units & 0xFFFFFFFF, len(frame), size)
    return block(order, 6, fields + frame + bytes(-len(frame) % 4) + more)


def simple(order: str, frame: bytes, length: int | None = None) -> bytes:
    """A packet without time and interface."""
    return block(order, 3, struct.pack(f"{order}I", len(frame) if length is None else length) + frame)


def obsolete(order: str, number: int, units: int, frame: bytes) -> bytes:
    """A packet as the first versions of the format had it."""
    fields = struct.pack(f"{order}HHIIII", number, 0, units >> 32, units & 0xFFFFFFFF, len(frame), len(frame))
    return block(order, 2, fields + frame)


def pcapng(path: Path, blocks: Sequence[bytes]) -> Path:
    """A pcapng file."""
    path.write_bytes(b"".join(blocks))
    return path
