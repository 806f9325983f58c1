"""From frames to columns: link layer, IP, UDP, tunnels, Control packets; each step for a whole batch."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from captures.digests import Keys
from captures.echoes import ECHO_PORT
from captures.fast.control import MANDATORY, Found, columns
from captures.fast.echoes import EchoCounts
from captures.fast.frames import Frames, Integers, words
from captures.fast.ip import Datagrams, datagrams
from captures.fast.layers import LINKS, Layer, Typed, internet
from captures.fast.places import Places
from captures.fast.tunnels import GENEVE, VXLAN, inside_geneve, inside_vxlan
from captures.read import BFD_PORTS

_MOST_TUNNELS = 4


class Decoder:
    """Turns batches of frames of one capture into columns. `places` are the names for the column `place`; `echoes`
    counts Echo packets; `unknown` counts frames by a link type that is not read."""

    def __init__(self, ports: Iterable[int] = BFD_PORTS, keys: Keys | None = None) -> None:
        self.places = Places()
        self.echoes = EchoCounts()
        self.unknown: dict[int, int] = {}
        self._keys = keys
        self._is_bfd = np.zeros(65536, np.bool_)
        self._is_bfd[list(ports)] = True

    def decode(self, frames: Frames) -> NDArray[Any]:
        """The packets to BFD ports among `frames` as an array of captures.table.PACKET, in file order."""
        size = len(frames.offsets)
        slots = np.zeros((5, size), np.int64)  # one packet a frame: the innermost, which is found last
        for version, udp in self._datagrams(frames):
            layer = udp.layer
            slots[:, layer.frame] = layer.at, udp.ip, layer.end, layer.place, np.full(len(layer), version)
        frame = np.nonzero(slots[0])[0]
        if len(frame) < size:
            slots = slots[:, frame]
        at, ip, end, place, versions = slots
        return columns(frames, Found(frame, at, ip, end, place, versions), self.places, self._keys)

    def _datagrams(self, frames: Frames) -> Iterator[tuple[int, Datagrams]]:
        """Datagrams with BFD, outer ones first."""
        inner = list(self._links(frames))
        for _ in range(_MOST_TUNNELS + 1):
            outer, inner = inner, []
            for typed in outer:
                for version, layer in internet(frames.buffer, typed, self.places):
                    if not len(layer):
                        continue
                    found = datagrams(frames.buffer, version, layer)
                    chosen, destination = self._select(frames, found)
                    if len(chosen.layer):
                        yield version, chosen
                    inner += self._tunnels(frames, found, destination)

    def _links(self, frames: Frames) -> Iterator[Typed]:
        everything = np.arange(len(frames.offsets))
        end = frames.offsets + frames.captured
        for number in np.unique(frames.interface):
            if number >= len(frames.interfaces):
                continue
            interface = frames.interfaces[number]
            chosen = everything[frames.interface == number]
            link = LINKS.get(interface.link_type)
            if link is None:
                self.unknown[interface.link_type] = self.unknown.get(interface.link_type, 0) + len(chosen)
                continue
            place = np.full(len(chosen), self.places.interface(interface.name))
            layer = Layer(chosen, frames.offsets[chosen], end[chosen], place)
            yield link(frames.buffer, layer.only(layer.at < layer.end))

    def _select(self, frames: Frames, found: Datagrams) -> tuple[Datagrams, Integers]:
        """Those to a BFD port, or from one where nothing else speaks for another protocol; and all destinations."""
        buffer, layer = frames.buffer, found.layer
        destination = words(buffer, layer.at + 2, ">u2").astype(np.int64)
        chosen = self._is_bfd[destination]
        if chosen.all():
            return found, destination
        answers = ~chosen & self._is_bfd[words(buffer, layer.at, ">u2")]
        if answers.any():
            chosen |= answers & self._plausible(frames, layer)
        echoes = destination == ECHO_PORT
        if echoes.any():
            self.echoes.add(buffer, layer.only(echoes), found.ip[echoes], found.version, self.places)
        return Datagrams(layer.only(chosen), found.ip[chosen], found.version), destination

    @staticmethod
    def _plausible(frames: Frames, layer: Layer) -> NDArray[np.bool_]:
        """Version 1, and a Length that the datagram agrees with."""
        buffer, payload = frames.buffer, layer.at + 8
        stated = words(buffer, layer.at + 4, ">u2").astype(np.int64) - 8
        length = buffer[payload + 3]
        there = (layer.end - payload >= MANDATORY) & (buffer[payload] >> 5 == 1)
        return np.asarray(there & (length >= MANDATORY) & (length == stated), np.bool_)

    def _tunnels(self, frames: Frames, found: Datagrams, destination: Integers) -> Iterator[Typed]:
        vxlan, geneve = destination == VXLAN, destination == GENEVE
        if vxlan.any():
            yield inside_vxlan(frames.buffer, found.layer.only(vxlan), self.places)
        if geneve.any():
            yield from inside_geneve(frames.buffer, found.layer.only(geneve), self.places)
