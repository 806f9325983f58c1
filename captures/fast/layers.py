"""Positions in many frames at once, and the link layers: what is between the start of a frame and its IP header."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from captures.fast.frames import Bytes, Integers, words
from captures.fast.places import Places

IPV4, IPV6 = 0x0800, 0x86DD
_VLANS = (0x8100, 0x88A8, 0x9100)
_MPLS = (0x8847, 0x8848)
_MOST_TAGS = 16
_INET, _INET6 = (2,), (24, 28, 30)
"""Address families as the BSDs number them; every one has a number of its own for IPv6."""


@dataclass(frozen=True, slots=True)
class Layer:
    """The same layer in many frames: which frames (by their position in the batch), where it starts in the buffer,
    where what encloses it ends, and the place so far."""

    frame: Integers
    at: Integers
    end: Integers
    place: Integers

    def only(self, mask: NDArray[np.bool_]) -> "Layer":
        """Those for which the mask is true."""
        if mask.all():
            return self
        return Layer(self.frame[mask], self.at[mask], self.end[mask], self.place[mask])

    def behind(self, size: "Integers | int") -> "Layer":
        """What follows a header of `size` bytes, where there is so much."""
        return Layer(self.frame, self.at + size, self.end, self.place).whole()

    def whole(self) -> "Layer":
        """Those that do not start behind their end."""
        return self.only(self.at <= self.end)

    def __len__(self) -> int:
        return len(self.frame)


Typed = tuple[Integers, Layer]
"""Ethernet types, and what they are of."""


def ethernet(buffer: Bytes, layer: Layer) -> Typed:
    """Ethernet II; IEEE 802.3 lengths come out as types below 1536."""
    inner = layer.behind(14)
    return _number(buffer, inner.at - 2), inner


def _cooked(buffer: Bytes, layer: Layer) -> Typed:
    inner = layer.behind(16)
    return _number(buffer, inner.at - 2), inner


def _cooked_2(buffer: Bytes, layer: Layer) -> Typed:
    inner = layer.behind(20)
    return _number(buffer, inner.at - 20), inner


def _raw(buffer: Bytes, layer: Layer) -> Typed:
    version = buffer[layer.at] >> 4
    return np.select([version == 4, version == 6], [IPV4, IPV6], 0), layer


def _raw_4(_: Bytes, layer: Layer) -> Typed:
    return np.full(len(layer), IPV4), layer


def _raw_6(_: Bytes, layer: Layer) -> Typed:
    return np.full(len(layer), IPV6), layer


def _null(buffer: Bytes, layer: Layer) -> Typed:
    """An address family in the byte order of whoever captured: a small number, so that one can tell."""
    inner = layer.behind(4)
    little, big = (words(buffer, inner.at - 4, code) for code in ("<u4", ">u4"))
    return _family(np.minimum(little, big)), inner


def _loop(buffer: Bytes, layer: Layer) -> Typed:
    inner = layer.behind(4)
    return _family(words(buffer, inner.at - 4, ">u4")), inner


def _family(family: NDArray[Any]) -> Integers:
    return np.select([np.isin(family, _INET), np.isin(family, _INET6)], [IPV4, IPV6], 0)


LINKS: Mapping[int, Callable[[Bytes, Layer], Typed]] = {
    0: _null,
    1: ethernet,
    12: _raw,
    14: _raw,
    101: _raw,
    108: _loop,
    113: _cooked,
    228: _raw_4,
    229: _raw_6,
    276: _cooked_2,
}
"""By LINKTYPE_: how to get at the Ethernet type of what is inside."""


def internet(buffer: Bytes, typed: Typed, places: Places) -> Iterator[tuple[int, Layer]]:
    """The IP headers behind any VLAN tags and MPLS labels, as pairs of IP version and layer. A header of version 6 is
    IPv6 by whatever type it was announced."""
    outer = [typed]
    for _ in range(_MOST_TAGS + 1):
        inner: list[Typed] = []
        for types, layer in outer:
            yield from _versions(buffer, types, layer)
            tagged = (types == _VLANS[0]) | (types == _VLANS[1]) | (types == _VLANS[2])
            if tagged.any():
                inner.append(_behind_tag(buffer, layer.only(tagged), places))
            labelled = (types == _MPLS[0]) | (types == _MPLS[1])
            if labelled.any():
                inner.append(_behind_label(buffer, layer.only(labelled)))
        outer = [each for each in inner if len(each[1])]


def _behind_tag(buffer: Bytes, tags: Layer, places: Places) -> Typed:
    """IEEE 802.1Q and 802.1ad."""
    inner = tags.behind(4)
    identifier = _number(buffer, inner.at - 4) & 0xFFF
    place = places.inside(inner.place, "vlan", identifier)
    return _number(buffer, inner.at - 2), Layer(inner.frame, inner.at, inner.end, place)


def _behind_label(buffer: Bytes, labels: Layer) -> Typed:
    """RFC 3032: what is behind the last label tells by itself which version of IP it is."""
    inner = labels.behind(4)
    last = buffer[inner.at - 2] & 1 == 1
    return np.where(last, _raw(buffer, inner)[0], _MPLS[0]), inner


def _versions(buffer: Bytes, types: Integers, layer: Layer) -> Iterator[tuple[int, Layer]]:
    is_4, is_6 = types == IPV4, types == IPV6
    if is_4.any():
        announced = layer.only(is_4)
        version = buffer[announced.at] >> 4
        yield 4, announced.only(version == 4)
        yield 6, announced.only(version == 6)
    if is_6.any():
        announced = layer.only(is_6)
        yield 6, announced.only(buffer[announced.at] >> 4 == 6)


def _number(buffer: Bytes, at: Integers) -> Integers:
    return words(buffer, at, ">u2").astype(np.int64)
