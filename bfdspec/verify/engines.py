"""Who reads a capture: three readers behind one call, so that whatever judges need not know which one it was."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from captures.read import Reading, read_pyshark, read_tshark
from captures.rows import Row, Undecoded
from captures.table import Chunk, from_packets


@dataclass(slots=True)
class Source:
    """A capture that is being read. `warning` is known when `chunks` are at their end."""

    chunks: Iterable[Chunk]
    warning: str = ""


def _dissected(read: Callable[[Path], Reading]) -> Callable[[Path], Source]:
    def open_capture(path: Path) -> Source:
        reading = read(path)
        packets: list[Row | Undecoded] = [*reading.rows, *reading.undecoded]
        packets.sort(key=lambda packet: packet.frame)
        return Source([from_packets(packets)], reading.warning)

    return open_capture


ENGINES: Mapping[str, Callable[[Path], Source]] = {
    "tshark": _dissected(read_tshark),
    "pyshark": _dissected(read_pyshark),
}
