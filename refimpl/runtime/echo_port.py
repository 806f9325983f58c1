"""Echo packets of one interface and address family, past the kernel's IP layer (RFC 5881 sections 2 and 4).

A packet that is addressed to this system is not sent out by the kernel, one that came from an address of its own, or
one without a way back to its source, is not taken in, and one for somebody else is not forwarded by a host. So Echo
packets are written and read as frames, on a packet socket, which needs CAP_NET_RAW. They are looped back here as well:
turning a host into a router, with ingress filtering off, is not the speaker's business. Where the kernel does forward
on the interface, the far end gets each Echo packet twice, which does it no harm.
"""

import ctypes
import socket
import struct

from refimpl.core.constants import PORT_ECHO
from refimpl.runtime.neighbours import mac_of
from refimpl.runtime.sockets import EngineError, bind_to_interface, open_udp, reason
from refimpl.wire.frames import Datagram, build

_SO_ATTACH_FILTER = 26
_ARPHRD_ETHER = 1
_FRAME_BYTES = 65_536

_ETHERTYPES = {socket.AF_INET: 0x0800, socket.AF_INET6: 0x86DD}

_LOAD_BYTE, _LOAD_HALF, _LOAD_HALF_AT_X, _LOAD_HEADER_LENGTH = 0x30, 0x28, 0x48, 0xB1
_JUMP_EQUAL, _JUMP_ANY_BIT, _RETURN = 0x15, 0x45, 0x06

_FILTERS = {
    # Classic BPF (code, jump if true, jump if false, operand): UDP, no later fragment, destination port 3785.
    socket.AF_INET: (
        (_LOAD_BYTE, 0, 0, 23),
        (_JUMP_EQUAL, 0, 6, socket.IPPROTO_UDP),
        (_LOAD_HALF, 0, 0, 20),
        (_JUMP_ANY_BIT, 4, 0, 0x1FFF),
        (_LOAD_HEADER_LENGTH, 0, 0, 14),
        (_LOAD_HALF_AT_X, 0, 0, 16),
        (_JUMP_EQUAL, 0, 1, PORT_ECHO),
        (_RETURN, 0, 0, _FRAME_BYTES),
        (_RETURN, 0, 0, 0),
    ),
    socket.AF_INET6: (
        (_LOAD_BYTE, 0, 0, 20),
        (_JUMP_EQUAL, 0, 3, socket.IPPROTO_UDP),
        (_LOAD_HALF, 0, 0, 56),
        (_JUMP_EQUAL, 0, 1, PORT_ECHO),
        (_RETURN, 0, 0, _FRAME_BYTES),
        (_RETURN, 0, 0, 0),
    ),
}


class EchoPort:
    """Frames with Echo packets on one Ethernet interface. Raises EngineError where that cannot be had."""

    def __init__(self, interface: str, family: socket.AddressFamily) -> None:
        self.interface = interface
        self._sink = _sink(interface, family)
        try:
            # Protocol 0 receives nothing, so that nothing gets past the filter before it is there.
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        except OSError as error:
            self._sink.close()
            raise EngineError(f"cannot use the Echo function on {interface}: {reason(error)} (CAP_NET_RAW)") from None
        try:
            _attach(self._socket, _FILTERS[family])
            self._socket.bind((interface, _ETHERTYPES[family]))
            _, _, _, kind, mac = self._socket.getsockname()
            self._index = socket.if_nametoindex(interface)
        except OSError as error:
            self.close()
            raise EngineError(f"cannot use the Echo function on {interface}: {reason(error)}") from None
        if kind != _ARPHRD_ETHER:
            self.close()
            raise EngineError(f"cannot use the Echo function on {interface}: allowed is an Ethernet interface")
        self._mac = mac

    def fileno(self) -> int:
        """For the event loop."""
        return self._socket.fileno()

    def close(self) -> None:
        """Let go of the interface."""
        self._socket.close()
        self._sink.close()

    def read(self) -> bytes | None:
        """The next frame for this system with an Echo packet in it, or None when none waits."""
        while True:
            try:
                frame, (_, _, kind, *_) = self._socket.recvfrom(_FRAME_BYTES)
            except OSError:
                return None  # none waits, or the interface is down
            if kind == socket.PACKET_HOST:
                return frame

    def send(self, datagram: Datagram, peer: str) -> str:
        """Send the datagram to `peer`, whatever its destination address; why that failed, "" when it did not."""
        try:
            mac = mac_of(peer, self._index)
            if mac is None:
                return f"the data-link address of {peer} is not known"
            self._socket.send(build(datagram, self._mac.hex(":"), mac.hex(":")))
        except OSError as error:
            return reason(error)
        return ""

    def send_frame(self, frame: bytes) -> None:
        """Send a whole frame; one that cannot be sent is lost, as it would be in a router."""
        try:
            self._socket.send(frame)
        except OSError:
            return


def _sink(interface: str, family: socket.AddressFamily) -> socket.socket:
    """A UDP socket that nobody reads: without it the kernel might answer our own Echo packets with ICMP errors."""
    sink = open_udp(family)
    try:
        bind_to_interface(sink, interface)
        if family is socket.AF_INET6:
            sink.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
        sink.bind(("", PORT_ECHO))
    except OSError as error:
        sink.close()
        raise EngineError(f"cannot receive on UDP port {PORT_ECHO} of {interface}: {reason(error)}") from None
    except EngineError:
        sink.close()
        raise
    return sink


def _attach(packets: socket.socket, program: tuple[tuple[int, int, int, int], ...]) -> None:
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    packets.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HL", len(program), ctypes.addressof(code)))
