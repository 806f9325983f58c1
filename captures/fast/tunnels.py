"""VXLAN (RFC 7348) and Geneve (RFC 8926): what is inside of their UDP datagrams."""

from collections.abc import Iterator

import numpy as np

from captures.fast.frames import Bytes, Integers, words
from captures.fast.layers import Layer, Typed, ethernet
from captures.fast.places import Places

VXLAN, GENEVE = 4789, 6081
"""Destination ports."""

_ETHERNET = 0x6558


def inside_vxlan(buffer: Bytes, datagrams: Layer, places: Places) -> Typed:
    """The frames in VXLAN packets."""
    frames = datagrams.behind(16)
    return ethernet(buffer, _named(frames, "vxlan", _network(buffer, frames.at - 4), places))


def inside_geneve(buffer: Bytes, datagrams: Layer, places: Places) -> Iterator[Typed]:
    """The frames in Geneve packets, and the IP packets that are there without a frame."""
    headers = datagrams.behind(16)
    start = headers.at - 8
    version, options = buffer[start] >> 6, (buffer[start] & 0x3F).astype(np.int64) << 2
    types = words(buffer, start + 2, ">u2").astype(np.int64)
    named = _named(headers, "geneve", _network(buffer, start + 4), places)
    inner = Layer(named.frame, named.at + options, named.end, named.place)
    whole = (version == 0) & (inner.at <= inner.end)
    types, inner = types[whole], inner.only(whole)
    framed = types == _ETHERNET
    if framed.any():
        yield ethernet(buffer, inner.only(framed))
    if not framed.all():
        yield types[~framed], inner.only(~framed)


def _network(buffer: Bytes, at: Integers) -> Integers:
    return words(buffer, at, ">u4").astype(np.int64) >> 8


def _named(layer: Layer, kind: str, network: Integers, places: Places) -> Layer:
    return Layer(layer.frame, layer.at, layer.end, places.inside(layer.place, kind, network))
