"""Who reads a capture: three readers behind one call, so that whatever judges need not know which one it was."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from bfdspec.verify.ahead import ahead
from captures.digests import Keys
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


def _fast(path: Path, keys: Keys | None) -> Source:
    return read_fast(path, keys=keys)


def _tshark(path: Path, keys: Keys | None) -> Source:
    reading = read_tshark(path, keys=keys)
    return _Dissected(reading, reading.warning)


def _pyshark(path: Path, keys: Keys | None) -> Source:
    reading = read_pyshark(path, keys=keys)
    return _Dissected(reading, reading.warning)


ENGINES: Mapping[str, Callable[[Path, Keys | None], Source]] = {"fast": _fast, "tshark": _tshark, "pyshark": _pyshark}
"""The first is the default. With keys, digests are checked. They raise CaptureError, when called or while walked."""


class Begun(NamedTuple):
    """A capture that is being read, and the chunks that come of it."""

    source: Source
    chunks: Iterator[Chunk]


def begin(engine: str, path: Path, keys: Keys | None) -> Begun:
    """Begin to read a capture. Raises CaptureError, as may the chunks."""
    source = ENGINES[engine](path, keys)
    return Begun(source, ahead(source))
