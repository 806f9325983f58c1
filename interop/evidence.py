"""What the captures of both ends say together: each packet once, with its frame at either end.

Both ends were captured on one machine and by one clock. Side 0 is the end that acts, side 1 the other one; which
implementation that is, is in `names`.
"""

import tempfile
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TypeVar

from captures.echoes import Echo, read_echoes
from captures.handshake import STATE_NAMES, UP
from captures.join import join
from captures.read import read_tshark
from captures.rows import Row

_Frame = TypeVar("_Frame", Row, Echo)

TRANSIT_NS = 150_000_000
"""A packet that reaches the other end does so within this time; the shortest interval of a session is longer."""


@dataclass(frozen=True, slots=True)
class Packet:
    """A Control packet of `side`. `row` is as the sender's capture has it, or as the receiver's where only that has
    it. `frames` are its numbers in the captures of side 0 and side 1, None where it is not in one: `heard_ns` None
    means that it did not arrive."""

    side: int
    row: Row
    frames: tuple[int | None, int | None]
    sent_ns: int
    heard_ns: int | None


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that the operator did: when (nanoseconds since the Unix epoch), its name, and in words."""

    time_ns: int
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Captured:
    """What the captures of both ends hold: Control packets in the order in which they were sent, and the Echo packets
    of each capture."""

    packets: Sequence[Packet] = ()
    echoes: tuple[Sequence[Echo], Sequence[Echo]] = ((), ())


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known of one session's life. `packets` are in the order in which they were sent; `echoes` are the
    Echo packets at side 0 and at side 1."""

    names: tuple[str, str]
    packets: Sequence[Packet]
    marks: Sequence[Mark] = ()
    echoes: tuple[Sequence[Echo], Sequence[Echo]] = ((), ())

    def sent(self, side: int, since_ns: int = 0, until_ns: int | None = None) -> list[Packet]:
        """What `side` sent from one moment on, and before another."""
        return [
            packet
            for packet in self.packets
            if packet.side == side and since_ns <= packet.sent_ns and (until_ns is None or packet.sent_ns < until_ns)
        ]

    def heard(self, side: int, since_ns: int = 0, until_ns: int | None = None) -> list[Packet]:
        """What reached `side` from one moment on, and before another."""
        return [
            packet
            for packet in self.packets
            if packet.side != side
            and packet.heard_ns is not None
            and since_ns <= packet.heard_ns
            and (until_ns is None or packet.heard_ns < until_ns)
        ]

    def at(self, name: str) -> int | None:
        """When the operator did what the mark is called, or None: it did not come to that."""
        return next((mark.time_ns for mark in self.marks if mark.name == name), None)

    def name(self, side: int) -> str:
        """Who is at that end."""
        return self.names[side]


def read(paths: Sequence[tuple[Path, Path]], addresses: Sequence[tuple[str, str]]) -> list[Captured]:
    """What was captured of sessions, each with the captures of its two ends and its two addresses, side 0 first.

    tshark reads all files in one go. Raises captures.read.CaptureError, OSError.
    """
    flat = [path for pair in paths for path in pair]
    with tempfile.TemporaryDirectory(prefix="bfdspec-") as scratch:
        joined = Path(scratch) / "captures.pcapng"
        ends = list(accumulate(join(flat, joined)))
        rows = _by_file(read_tshark(joined).rows, ends)
        echoes = _by_file(read_echoes(joined), ends)
    return [
        Captured(combine(rows[at], rows[at + 1], own), (tuple(echoes[at]), tuple(echoes[at + 1])))
        for at, own in zip(range(0, len(flat), 2), addresses, strict=True)
    ]


def _by_file(frames: Iterable[_Frame], ends: Sequence[int]) -> list[list[_Frame]]:
    """What was read of joined files, by file, with the frame numbers that it has there. `ends` are the number of frames
    up to the end of each file."""
    starts = [0, *ends[:-1]]
    files: list[list[_Frame]] = [[] for _ in ends]
    for frame in frames:
        index = bisect_right(ends, frame.frame - 1)
        files[index].append(replace(frame, frame=frame.frame - starts[index]))
    return files


def combine(near: Iterable[Row], far: Iterable[Row], addresses: tuple[str, str]) -> list[Packet]:
    """The packets in the captures of side 0 and side 1, in the order in which they were sent. Rows of other speakers
    than the two `addresses` are left out."""
    captured = (list(near), list(far))
    packets: list[Packet] = []
    for side, address in enumerate(addresses):
        here = [row for row in captured[side] if row.source == address]
        there = [row for row in captured[1 - side] if row.source == address]
        packets += [_packet(side, own, other) for own, other in _matched(here, there)]
    return sorted(packets, key=lambda packet: packet.sent_ns)


def _matched(sent: Sequence[Row], heard: Sequence[Row]) -> list[tuple[Row | None, Row | None]]:
    """Each packet as sent and as heard. A link keeps the order, so both lists are gone through once."""
    pairs: list[tuple[Row | None, Row | None]] = []
    waiting = list(heard)
    for row in sent:
        index = next((at for at, other in enumerate(waiting) if _same(row, other)), None)
        if index is None:
            pairs.append((row, None))
            continue
        pairs += [(None, other) for other in waiting[:index]]
        pairs.append((row, waiting[index]))
        del waiting[: index + 1]
    return pairs + [(None, other) for other in waiting]


def _same(sent: Row, heard: Row) -> bool:
    if not -TRANSIT_NS < heard.time_ns - sent.time_ns < TRANSIT_NS:
        return False
    return replace(heard, frame=sent.frame, time_ns=sent.time_ns, ttl=sent.ttl) == sent


def _packet(side: int, sent: Row | None, heard: Row | None) -> Packet:
    row = sent or heard
    assert row is not None
    own, other = (sent.frame if sent else None), (heard.frame if heard else None)
    return Packet(
        side=side,
        row=row,
        frames=(own, other) if side == 0 else (other, own),
        sent_ns=row.time_ns,
        heard_ns=heard.time_ns if heard else None,
    )


def changes(packets: Sequence[Packet]) -> list[Packet]:
    """Of one side's packets the first, and each whose state differs from that of the one before."""
    later = [after for before, after in pairwise(packets) if after.row.state != before.row.state]
    return [*packets[:1], *later]


def first(packets: Iterable[Packet], condition: Callable[[Row], bool]) -> Packet | None:
    """The first packet whose fields satisfy the condition, or None."""
    return next((packet for packet in packets if condition(packet.row)), None)


def is_up(row: Row) -> bool:
    """Whether the packet says Up."""
    return row.state == UP


def state_name(state: int) -> str:
    """The RFC's name of a State field."""
    return STATE_NAMES[state]


def milliseconds(ns: float) -> str:
    """A time in words: 300 ms, 912.4 ms."""
    return f"{ns / 1e6:.1f}".removesuffix(".0") + " ms"


def in_words(row: Row) -> str:
    """One line of a packet table."""
    flags = (
        (row.poll, "P"),
        (row.final, "F"),
        (row.control_plane_independent, "C"),
        (row.authentication_present, "A"),
        (row.demand, "D"),
        (row.multipoint, "M"),
    )
    desired, required = row.desired_min_tx_interval_us * 1000, row.required_min_rx_interval_us * 1000
    odd = []
    if row.version != 1:
        odd.append(f"version {row.version}")
    if row.authentication_present:
        odd.append(f"Auth Type {row.auth_type}, Key ID {row.auth_key_id}, number {row.auth_sequence}")
    if row.payload_length != row.length:
        odd.append(f"Length {row.length} in {row.payload_length} bytes")
    if row.ttl != 255:
        odd.append(f"TTL {row.ttl}")
    if row.destination_port != 3784:
        odd.append(f"port {row.destination_port}")
    return (
        f"{state_name(row.state)} {''.join(letter for is_set, letter in flags if is_set) or '-'} diag {row.diag} "
        f"mult {row.detect_mult} my {row.my_discriminator:#010x} your {row.your_discriminator:#010x} "
        f"tx {milliseconds(desired)} rx {milliseconds(required)}" + ("; " + ", ".join(odd) if odd else "")
    )
