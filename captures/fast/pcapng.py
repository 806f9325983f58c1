"""The pcapng container (draft-ietf-opsawg-pcapng): blocks in sections, each section in its own byte order."""

from collections.abc import Iterator
from struct import Struct

import numpy as np

from captures.fast.damage import CUT, DamageError
from captures.fast.frames import Frames, Integers, records, words
from captures.fast.pcap import LARGEST_FRAME
from captures.fast.runs import ENOUGH, run
from captures.fast.section import BYTE_ORDER, Section
from captures.fast.window import SIZE, Window

HEADER = 28
"""The least that a section header has."""

_LEAST, _MOST = 12, SIZE
"""Bytes of a block."""

_SECTION_HEADER, _INTERFACE, _STATISTICS = 0x0A0D0D0A, 1, 5
_PACKET, _SIMPLE, _ENHANCED = 2, 3, 6
_STRANGE = (9, 0xBAD, 0x40000BAD)
"""The system's journal and custom blocks: no packets, but Wireshark numbers them."""
_FRAMES = (_PACKET, _SIMPLE, _ENHANCED, *_STRANGE)

_LEAST_OF = {_SECTION_HEADER: HEADER, _INTERFACE: 20, _STATISTICS: 24, _PACKET: 32, _SIMPLE: 16, _ENHANCED: 32}
_DATA, _SIMPLE_DATA = 28, 12
_FIELDS = ("kind", "length", "interface", "high", "low", "captured")
_HEADS = {order: np.dtype([(name, f"{order}u4") for name in _FIELDS]) for order in "<>"}
"""The start of an enhanced block by byte order."""


def frames(window: Window, most: int, drops: dict[str, int]) -> Iterator[Frames]:
    """The frames of a pcapng file, at most `most` at once. The window stands at the start of the file and holds its
    first block. What the file says of lost packets goes into `drops`, by interface. Raises DamageError after the last
    whole frame before it."""
    section = Section("<", [], drops)
    first = 1
    while True:
        walk = _Walk(window, section)
        walk.go(most)
        blocks, limits = walk.collected()
        if len(blocks):
            found, damage = _frames(window, section, first, blocks, limits)
            if len(found.offsets):
                yield found
            if damage:
                raise DamageError(damage)
            first += len(blocks)
        if walk.damage:
            raise DamageError(walk.damage)
        if walk.section is section and not len(blocks) and not window.more():
            if len(window):
                raise DamageError(CUT)
            return
        section = walk.section


class _Walk:
    """From block to block through what a window holds of one section, which leaves behind what it has seen.

    `damage` is "" or what is wrong with the next block; `section` is a new one where that was met.
    """

    def __init__(self, window: Window, section: Section) -> None:
        self.section = section
        self.damage = ""
        self._window = window
        self._blocks: list[Integers] = []
        self._limits: list[Integers] = []
        self._singles: list[int] = []

    def go(self, most: int) -> None:
        """Collect where blocks with frames start, at most `most`, up to the end of the section or the window."""
        window, section, order = self._window, self.section, self.section.order
        at, stop = window.start, window.stop
        view, start_of = memoryview(window.buffer.data), Struct(f"{order}II").unpack_from
        found, last, alike = 0, -1, 0
        while found < most and at + _LEAST <= stop and self.section is section:
            kind, length = start_of(view, at)
            if kind == _ENHANCED and length == last:
                alike += 1
            else:
                alike, last = 0, length
                if kind == _SECTION_HEADER:
                    length = _section_length(view, at)
                if not _LEAST_OF.get(kind, _LEAST) <= length <= _MOST or length % 4:
                    self.damage = f"a block of {length} bytes"
                    break
            if at + length > stop:
                break
            if alike == ENOUGH:
                count = run(window.buffer, at, length, f"{order}u8", min(most - found, (stop - at) // length))
                self._collect(at + length * np.arange(count))
                found += count
                at += length * count
                alike = 0
                continue
            if kind in _FRAMES:
                self._singles.append(at)
                found += 1
            else:
                self._note(kind, bytes(view[at + 8 : at + length - 4]))
            at += length
        window.start = at

    def collected(self) -> tuple[Integers, Integers]:
        """Where blocks start, and how many interfaces there were at each."""
        self._collect(np.zeros(0, np.int64))
        return np.concatenate(self._blocks), np.concatenate(self._limits)

    def _collect(self, run_of: Integers) -> None:
        for part in (np.array(self._singles, np.int64), run_of):
            self._blocks.append(part)
            self._limits.append(np.full(len(part), self.section.count))
        self._singles.clear()

    def _note(self, kind: int, body: bytes) -> None:
        """A block that is no frame."""
        if kind == _SECTION_HEADER:
            self._collect(np.zeros(0, np.int64))
            self.section = self.section.next(body[:4])
        elif kind == _INTERFACE:
            self._collect(np.zeros(0, np.int64))
            self.section.add(body)
        elif kind == _STATISTICS:
            self.section.count_drops(body)


def _section_length(view: memoryview, at: int) -> int:
    """The length of a section header, which is in the byte order that it has yet to tell; 0 where it does not."""
    order = BYTE_ORDER.get(bytes(view[at + 8 : at + 12]))
    return Struct(f"{order}4xI").unpack_from(view, at)[0] if order else 0


def _frames(window: Window, section: Section, first: int, blocks: Integers, limits: Integers) -> tuple[Frames, str]:
    """The frames of blocks, up to the first that contradicts itself, and what is wrong with that one."""
    buffer, order = window.buffer, section.order

    head = records(buffer, blocks, _HEADS[order])
    kind, length, interface, high, low, captured = (head[name].astype(np.int64) for name in _FIELDS)
    data = blocks + _DATA
    wrong = words(buffer, blocks + length - 4, f"{order}u4") != length
    if (kind != _ENHANCED).any():
        interface = np.where(kind == _PACKET, words(buffer, blocks + 8, f"{order}u2"), interface)
        simple = kind == _SIMPLE
        snap = section.snap_lengths[0] if section.snap_lengths else 0
        original = head["interface"].astype(np.int64)  # there in a simple block
        captured = np.where(simple, np.minimum(original, snap) if snap else original, captured)
        data = np.where(simple, blocks + _SIMPLE_DATA, data)
        strange = np.isin(kind, _STRANGE)
        captured[strange] = 0
        for column in (interface, low, high):
            column[simple | strange] = 0
        data = np.where(strange, blocks + 8, data)
        limits = np.where(strange, 1, limits)
    wrong |= (data - blocks + captured + 4 > length) | (captured > LARGEST_FRAME) | (interface >= limits)
    count = int(wrong.argmax()) if wrong.any() else len(blocks)
    untimed = ~np.isin(kind[:count], (_ENHANCED, _PACKET))
    time_ns = section.nanoseconds(high[:count], low[:count], interface[:count])
    time_ns[untimed] = 0
    found = Frames(
        buffer,
        first,
        data[:count],
        captured[:count],
        time_ns,
        section.base + interface[:count],
        section.interfaces,
    )
    return found, "" if count == len(blocks) else "a block of a packet that contradicts itself"
