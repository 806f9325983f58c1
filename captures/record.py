"""Write frames to one pcapng file, as exactly as the kernel stamped them.

Lives here: the three block types that a recording needs (Section Header, Interface Description, Enhanced Packet; the
pcapng format of draft-ietf-opsawg-pcapng, sections 4.1 to 4.3). Must not live here: sniffing, decoding, any protocol.
Written out rather than borrowed, because scapy's writer passes times through floats and cannot say nanoseconds.
"""

import struct
from pathlib import Path
from types import TracebackType

_SECTION_HEADER = 0x0A0D0D0A
_INTERFACE_DESCRIPTION = 1
_ENHANCED_PACKET = 6

_BYTE_ORDER_MAGIC = 0x1A2B3C4D
_FORMAT_VERSION = (1, 0)
_LENGTH_UNKNOWN = -1
_LINKTYPE_ETHERNET = 1
_NO_SNAP_LENGTH = 0

_END_OF_OPTIONS = struct.pack("<HH", 0, 0)
_OPTION_COMMENT = 1
_OPTION_FLAGS = 2
_OPTION_APPLICATION = 4
_OPTION_INTERFACE_NAME = 2
_OPTION_TIME_RESOLUTION = 9

_NANOSECONDS = b"\x09"  # a power of ten, negated
_INBOUND, _OUTBOUND = struct.pack("<I", 1), struct.pack("<I", 2)
_MAX_OPTION = 0xFFFF
_MAX_TIME = 2**64 - 1


class Recorder:
    """One pcapng file of Ethernet frames with interface, nanosecond timestamps, direction and comments.

    Every frame is handed to the system before `write` returns, so a killed run leaves a readable file. `path` is
    overwritten. `interfaces`, at least one, are the names that Wireshark shows. `frames` and `size`, in bytes, are what
    was written so far. Raises OSError where the file cannot be written.
    """

    def __init__(self, path: Path, *interfaces: str) -> None:
        self.path = path
        self.frames = 0
        self.size = 0
        self._interfaces = len(interfaces)
        self._file = path.open("wb")
        self._put(_SECTION_HEADER, _section_header() + _options((_OPTION_APPLICATION, b"bfdspec")))
        for interface in interfaces:
            self._put(
                _INTERFACE_DESCRIPTION,
                struct.pack("<HHI", _LINKTYPE_ETHERNET, 0, _NO_SNAP_LENGTH)
                + _options((_OPTION_INTERFACE_NAME, interface.encode()), (_OPTION_TIME_RESOLUTION, _NANOSECONDS)),
            )

    def write(self, frame: bytes, time_ns: int, *, outbound: bool, interface: int = 0, comment: str = "") -> int:
        """Append one frame and return its number, as Wireshark will show it (from 1).

        `time_ns` is nanoseconds since the Unix epoch, 0 to 2**64-1; `interface` the position of its interface, from 0.
        `comment` may have 65535 bytes of UTF-8. Raises ValueError when one of them is out of range or the recorder is
        closed, and OSError when the disk is full.
        """
        if not 0 <= time_ns <= _MAX_TIME:
            raise ValueError(f"time_ns: {time_ns} is out of range, allowed are 0 to {_MAX_TIME}")
        if not 0 <= interface < self._interfaces:
            raise ValueError(f"interface: {interface} is out of range, allowed are 0 to {self._interfaces - 1}")
        fields = struct.pack("<IIIII", interface, time_ns >> 32, time_ns & 0xFFFFFFFF, len(frame), len(frame))
        options = [(_OPTION_FLAGS, _OUTBOUND if outbound else _INBOUND)]
        if comment:
            options.append((_OPTION_COMMENT, comment.encode()))
        self._put(_ENHANCED_PACKET, fields + _padded(frame) + _options(*options))
        self.frames += 1
        return self.frames

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        self._file.close()

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _put(self, block_type: int, body: bytes) -> None:
        length = 12 + len(body)
        self._file.write(struct.pack("<II", block_type, length) + body + struct.pack("<I", length))
        self._file.flush()
        self.size += length


def _section_header() -> bytes:
    return struct.pack("<IHHq", _BYTE_ORDER_MAGIC, *_FORMAT_VERSION, _LENGTH_UNKNOWN)


def _options(*options: tuple[int, bytes]) -> bytes:
    for code, value in options:
        if len(value) > _MAX_OPTION:
            raise ValueError(f"pcapng option {code}: {len(value)} bytes are too many, allowed are {_MAX_OPTION}")
    return b"".join(struct.pack("<HH", code, len(value)) + _padded(value) for code, value in options) + _END_OF_OPTIONS


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
