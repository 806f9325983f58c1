"""An interface that is there already, and who lives at its other end: read from the kernel. Linux only.

Nothing is configured here. The kernel resolves a neighbour by ARP or neighbour discovery as it does for any program
that sends a datagram, and its table tells the answer.
"""

import contextlib
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from topologies.errors import LabError
from topologies.netns import call_in

_Result = TypeVar("_Result")

_DISCARD_PORT = 9
"""RFC 863: whoever listens there throws the datagram away."""

_RESOLVED = 0x02 | 0x04 | 0x08 | 0x10 | 0x40 | 0x80
"""NUD_REACHABLE, STALE, DELAY, PROBE, NOARP, PERMANENT: the states of an entry whose MAC address is known."""

_PATIENCE_S = 4.0
_BETWEEN_LOOKS_S = 0.05
_UP = 0x1


@dataclass(frozen=True, slots=True)
class Seat:
    """An interface: its MAC address, and its IP addresses without prefix lengths."""

    mac: str
    addresses: frozenset[str]


def within(namespace: str | None, function: Callable[[], _Result]) -> _Result:
    """What `function` returns in a network namespace, or here where there is none. Raises LabError."""
    return function() if namespace is None else call_in(namespace, function)


def seat(interface: str, namespace: str | None = None) -> Seat:
    """Raises LabError where there is no such interface, or it is down."""
    return within(namespace, lambda: _seat(interface))


def _seat(interface: str) -> Seat:
    try:
        with IPRoute() as kernel:
            index = _index(kernel, interface)
            (link,) = kernel.get_links(index)
            if not link["flags"] & _UP:
                raise LabError(f"interface {interface} is down: ip link set {interface} up")
            addresses = frozenset(entry.get_attr("IFA_ADDRESS") for entry in kernel.get_addr(index=index))
            return Seat(link.get_attr("IFLA_ADDRESS"), addresses)
    except (OSError, NetlinkError) as error:
        raise LabError(f"interface {interface}: {error}") from error


def resolve(interface: str, address: str, namespace: str | None = None) -> str:
    """The MAC address of a neighbour on the interface's link. Raises LabError when nobody answers for it."""
    return within(namespace, lambda: _resolve(interface, address))


def _resolve(interface: str, address: str) -> str:
    deadline = time.monotonic() + _PATIENCE_S
    try:
        with IPRoute() as kernel:
            index = _index(kernel, interface)
            mac = _known(kernel, index, address)
            if mac is None:
                _provoke(interface, index, address)
            while mac is None and time.monotonic() < deadline:
                time.sleep(_BETWEEN_LOOKS_S)
                mac = _known(kernel, index, address)
            if mac is not None:
                return mac
    except (OSError, NetlinkError) as error:
        raise LabError(f"{address} on {interface}: {error}") from error
    raise LabError(
        f"nobody answers for {address} on {interface} ({'neighbour discovery' if ':' in address else 'ARP'}): "
        "is the cable in, is the address right? target.mac says it without asking"
    )


def _known(kernel: IPRoute, index: int, address: str) -> str | None:
    """What the kernel's table says."""
    for entry in kernel.get_neighbours(ifindex=index, dst=address):
        mac = entry.get_attr("NDA_LLADDR")
        if mac is not None and entry["state"] & _RESOLVED:
            return str(mac)
    return None


def _provoke(interface: str, index: int, address: str) -> None:
    """Send a datagram that needs the neighbour's MAC address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sender, contextlib.suppress(ConnectionError):
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
        sender.sendto(
            b"", (address, _DISCARD_PORT, 0, index) if family == socket.AF_INET6 else (address, _DISCARD_PORT)
        )


def _index(kernel: IPRoute, interface: str) -> int:
    found = kernel.link_lookup(ifname=interface)
    if not found:
        raise LabError(f"there is no interface {interface}")
    return int(found[0])
