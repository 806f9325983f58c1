"""Gzip (RFC 1952) as a stream that gives all there is before it ends too early or breaks."""

import zlib

from captures.fast.window import Stream

_READ = 1 << 18
_GZIP = 31  # zlib's word for: a gzip header, and its largest window


class Gunzip:
    """What is compressed in a stream, of which `start` was read already. One member may follow the other. Raises
    zlib.error, and EOFError at an end that is none."""

    def __init__(self, start: bytes, stream: Stream) -> None:
        self._stream = stream
        self._compressed = start
        self._inflate = zlib.decompressobj(_GZIP)

    def readinto(self, buffer: memoryview, /) -> int:
        while len(buffer):
            if self._inflate.eof:
                self._compressed = self._inflate.unused_data or self._read()
                if not self._compressed:
                    return 0
                self._inflate = zlib.decompressobj(_GZIP)
            if not self._compressed:
                self._compressed = self._read()
                if not self._compressed:
                    raise EOFError("compressed data ends too early")
            if data := self._decompress(len(buffer)):
                buffer[: len(data)] = data
                return len(data)
        return 0

    def _decompress(self, most: int) -> bytes:
        """At most so many bytes. What comes before damage is given out before it is told."""
        before = self._inflate.copy()
        try:
            data = self._inflate.decompress(self._compressed, most)
        except zlib.error:
            if len(self._compressed) == 1:
                raise
            # In halves, down to the byte that makes no sense.
            half, self._inflate = len(self._compressed) // 2, before
            rest, self._compressed = self._compressed[half:], self._compressed[:half]
            data = self._decompress(most)
            self._compressed += rest
            return data
        self._compressed = self._inflate.unconsumed_tail
        return data

    def _read(self) -> bytes:
        buffer = bytearray(_READ)
        count = self._stream.readinto(memoryview(buffer))
        return bytes(buffer[: count or 0])
