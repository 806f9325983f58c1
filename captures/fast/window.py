"""A window that moves over a stream of bytes: memory is bounded by the window, whatever the stream is.

Not a mapping of the file into memory: a pipe cannot be mapped, a compressed file need not fit, and a file that somebody
else cuts while it is mapped ends the process.
"""

import zlib
from typing import Protocol

import numpy as np

from captures.fast.frames import SLACK, Bytes

SIZE = 16 << 20
"""Bytes of a window, as many as the largest block of pcapng has in Wireshark."""


class Stream(Protocol):
    """As binary files have it: fills the buffer from its start, 0 at the end."""

    def readinto(self, buffer: memoryview, /) -> int | None: ...


class Window:
    """The bytes from `start` to `stop` of `buffer` are there to be looked at; whoever is done with some of them moves
    `start`. `damage` is why a compressed stream could not be read to its end."""

    def __init__(self, stream: Stream, size: int = SIZE) -> None:
        self._stream = stream
        self.buffer: Bytes = np.zeros(size + SLACK, np.uint8)
        self.start = self.stop = 0
        self.damage = ""

    def __len__(self) -> int:
        return self.stop - self.start

    def more(self) -> bool:
        """Read on. What was there moves to the front of the buffer. False at the end of the stream. Raises OSError."""
        room = len(self.buffer) - SLACK
        if self.start:
            self.buffer[: len(self)] = self.buffer[self.start : self.stop]
            self.start, self.stop = 0, len(self)
        if self.damage:
            return False
        try:
            count = self._stream.readinto(memoryview(self.buffer.data)[self.stop : room])
        except (EOFError, zlib.error) as error:
            self.damage = str(error)
            return False
        self.stop += count or 0
        return bool(count)

    def at_least(self, size: int) -> bool:
        """Whether `size` bytes are there, after reading on where needed; never more than the window has."""
        while len(self) < size:
            if size > len(self.buffer) - SLACK or not self.more():
                return False
        return True
