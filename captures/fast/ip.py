"""IPv4 (RFC 791) and IPv6 (RFC 8200) headers, down to UDP. Fragments that are not the first are left out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from captures.fast import headers
from captures.fast.frames import Bytes, Integers, records, words
from captures.fast.layers import Layer

UDP = 17
_UDP_HEADER = 8
_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AUTHENTICATION, _OPTIONS = 0, 43, 44, 51, 60
_MOST_EXTENSIONS = 16


@dataclass(frozen=True, slots=True)
class Datagrams:
    """UDP headers, all of them whole and with the Length of a whole one, each with the end of what its datagram has in
    the capture; the IP headers before them, and the IP version of all."""

    layer: Layer
    header: NDArray[Any]
    ip: Integers
    version: int

    def only(self, mask: NDArray[np.bool_]) -> "Datagrams":
        """Those for which the mask is true."""
        if mask.all():
            return self
        return Datagrams(self.layer.only(mask), self.header[mask], self.ip[mask], self.version)


def datagrams(buffer: Bytes, version: int, layer: Layer) -> Datagrams:
    """The UDP headers behind IP headers of one version."""
    return (_version_4 if version == 4 else _version_6)(buffer, layer)


def _version_4(buffer: Bytes, layer: Layer) -> Datagrams:
    layer = layer.only(layer.at + 20 <= layer.end)
    at = layer.at
    header = records(buffer, at, headers.IPV4)
    size = (header["version_and_size"] & 15).astype(np.int64) << 2
    total = header["length"].astype(np.int64)
    offset = header["fragment"] & 0x1FFF
    total[total == 0] = 1 << 32  # of a frame that the sender's network card was to cut up: up to the frame's end
    good = (size >= 20) & (total >= size) & (offset == 0)
    end = np.minimum(layer.end, at + total)
    inner = Layer(layer.frame, at + size, end, layer.place)
    return _behind_extensions(buffer, 4, header["protocol"], inner, at, good)


def _version_6(buffer: Bytes, layer: Layer) -> Datagrams:
    layer = layer.only(layer.at + 40 <= layer.end)
    at = layer.at
    header = records(buffer, at, headers.IPV6)
    length = header["length"].astype(np.int64)
    end = np.minimum(layer.end, at + 40 + length)
    inner = Layer(layer.frame, at + 40, end, layer.place)
    return _behind_extensions(buffer, 6, header["next_header"], inner, at, np.ones(len(at), np.bool_))


def _behind_extensions(
    buffer: Bytes,
    version: int,
    protocol: NDArray[np.uint8],
    inner: Layer,
    ip: Integers,
    good: NDArray[np.bool_],
) -> Datagrams:
    """UDP at once or behind extension headers (in IPv4: behind an Authentication Header, RFC 4302)."""
    if not (protocol == UDP).all():
        good = good & np.isin(
            protocol, (UDP, _AUTHENTICATION, *((_HOP_BY_HOP, _ROUTING, _FRAGMENT, _OPTIONS) if version == 6 else ()))
        )
    inner, ip, protocol = _chosen(inner, ip, protocol, good)
    for _ in range(_MOST_EXTENSIONS):
        if (protocol == UDP).all():
            break
        inner, ip, protocol = _behind_one(buffer, version, inner, ip, protocol)
    inner, ip, _ = _chosen(inner, ip, protocol, (protocol == UDP) & (inner.at + _UDP_HEADER <= inner.end))
    header = records(buffer, inner.at, headers.UDP)
    length = header["length"].astype(np.int64)
    if version == 6:
        length[length == 0] = 1 << 32  # a jumbogram, RFC 2675 section 4
    inner = Layer(inner.frame, inner.at, np.minimum(inner.end, inner.at + length), inner.place)
    return Datagrams(inner, header, ip, version).only(length >= _UDP_HEADER)


def _behind_one(
    buffer: Bytes, version: int, inner: Layer, ip: Integers, protocol: NDArray[np.uint8]
) -> tuple[Layer, Integers, NDArray[np.uint8]]:
    """Where there is an extension header, one is gone; where something else follows, all is."""
    known = [protocol == UDP, protocol == _AUTHENTICATION]
    sizes = [np.zeros(len(ip), np.int64), (buffer[inner.at + 1].astype(np.int64) + 2) << 2]
    good = known[0] | known[1]
    if version == 6:
        fragment = protocol == _FRAGMENT
        options = (protocol == _HOP_BY_HOP) | (protocol == _ROUTING) | (protocol == _OPTIONS)
        known += [fragment, options]
        sizes += [np.full(len(ip), 8), (buffer[inner.at + 1].astype(np.int64) + 1) << 3]
        later = fragment & (words(buffer, inner.at + 2, ">u2") >> 3 != 0)
        good |= (fragment & ~later) | options
    size = np.select(known, sizes, 0)
    following = np.where(protocol == UDP, UDP, buffer[inner.at]).astype(np.uint8)
    good &= inner.at + size <= inner.end
    return _chosen(Layer(inner.frame, inner.at + size, inner.end, inner.place), ip, following, good)


def _chosen(
    inner: Layer, ip: Integers, protocol: NDArray[np.uint8], mask: NDArray[np.bool_]
) -> tuple[Layer, Integers, NDArray[np.uint8]]:
    if mask.all():
        return inner, ip, protocol
    return inner.only(mask), ip[mask], protocol[mask]
