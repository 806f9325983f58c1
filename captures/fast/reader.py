"""A capture file, from its first byte to chunks of packets."""

import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from captures.digests import Keys
from captures.fast import pcap, pcapng
from captures.fast.damage import CUT, DamageError
from captures.fast.decode import Decoder
from captures.fast.echoes import EchoCount
from captures.fast.frames import Frames
from captures.fast.gunzip import Gunzip
from captures.fast.window import Stream, Window
from captures.read import BFD_PORTS, NEEDED, CaptureError, check_start
from captures.table import PACKET, Chunk

STANDARD_INPUT = Path("-")

_BATCH = 32768
"""Frames that are decoded at once: their columns fit into a processor's cache."""

_GZIP = b"\x1f\x8b"
_NOT_READ = {b"\x28\xb5\x2f\xfd": "zstd", b"\x04\x22\x4d\x18": "lz4"}


class FastReading:
    """The packets of a file to BFD ports, in file order, as an iterable of chunks that can be walked through once.

    `frames` counts frames of all kinds as far as was read. After the end, `warning` is "" for a file that was read to
    its end and in full, else one line; `drops` counts packets that the capture lost, by interface, where the file
    tells. While one walks, CaptureError may be raised.
    """

    def __init__(self, path: Path, ports: Iterable[int], keys: Keys | None, chunk_packets: int, eager: bool) -> None:
        self._path = path
        self._decoder = Decoder(ports, keys)
        self._chunk_packets = chunk_packets
        self._eager = eager
        self.frames = 0
        self.warning = ""
        self.drops: dict[str, int] = {}

    @property
    def echoes(self) -> dict[tuple[str, str, str], EchoCount]:
        """Counts of Echo packets (RFC 5881 section 4) so far, by place, source and destination."""
        return self._decoder.echoes.by_path(self._decoder.places)

    def __iter__(self) -> Iterator[Chunk]:
        table, count = self._table(), 0
        for frames in self._batches():
            if count + len(frames.offsets) > len(table):  # perhaps no room
                yield self._chunk(table[:count])
                table, count = self._table(), 0
            count += self._decoder.decode(frames, table[count:])
            if count and self._eager:
                yield self._chunk(table[:count])
                table, count = self._table(), 0
        if count:
            yield self._chunk(table[:count])

    def _table(self) -> NDArray[Any]:
        return np.zeros(self._chunk_packets, PACKET)

    def _chunk(self, table: NDArray[Any]) -> Chunk:
        return Chunk(table, self._decoder.places.used)

    def _batches(self) -> Iterator[Frames]:
        warnings = []
        try:
            with _open(self._path) as file:
                window = _window(self._path, cast(Stream, file))
                try:
                    for frames in _container(self._path, window, min(_BATCH, self._chunk_packets), self.drops):
                        self.frames += len(frames.offsets)
                        yield frames
                except DamageError as damage:
                    cut = str(damage) == CUT
                    what = f"have been {damage}." if cut else f"be damaged or corrupt: {damage}"
                    warnings.append(f'The file "{self._path}" appears to {what}')
                if window.damage and not warnings:
                    warnings.append(f'The file "{self._path}" appears to be damaged or corrupt: {window.damage}')
        except OSError as error:
            raise CaptureError(f"{self._path}: {error.strerror}") from error
        for link_type, count in self._decoder.unknown.items():
            warnings.append(f"{count} frames of link type {link_type} were left out (tshark may know it)")
        self.warning = "; ".join(warnings)


def read_fast(
    path: Path,
    ports: Iterable[int] = BFD_PORTS,
    *,
    keys: Keys | None = None,
    chunk_packets: int = 262144,
    eager: bool = False,
) -> FastReading:
    """Every BFD Control packet in `path` ("-": standard input), in chunks of at most `chunk_packets` packets (1 or
    more).

    `ports` are the UDP ports (1 to 65535) to which packets are taken for BFD. The rows are those that
    captures.read.read_tshark gives, of the link types and tunnels that are known here. With
    `keys`, digests are checked. `eager` hands out what there is before it waits for more.
    """
    return FastReading(path, ports, keys, chunk_packets, eager)


def _open(path: Path) -> io.RawIOBase:
    if path == STANDARD_INPUT:
        return cast(io.RawIOBase, io.FileIO(sys.stdin.fileno(), closefd=False))
    return cast(io.RawIOBase, path.open("rb", buffering=0))


def _window(path: Path, file: Stream) -> Window:
    """A window on what is in a file, which stands at its start. Raises CaptureError for what is no capture."""
    window = Window(file)
    window.at_least(pcapng.HEADER)
    start = _start(window)
    check_start(path, start)
    if name := _NOT_READ.get(start[:4]):
        raise CaptureError(f"{path}: compressed by {name}, which only tshark reads")
    if start.startswith(_GZIP):
        window = Window(Gunzip(window.buffer[: len(window)].tobytes(), file))
        if not window.at_least(pcapng.HEADER) and window.damage:
            raise CaptureError(f"{path}: {window.damage}, {NEEDED}")
        check_start(path, _start(window))
    return window


def _start(window: Window) -> bytes:
    return window.buffer[: min(len(window), pcapng.HEADER)].tobytes()


def _container(path: Path, window: Window, most: int, drops: dict[str, int]) -> Iterator[Frames]:
    if window.buffer[:4].tobytes() != b"\n\r\r\n":
        return pcap.frames(window, most)
    order = "little" if window.buffer[8:12].tobytes() == b"\x4d\x3c\x2b\x1a" else "big"
    if not window.at_least(int.from_bytes(window.buffer[4:8].tobytes(), order)):  # type: ignore[arg-type]
        raise CaptureError(f"{path}: cut short in the file header, {NEEDED}")
    return pcapng.frames(window, most, drops)
