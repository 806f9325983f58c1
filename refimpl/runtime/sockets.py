"""The two kinds of UDP sockets of a speaker, on Linux: receivers by family and port, one transmitter a session.

Lives here: socket options, ancillary data, kernel timestamps, the source port, errors in words. Must not live here: an
event loop, sessions' timers, any judgement of a packet. RFC 5881 sections 4 (ports) and 5 (TTL), RFC 5883 section 5.
"""

import errno
import fcntl
import os
import socket
import struct
import time
from collections.abc import Container
from dataclasses import dataclass
from random import Random

from refimpl.core.constants import DSCP_NETWORK_CONTROL, SOURCE_PORT_MAX, SOURCE_PORT_MIN, TTL_MAX
from refimpl.core.packet import Meta
from refimpl.core.profile import Profile, SessionConfig

# Numbers of Linux that Python 3.11's socket module does not name.
_IP_PKTINFO = 8
_IP_RECVTTL = 12
_IP_RECVTOS = 13
_SO_TIMESTAMPNS = 35
_IP_MTU_DISCOVER = 10
_IPV6_MTU_DISCOVER = 23
_PMTUDISC_PROBE = 3
"""Set DF, and go by the MTU of the interface: a Path MTU that is remembered would outlast its reason."""

_TIMESPEC = struct.Struct("@ll")
_INT = struct.Struct("@i")
_NANOSECONDS = 1_000_000_000

_PAYLOAD_BYTES = 9216
"""More than any Length (255) and than a jumbo frame: what is cut off beyond could not change a judgement."""

_ANCILLARY_BYTES = 256

_RECEIVE_BUFFER_BYTES = 4 << 20
"""Room for what arrives while the process is not scheduled; the kernel grants what it allows."""

_ECN_BITS = 2
"""The lowest bits of the TOS and Traffic Class octets are no part of the DSCP (RFC 3168 section 5)."""

_SIOCGIFFLAGS = 0x8913
_IFF_POINTOPOINT = 0x10

_PORT_DRAWS = 1000


class EngineError(Exception):
    """A session cannot have its sockets. One line: what, where, what is allowed."""


@dataclass(frozen=True, slots=True)
class _Family:
    """What differs between IPv4 and IPv6."""

    name: str
    wildcard: str
    receive_options: tuple[tuple[int, int], ...]
    transmit_options: tuple[tuple[int, int, int], ...]
    never_fragment: tuple[tuple[int, int, int], ...]
    traffic_class: tuple[int, int]
    ttl_message: tuple[int, int]
    packet_info_message: tuple[int, int]
    destination: slice
    interface_index: slice


_IPV4 = _Family(
    name="IPv4",
    wildcard="0.0.0.0",
    receive_options=(
        (socket.IPPROTO_IP, _IP_PKTINFO),
        (socket.IPPROTO_IP, _IP_RECVTTL),
        (socket.IPPROTO_IP, _IP_RECVTOS),
    ),
    transmit_options=((socket.IPPROTO_IP, socket.IP_TTL, TTL_MAX),),
    never_fragment=((socket.IPPROTO_IP, _IP_MTU_DISCOVER, _PMTUDISC_PROBE),),
    traffic_class=(socket.IPPROTO_IP, socket.IP_TOS),
    ttl_message=(socket.IPPROTO_IP, socket.IP_TTL),
    packet_info_message=(socket.IPPROTO_IP, _IP_PKTINFO),
    destination=slice(8, 12),
    interface_index=slice(0, 4),
)

_IPV6 = _Family(
    name="IPv6",
    wildcard="::",
    receive_options=(
        (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY),
        (socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO),
        (socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT),
        (socket.IPPROTO_IPV6, socket.IPV6_RECVTCLASS),
    ),
    transmit_options=((socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, TTL_MAX),),
    never_fragment=(
        (socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER, _PMTUDISC_PROBE),
        (socket.IPPROTO_IPV6, socket.IPV6_DONTFRAG, 1),
    ),
    traffic_class=(socket.IPPROTO_IPV6, socket.IPV6_TCLASS),
    ttl_message=(socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT),
    packet_info_message=(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO),
    destination=slice(0, 16),
    interface_index=slice(16, 20),
)

_FAMILIES = {socket.AF_INET: _IPV4, socket.AF_INET6: _IPV6}


def family_of(address: str) -> socket.AddressFamily:
    """The family of a textual IP address."""
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def is_point_to_point(interface: str) -> bool:
    """Does the kernel say that this interface leads to one neighbour only? False where it does not exist."""
    request = struct.pack("16sH22x", interface.encode(), 0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        try:
            answer = fcntl.ioctl(control, _SIOCGIFFLAGS, request)
        except OSError:
            return False
    flags: int = struct.unpack("16sH22x", answer)[1]
    return bool(flags & _IFF_POINTOPOINT)


def monotonic_us() -> int:
    """The engine's `now`: microseconds of the monotonic clock."""
    return time.monotonic_ns() // 1000


@dataclass(frozen=True, slots=True)
class Arrival:
    """A received datagram; `at_us` is when the kernel took it in, on the scale of `monotonic_us`."""

    payload: bytes
    meta: Meta
    at_us: int


class Receiver:
    """All datagrams to one destination port over one family. Raises EngineError where the port cannot be had."""

    def __init__(self, family: socket.AddressFamily, port: int) -> None:
        self._family = family
        self._port = port
        self._traits = _FAMILIES[family]
        self._interface_names: dict[int, str] = {}
        self._empty_at_us = monotonic_us()
        self._socket = open_udp(family)
        try:
            for level, option in self._traits.receive_options:
                self._socket.setsockopt(level, option, 1)
            self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER_BYTES)
            self._socket.bind((self._traits.wildcard, port))
        except OSError as error:
            self._socket.close()
            raise EngineError(f"cannot receive on UDP port {port} over {self._traits.name}: {reason(error)}") from None

    def fileno(self) -> int:
        """For the event loop."""
        return self._socket.fileno()

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def read(self) -> Arrival | None:
        """The next datagram, or None when none waits."""
        asked_at = monotonic_us()
        try:
            payload, ancillary, _, sender = self._socket.recvmsg(_PAYLOAD_BYTES, _ANCILLARY_BYTES)
        except BlockingIOError:
            self._empty_at_us = asked_at
            return None
        messages = {(level, kind): data for level, kind, data in ancillary}
        packet_info = messages[self._traits.packet_info_message]
        (index,) = _INT.unpack(packet_info[self._traits.interface_index])
        (ttl,) = _INT.unpack(messages[self._traits.ttl_message])
        traffic_class = messages[self._traits.traffic_class][0]  # one octet over IPv4, an int over IPv6
        meta = Meta(
            payload_length=len(payload),
            source=str(sender[0]).partition("%")[0],
            destination=socket.inet_ntop(self._family, packet_info[self._traits.destination]),
            source_port=sender[1],
            destination_port=self._port,
            ttl=ttl,
            interface=self._interface_name(index),
            dscp=traffic_class >> _ECN_BITS,
            payload=payload,
        )
        seconds, nanoseconds = _TIMESPEC.unpack(messages[socket.SOL_SOCKET, _SO_TIMESTAMPNS])
        return Arrival(payload, meta, self._on_our_clock(seconds * _NANOSECONDS + nanoseconds))

    def _on_our_clock(self, stamp_ns: int) -> int:
        """The kernel stamps with the wall clock, which may be set between arrival and reading. A datagram can neither
        come from the future nor have waited already when this socket was last found empty."""
        age_us = (time.time_ns() - stamp_ns) // 1000
        now = monotonic_us()
        return min(now, max(now - age_us, self._empty_at_us))

    def _interface_name(self, index: int) -> str:
        name = self._interface_names.get(index)
        if name is None:
            try:
                name = self._interface_names[index] = socket.if_indextoname(index)
            except OSError:
                return ""  # the interface went away after the datagram came
        return name


class Transmitter:
    """The socket of one session: one source port in 49152-65535 for its whole life, no other session's (RFC 5881
    section 4).

    `taken` holds the ports of the other sessions. Raises EngineError where address, interface or port cannot be had.
    """

    def __init__(self, config: SessionConfig, profile: Profile, rng: Random, taken: Container[int]) -> None:
        family, interface = family_of(config.local), profile.leaves_by(config)
        dscp = DSCP_NETWORK_CONTROL if config.dscp is None else config.dscp
        self._socket = open_udp(family)
        self.failures = 0
        self.problem = ""
        try:
            scope = bind_to_interface(self._socket, interface) if interface else 0
            # Only link-local addresses want a scope; the kernel ignores it elsewhere.
            suffix = (0, scope) if family is socket.AF_INET6 else ()
            self._peer = (config.peer, profile.destination_port, *suffix)
            traits = _FAMILIES[family]
            unbroken = traits.never_fragment if config.padded_pdu_size else ()  # RFC 9764 section 3
            for level, option, value in (*traits.transmit_options, *unbroken):
                self._socket.setsockopt(level, option, value)
            self._socket.setsockopt(*traits.traffic_class, dscp << _ECN_BITS)
            self.source_port = self._bind(config.local, suffix, rng, taken)
        except OSError as error:
            self._socket.close()
            raise EngineError(f"cannot send from {config.local}: {reason(error)}") from None
        except EngineError:
            self._socket.close()
            raise
        self._connected = False

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()

    def send(self, payload: bytes) -> bool:
        """Send, or count the failure. True when `problem` ("" for none) is not what it was.

        A connected socket hears of ICMP errors, and reports one *instead* of sending the next packet. The peer may be
        back meanwhile, so that packet gets a second chance.
        """
        before, self.problem = self.problem, ""
        for _ in range(2):
            try:
                if not self._connected:  # there was no route so far
                    self._socket.connect(self._peer)
                    self._connected = True
                self._socket.send(payload)
                break
            except OSError as error:
                self.failures += 1
                self.problem = reason(error)
        return self.problem != before

    def _bind(self, local: str, suffix: tuple[int, ...], rng: Random, taken: Container[int]) -> int:
        for _ in range(_PORT_DRAWS):
            port = rng.randint(SOURCE_PORT_MIN, SOURCE_PORT_MAX)
            if port in taken:
                continue
            try:
                self._socket.bind((local, port, *suffix))
                return port
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
        raise EngineError(f"cannot send from {local}: no free UDP port in {SOURCE_PORT_MIN}-{SOURCE_PORT_MAX}")


def open_udp(family: socket.AddressFamily) -> socket.socket:
    """A UDP socket that never blocks. Raises EngineError."""
    try:
        opened = socket.socket(family, socket.SOCK_DGRAM)
    except OSError as error:
        raise EngineError(f"cannot open a UDP socket over {_FAMILIES[family].name}: {reason(error)}") from None
    opened.setblocking(False)
    return opened


def bind_to_interface(opened: socket.socket, interface: str) -> int:
    """Bind to the interface and return its index. Raises EngineError for one that does not exist, else OSError."""
    try:
        index = socket.if_nametoindex(interface)
    except OSError:
        raise EngineError(f"interface {interface!r} does not exist") from None
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
    return index


CONGESTION = "no room left in the queue of the interface"
"""The problem that is a sign of congestion (RFC 5880 section 7)."""

_REASONS = {
    errno.ENOBUFS: CONGESTION,
    errno.EAGAIN: CONGESTION,
    errno.EMSGSIZE: "larger than the MTU of the interface",
    errno.EADDRINUSE: "the port is taken by another program",
    errno.EADDRNOTAVAIL: "not an address of this system (or, IPv6, not yet verified)",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ECONNREFUSED: "the peer answers that nobody listens (ICMP port unreachable)",
}


def reason(error: OSError) -> str:
    """An error of the kernel in words for an operator."""
    return _REASONS.get(error.errno or 0) or os.strerror(error.errno or 0)
