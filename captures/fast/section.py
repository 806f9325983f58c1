"""A section of a pcapng file: its byte order, and what is known of its interfaces."""

from collections.abc import Iterator
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from captures.fast.frames import Integers, Interface
from captures.place import printable

BYTE_ORDER = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_END, _NAME, _DESCRIPTION, _TIME_RESOLUTION, _TIME_OFFSET = 0, 2, 3, 9, 14
_DROPPED_BY_INTERFACE, _DROPPED_BY_SYSTEM = 5, 7
_MICROSECONDS = 6
_NO_NAME = "interface {}"


class Section:
    """What the blocks of a section have said so far. `interfaces` holds those of all sections, its own from `base`
    on; `drops` counts the packets that were lost at each by its name, where the file tells."""

    def __init__(self, order: str, interfaces: list[Interface], drops: dict[str, int]) -> None:
        self.order = order
        self.interfaces = interfaces
        self.base = len(self.interfaces)
        self.snap_lengths: list[int] = []
        self._resolutions: list[int] = []
        self._offsets_s: list[int] = []
        self._drops = drops

    @property
    def count(self) -> int:
        """How many interfaces it has."""
        return len(self.snap_lengths)

    def next(self, byte_order_magic: bytes) -> "Section":
        """The section that follows it."""
        return Section(BYTE_ORDER[byte_order_magic], self.interfaces, self._drops)

    def add(self, body: bytes) -> None:
        """An Interface Description Block, without its first eight and last four bytes."""
        link_type, snap_length = Struct(f"{self.order}HxxI").unpack_from(body)
        options = dict(self._options(body[8:]))
        name = options.get(_NAME, options.get(_DESCRIPTION, b"")).rstrip(b"\0").decode(errors="replace")
        name = printable(name)
        if not name and self.count:
            name = _NO_NAME.format(self.count)
        offset = options.get(_TIME_OFFSET, b"")
        resolution = options.get(_TIME_RESOLUTION, b"")
        self.snap_lengths.append(snap_length)
        self._resolutions.append(resolution[0] if resolution else _MICROSECONDS)
        self._offsets_s.append(Struct(f"{self.order}q").unpack(offset)[0] if len(offset) == 8 else 0)
        self.interfaces.append(Interface(link_type, name))

    def count_drops(self, body: bytes) -> None:
        """An Interface Statistics Block."""
        (interface,) = Struct(f"{self.order}I").unpack_from(body)
        options = dict(self._options(body[12:]))
        counts = [options.get(code, b"") for code in (_DROPPED_BY_INTERFACE, _DROPPED_BY_SYSTEM)]
        if interface < self.count:
            name = self.interfaces[self.base + interface].name
            self._drops[name] = sum(Struct(f"{self.order}Q").unpack(count)[0] for count in counts if len(count) == 8)

    def _options(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        head = Struct(f"{self.order}HH")
        at = 0
        while at + 4 <= len(data):
            code, length = head.unpack_from(data, at)
            if code == _END:
                return
            yield code, data[at + 4 : at + 4 + length]
            at += 4 + (length + 3 & ~3)

    def nanoseconds(self, high: Integers, low: Integers, interface: Integers) -> Integers:
        """Timestamps of its interfaces as nanoseconds since the Unix epoch; beyond the years that 64 bits can tell, the
        last nanosecond that they can."""
        times = np.zeros(len(high), np.int64)
        for number in np.unique(interface).tolist() if self.count > 1 else range(self.count):
            if number >= self.count:  # no interface at all
                continue
            chosen = interface == number
            units = high[chosen].astype(np.uint64) << np.uint64(32) | low[chosen].astype(np.uint64)
            times[chosen] = _scaled(units, self._resolutions[number], self._offsets_s[number])
        return times


_LAST = 2**63 - 1


def _scaled(units: NDArray[np.uint64], resolution: int, offset_s: int) -> Integers:
    """A resolution is a power of ten or, with the highest bit, of two."""
    most = int(units.max()) if len(units) else 0
    exponent = resolution & 0x7F
    if not resolution & 0x80 and exponent <= 9 and most * 10 ** (9 - exponent) + abs(offset_s) * 10**9 <= _LAST:
        nanoseconds: Integers = units.astype(np.int64) * 10 ** (9 - exponent) + offset_s * 10**9
        return nanoseconds
    base = 2**exponent if resolution & 0x80 else 10**exponent
    exact = [value * 10**9 // base + offset_s * 10**9 for value in units.tolist()]
    return np.array([max(-_LAST, min(value, _LAST)) for value in exact], np.int64)
