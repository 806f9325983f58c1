"""The pcap container (draft-ietf-opsawg-pcap): a header, and then records, in the byte order of whoever wrote it."""

from collections.abc import Iterator
from struct import Struct

import numpy as np

from captures.fast.damage import CUT, DamageError
from captures.fast.frames import Frames, Integers, Interface, words
from captures.fast.runs import ENOUGH, run
from captures.fast.window import Window

HEADER, RECORD = 24, 16
LARGEST_FRAME = 262144
"""As Wireshark has it: a longer one is no frame but damage."""

_MAGIC = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}


def frames(window: Window, most: int) -> Iterator[Frames]:
    """The frames of a pcap file, at most `most` at once. The window stands at the start of the file and holds the
    whole header. Raises DamageError after the last whole frame before it."""
    order, unit_ns = _MAGIC[window.buffer[window.start : window.start + 4].tobytes()]
    (link_type,) = Struct(f"{order}20xI").unpack_from(window.buffer.data, window.start)
    window.start += HEADER
    interfaces = [Interface(link_type & 0xFFFF, "")]  # the upper half tells of checksums at the end of frames
    first = 1
    while True:
        records, damage = _records(window, order, most)
        if len(records):
            yield _frames(window, order, unit_ns, first, records, interfaces)
            first += len(records)
        elif damage:
            raise DamageError(damage)
        elif not window.more():
            if len(window):
                raise DamageError(CUT)
            return


def _records(window: Window, order: str, most: int) -> tuple[Integers, str]:
    """Where the next whole records start, which the window leaves behind; what is wrong with the one after them."""
    buffer, at, stop = window.buffer, window.start, window.stop
    length_of = Struct(f"{order}8xI").unpack_from
    parts: list[Integers] = []
    singles: list[int] = []
    view, found = memoryview(buffer.data), 0
    last, alike, damage = -1, 0, ""
    while found < most and at + RECORD <= stop:
        (length,) = length_of(view, at)
        if length > LARGEST_FRAME:
            damage = f"a frame of {length} bytes, more than {LARGEST_FRAME}"
            break
        stride = RECORD + length
        if at + stride > stop:
            break
        alike = alike + 1 if length == last else 0
        last = length
        if alike == ENOUGH:
            count = run(buffer, at + 8, stride, f"{order}u4", min(most - found, (stop - at) // stride))
            parts += [np.array(singles, np.int64), at + stride * np.arange(count)]
            singles, alike = [], 0
        else:
            count = 1
            singles.append(at)
        found += count
        at += stride * count
    window.start = at
    return np.concatenate([*parts, np.array(singles, np.int64)]), damage


def _frames(
    window: Window, order: str, unit_ns: int, first: int, records: Integers, interfaces: list[Interface]
) -> Frames:
    seconds, fraction, captured = (
        words(window.buffer, records + field, f"{order}u4").astype(np.int64) for field in (0, 4, 8)
    )
    return Frames(
        window.buffer,
        first,
        records + RECORD,
        captured,
        seconds * 10**9 + fraction * unit_ns,
        np.zeros(len(records), np.int64),
        interfaces,
    )
