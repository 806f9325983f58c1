"""The data-link address of a neighbour, out of the kernel's table (rtnetlink). Linux 5.0 or newer.

An Echo packet is addressed to its sender and yet has to reach the far end (RFC 5881 section 4), so the kernel's routing
does not help; but the kernel has resolved the far end's address for the session's Control packets.
"""

import os
import socket
import struct

_RTM_NEWNEIGH = 28
_RTM_GETNEIGH = 30
_NLM_F_REQUEST = 1
_NDA_DST = 1
_NDA_LLADDR = 2
_NUD_UNUSABLE = 0x01 | 0x20
"""Incomplete, failed."""

_HEADER = struct.Struct("=IHHII")
_NEIGHBOUR = struct.Struct("=BxxxiHBB")
_ATTRIBUTE = struct.Struct("=HH")
_ANSWER_BYTES = 4096
_ALIGNMENT = 4
_TIMEOUT_S = 0.1


def mac_of(address: str, interface_index: int) -> bytes | None:
    """The data-link address of `address` on that interface; None where the kernel has none. Raises OSError."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address)
    body = _NEIGHBOUR.pack(family, interface_index, 0, 0, 0) + _ATTRIBUTE.pack(4 + len(packed), _NDA_DST) + packed
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
        kernel.settimeout(_TIMEOUT_S)
        kernel.send(_HEADER.pack(_HEADER.size + len(body), _RTM_GETNEIGH, _NLM_F_REQUEST, os.getpid(), 0) + body)
        return _read(kernel.recv(_ANSWER_BYTES))


def _read(answer: bytes) -> bytes | None:
    length, kind, *_ = _HEADER.unpack_from(answer)
    if kind != _RTM_NEWNEIGH:
        return None  # an error: no such neighbour
    _, _, state, _, _ = _NEIGHBOUR.unpack_from(answer, _HEADER.size)
    if state & _NUD_UNUSABLE:
        return None
    at = _HEADER.size + _NEIGHBOUR.size
    while at + _ATTRIBUTE.size <= length:
        size, name = _ATTRIBUTE.unpack_from(answer, at)
        if name == _NDA_LLADDR:
            return answer[at + _ATTRIBUTE.size : at + size]
        at += max(_ATTRIBUTE.size, -(-size // _ALIGNMENT) * _ALIGNMENT)
    return None
