"""A wire on real interfaces: whole frames through packet sockets, with the kernel's timestamps on both directions.

The process must already be in the network namespace of the interfaces. UDP sockets that nobody reads keep the tester's
kernel from answering the target's packets with ICMP errors, which a real peer would not send either.
"""

import contextlib
import select
import socket
import struct
import time
from collections.abc import Sequence

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
    """The tester's ends of links to a real daemon. Raises OSError without root or an interface."""

    real = True

    def __init__(self, links: Sequence[Link]) -> None:
        self.links = tuple(links)
        self._lateness: list[Late] = []
        self._offset_us = _wall_us() - _monotonic_us()
        self._ends = [_End(number, link.tester_interface) for number, link in enumerate(links)]

    def now(self) -> int:
        """Wall-clock time, microseconds: the scale of the kernel's timestamps."""
        return _wall_us()

    def send(self, frame: bytes, link: int = 0) -> None:
        """Put a frame on a link. Raises OSError."""
        self._ends[link].send(frame)

    def receive(self, until: int) -> Arrival | None:
        """The next frame, or None at `until`. Each wait that ran its course adds to the measured lateness."""
        while True:
            waiting = [end for end in self._ends if end.next is not None or end.read()]
            if waiting:
                return min(waiting, key=_End.next_time).take()
            now = _wall_us()
            if now >= until:
                return None
            wake = min(until, now + SLICE_US)
            ready, _, _ = select.select(self._ends, [], [], (wake - now) / 1e6)
            if not ready:
                self._lateness.append(Late(wake, max(0, _wall_us() - wake)))

    def lateness(self) -> list[Late]:
        """How late each undisturbed wait ended."""
        return self._lateness

    def trouble(self) -> str:
        """Frames that the kernel dropped before we read them, or a wall clock that was set."""
        losses = sum(end.losses() for end in self._ends)
        if losses:
            return f"the tester's kernel dropped {losses} frames before they were read"
        moved = abs(_wall_us() - _monotonic_us() - self._offset_us)
        return f"the wall clock was set by {moved} µs during the case" if moved > STEP_US else ""

    def close(self) -> None:
        """Close all sockets."""
        for end in self._ends:
            end.close()


class _End:
    """The tester's end of one link. `next` is a frame that was read and not yet taken."""

    def __init__(self, number: int, interface: str) -> None:
        self._number = number
        self._losses = 0
        self.next: Arrival | None = None
        self._sinks = [sink(family, port, interface) for family in (4, 6) for port in (3784, 3785, 4784)]
        self._receiver = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._receiver.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        with contextlib.suppress(OSError):  # needs CAP_NET_ADMIN; the default buffer holds enough for one link
            self._receiver.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
        self._receiver.bind((interface, ETH_P_ALL))
        self._receiver.setblocking(False)
        # A packet socket does not see what it sent itself, so frames go out through another one.
        self._sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self._sender.bind((interface, 0))

    def fileno(self) -> int:
        """For select."""
        return self._receiver.fileno()

    def send(self, frame: bytes) -> None:
        """Put a frame on the link. Raises OSError."""
        self._sender.send(frame)

    def next_time(self) -> int:
        """The timestamp of `next`."""
        assert self.next is not None
        return self.next.time_ns

    def take(self) -> Arrival:
        """`next`, which is then none."""
        arrival, self.next = self.next, None
        assert arrival is not None
        return arrival

    def read(self) -> bool:
        """Read a frame into `next`; False when none waits."""
        try:
            frame, ancillary, _, address = self._receiver.recvmsg(LARGEST_FRAME, socket.CMSG_SPACE(16))
        except BlockingIOError:
            return False
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = struct.unpack("qq", data[:16])
                time_ns = seconds * 1_000_000_000 + nanoseconds
                self.next = Arrival(frame, time_ns, sent=address[2] == PACKET_OUTGOING, link=self._number)
                return True
        raise OSError("the kernel gave no timestamp with a frame, so nothing can be timed")

    def losses(self) -> int:
        """Frames that the kernel dropped so far; reading its counter resets it."""
        _, dropped = struct.unpack("II", self._receiver.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        self._losses += dropped
        return self._losses

    def close(self) -> None:
        """Close its sockets."""
        for each in (self._receiver, self._sender, *self._sinks):
            each.close()


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
