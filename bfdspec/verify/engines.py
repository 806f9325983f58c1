"""Who reads a capture: three readers behind one call, so that whatever judges need not know which one it was."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from captures.fast.reader import read_fast
from captures.read import Reading, read_pyshark, read_tshark
from captures.rows import Row, Undecoded
from captures.table import Chunk, from_packets


class Source(Protocol):
    """A capture that can be walked through once. `warning` is known at the end: why only a part could be read."""

    warning: str

    def __iter__(self) -> Iterator[Chunk]: ...


@dataclass(slots=True)
class _Dissected:
    """What one of Wireshark's readers got, all at once."""

    reading: Reading
    warning: str

    def __iter__(self) -> Iterator[Chunk]:
        packets: list[Row | Undecoded] = [*self.reading.rows, *self.reading.undecoded]
        packets.sort(key=lambda packet: packet.frame)
        yield from_packets(packets)


def _dissected(read: Callable[[Path], Reading]) -> Callable[[Path], Source]:
    def open_capture(path: Path) -> Source:
        reading = read(path)
        return _Dissected(reading, reading.warning)

    return open_capture


ENGINES: Mapping[str, Callable[[Path], Source]] = {
    "fast": read_fast,
    "tshark": _dissected(read_tshark),
    "pyshark": _dissected(read_pyshark),
}
"""The first is the default."""
