"""The far end of a session, for tests of nodes: a socket, and as much of a Control packet as they look at."""

import socket
import struct
from collections.abc import Callable
from typing import NamedTuple

DOWN, INIT, UP = 1, 2, 3
PORTS = {"single_hop": 3784, "multi_hop": 4784}
FAMILIES = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}


class Heard(NamedTuple):
    """A Control packet, read without the project's own wire layers."""

    sender: str
    state: int
    mult: int
    mine: int
    yours: int
    tx_us: int
    rx_us: int


class Peer:
    """The far end of a session: hears packets and says one thing."""

    def __init__(self, wire: socket.socket, port: int = 3784) -> None:
        self.wire = wire
        self.port = port
        if wire.family == socket.AF_INET6:
            wire.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        wire.bind(("", port))

    def hear(self) -> Heard:
        data, (sender, *_) = self.wire.recvfrom(64)
        _, flags, mult, _, mine, yours, tx_us, rx_us, _ = struct.unpack("!BBBBIIIII", data)
        return Heard(sender, flags >> 6, mult, mine, yours, tx_us, rx_us)

    def hear_until(self, wanted: Callable[[Heard], bool], among: int = 100) -> Heard:
        return next(heard for heard in (self.hear() for _ in range(among)) if wanted(heard))

    def say(self, to: str, state: int, yours: int) -> None:
        """Detection takes 255 s, so that nothing has to be said twice."""
        self.wire.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
        packet = struct.pack("!BBBBIIIII", 1 << 5, state << 6, 255, 24, 0xBFD, yours, 1_000_000, 10_000, 0)
        self.wire.sendto(packet, (to, self.port))
