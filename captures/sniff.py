"""Frames of one interface as the kernel saw them, in both directions, each with the kernel's timestamp.

Lives here: the packet socket. Must not live here: network namespaces (a tap is in the one of the thread that made it),
decoding. Linux only; needs root.
"""

import contextlib
import socket
import struct
from dataclasses import dataclass

_ETH_P_ALL = 0x0003
_SO_RCVBUFFORCE = 33
_SO_TIMESTAMPNS = 35
_SOL_PACKET = 263
_PACKET_STATISTICS = 6
_PACKET_OUTGOING = 4
_BUFFER_BYTES = 4 << 20
_LARGEST_FRAME = 65_536


@dataclass(frozen=True, slots=True)
class Sniffed:
    """A frame, without its checksum. `time_ns` is nanoseconds since the Unix epoch, `outbound` whether this machine
    (or this namespace) sent it."""

    data: bytes
    time_ns: int
    outbound: bool


class Tap:
    """Sees every frame of `interface` from its making on. Raises OSError without root or the interface."""

    def __init__(self, interface: str) -> None:
        self.interface = interface
        self._lost = 0
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            with contextlib.suppress(OSError):  # needs CAP_NET_ADMIN; the default buffer holds enough for one link
                self._socket.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
            self._socket.setblocking(False)
            self._socket.bind((interface, _ETH_P_ALL))
        except BaseException:
            self._socket.close()
            raise

    def fileno(self) -> int:
        """For select."""
        return self._socket.fileno()

    def read(self) -> Sniffed | None:
        """The next frame, None where none waits. Raises OSError."""
        try:
            data, ancillary, _, address = self._socket.recvmsg(_LARGEST_FRAME, socket.CMSG_SPACE(16))
        except BlockingIOError:
            return None
        for level, kind, value in ancillary:
            if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
                seconds, nanoseconds = struct.unpack("qq", value[:16])
                return Sniffed(data, seconds * 1_000_000_000 + nanoseconds, outbound=address[2] == _PACKET_OUTGOING)
        raise OSError(f"{self.interface}: the kernel gave no timestamp with a frame, so nothing can be timed")

    def lost(self) -> int:
        """How many frames the kernel dropped so far because nobody read them in time."""
        _, dropped = struct.unpack("II", self._socket.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8))
        self._lost += dropped  # the kernel's counter begins anew with each reading
        return self._lost

    def close(self) -> None:
        """Close the socket; closing twice is harmless."""
        self._socket.close()
