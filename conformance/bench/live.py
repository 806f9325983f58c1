"""A wire on a real interface: whole frames through packet sockets, with the kernel's timestamps on both directions.

The process must already be in the network namespace of the interface. UDP sockets that nobody reads keep the tester's
kernel from answering the target's packets with ICMP errors, which a real peer would not send either.
"""

import contextlib
import select
import socket
import struct
import time

from conformance.bench.wire import Arrival, Late, Link

ETH_P_ALL = 0x0003
SO_RCVBUFFORCE = 33
SO_TIMESTAMPNS = 35
SOL_PACKET = 263
PACKET_STATISTICS = 6
PACKET_OUTGOING = 4
BUFFER_BYTES = 4 << 20
LARGEST_FRAME = 65_536

SLICE_US = 20_000
"""The tester wakes at least this often, if only to see how late it is."""

STEP_US = 1_000
"""A wall clock that moves this much against the monotonic one was set, and timestamps cannot be compared."""


class LiveWire:
    """The tester's end of a link to a real daemon. Raises OSError without root or the interface."""

    real = True

    def __init__(self, link: Link) -> None:
        self.link = link
        self._lateness: list[Late] = []
        self._losses = 0
        self._offset_us = _wall_us() - _monotonic_us()
        self._sinks = [sink(family, port, link.tester_interface) for family in (4, 6) for port in (3784, 4784)]
        self._receiver = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._receiver.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        with contextlib.suppress(OSError):  # needs CAP_NET_ADMIN; the default buffer holds enough for one link
            self._receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
        self._receiver.bind((link.tester_interface, ETH_P_ALL))
        self._receiver.setblocking(False)
        # A packet socket does not see what it sent itself, so frames go out through another one.
        self._sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._sender.bind((link.tester_interface, 0))

    def now(self) -> int:
        """Wall-clock time, microseconds: the scale of the kernel's timestamps."""
        return _wall_us()

    def send(self, frame: bytes) -> None:
        """Put a frame on the link. Raises OSError."""
        self._sender.send(frame)

    def receive(self, until: int) -> Arrival | None:
        """The next frame, or None at `until`. Each wait that ran its course adds to the measured lateness."""
        while True:
            arrival = self._read()
            if arrival is not None:
                return arrival
            now = _wall_us()
            if now >= until:
                return None
            wake = min(until, now + SLICE_US)
            ready, _, _ = select.select([self._receiver], [], [], (wake - now) / 1e6)
            if not ready:
                self._lateness.append(Late(wake, max(0, _wall_us() - wake)))

    def lateness(self) -> list[Late]:
        """How late each undisturbed wait ended."""
        return self._lateness

    def trouble(self) -> str:
        """Frames that the kernel dropped before we read them, or a wall clock that was set."""
        _, dropped = struct.unpack("II", self._receiver.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        self._losses += dropped
        if self._losses:
            return f"the tester's kernel dropped {self._losses} frames before they were read"
        moved = abs(_wall_us() - _monotonic_us() - self._offset_us)
        return f"the wall clock was set by {moved} µs during the case" if moved > STEP_US else ""

    def close(self) -> None:
        """Close all sockets."""
        for each in (self._receiver, self._sender, *self._sinks):
            each.close()

    def _read(self) -> Arrival | None:
        try:
            frame, ancillary, _, address = self._receiver.recvmsg(LARGEST_FRAME, socket.CMSG_SPACE(16))
        except BlockingIOError:
            return None
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = struct.unpack("qq", data[:16])
                return Arrival(frame, seconds * 1_000_000_000 + nanoseconds, sent=address[2] == PACKET_OUTGOING)
        raise OSError("the kernel gave no timestamp with a frame, so nothing can be timed")


def sink(family: int, port: int, interface: str) -> socket.socket:
    """A socket that takes what comes to a UDP port of an interface, and that nobody reads."""
    sink = socket.socket(socket.AF_INET if family == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
    sink.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == 6:
        sink.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sink.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
    sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    sink.bind(("", port))
    return sink


def _wall_us() -> int:
    return time.time_ns() // 1000


def _monotonic_us() -> int:
    return time.monotonic_ns() // 1000
