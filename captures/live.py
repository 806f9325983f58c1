"""BFD packets of an interface as they come, as frames to be written and as columns to be judged.

Linux only; needs root, and looks into the network namespace of the thread that made it.
"""

from collections.abc import Sequence

import numpy as np

from captures.echoes import ECHO_PORT
from captures.fast.decode import Decoder
from captures.fast.frames import SLACK, Frames, Interface
from captures.read import BFD_PORTS
from captures.sniff import Sniffed, Tap
from captures.table import PACKET, Chunk

_ETHERNET = 1
_MOST = 4096
"""Frames that are read at once."""


class Listener:
    """Hears an interface from its making on. Frames are numbered from 1, as in a file to which all of them are written.
    Raises OSError without root or the interface."""

    def __init__(self, interface: str) -> None:
        self.interface = interface
        self._tap = Tap(interface)
        self._decoder = Decoder((*BFD_PORTS, ECHO_PORT))
        self._interfaces = [Interface(_ETHERNET, interface)]
        self.frames = 0

    def fileno(self) -> int:
        """For select."""
        return self._tap.fileno()

    def lost(self) -> int:
        """How many frames the kernel dropped so far because nobody read them in time."""
        return self._tap.lost()

    def read(self) -> tuple[list[Sniffed], Chunk]:
        """The BFD frames that wait, Echo packets among them, and the Control packets in them. Raises OSError."""
        waiting: list[Sniffed] = []
        while len(waiting) < _MOST and (frame := self._tap.read()) is not None:
            waiting.append(frame)
        table = np.zeros(len(waiting), PACKET)
        table = table[: self._decoder.decode(_frames(waiting, self._interfaces), table)]
        kept = [waiting[number - 1] for number in table["frame"].tolist()]
        table["frame"] = np.arange(self.frames + 1, self.frames + 1 + len(kept))
        self.frames += len(kept)
        return kept, Chunk(table[table["destination_port"] != ECHO_PORT], self._decoder.places.used)

    def close(self) -> None:
        """Stop listening; closing twice is harmless."""
        self._tap.close()


def _frames(sniffed: Sequence[Sniffed], interfaces: Sequence[Interface]) -> Frames:
    lengths = np.array([len(frame.data) for frame in sniffed], np.int64)
    return Frames(
        buffer=np.frombuffer(b"".join(frame.data for frame in sniffed) + bytes(SLACK), np.uint8),
        first=1,
        offsets=np.cumsum(lengths) - lengths,
        captured=lengths,
        time_ns=np.array([frame.time_ns for frame in sniffed], np.int64),
        interface=np.zeros(len(sniffed), np.int64),
        interfaces=interfaces,
    )
