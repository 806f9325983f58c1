"""From frames to columns: link layer, IP, UDP, tunnels, Control packets; each step for a whole batch."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from captures.digests import Keys
from captures.echoes import ECHO_PORT
from captures.fast.control import MANDATORY, Found, fill
from captures.fast.echoes import EchoCounts
from captures.fast.frames import Bytes, Frames, Integers
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

    def decode(self, frames: Frames, table: NDArray[Any]) -> int:
        """Write the packets to BFD ports among `frames`, in file order, to the start of `table`: an array of
        captures.table.PACKET of zeros, with room for all. Gives their number."""
        size = len(frames.offsets)
        slots = np.zeros((5, size), np.int64)  # one packet a frame: the innermost, which is found last
        for version, udp in self._datagrams(frames):
            layer = udp.layer
            # Most often that is all frames, and no gaps.
            where = slice(None) if len(layer) == size else layer.frame
            for row, values in enumerate((layer.at, udp.ip, layer.end, layer.place)):
                slots[row, where] = values
            slots[4, where] = version
        frame = np.nonzero(slots[0])[0]
        if len(frame) < size:
            slots = slots[:, frame]
        at, ip, end, place, versions = slots
        found = Found(frame, at, ip, end, place, versions)
        fill(table[: len(frame)], frames, found, self.places, self._keys)
        return len(frame)

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
        several = len(frames.interfaces) > 1
        for number in np.unique(frames.interface).tolist() if several else range(len(frames.interfaces)):
            if number >= len(frames.interfaces):
                continue
            interface = frames.interfaces[number]
            chosen = everything[frames.interface == number] if several else everything
            link = LINKS.get(interface.link_type)
            if link is None:
                self.unknown[interface.link_type] = self.unknown.get(interface.link_type, 0) + len(chosen)
                continue
            place = np.full(len(chosen), self.places.interface(interface.name))
            layer = Layer(chosen, frames.offsets[chosen], end[chosen], place)
            yield link(frames.buffer, layer.only(layer.at < layer.end))

    def _select(self, frames: Frames, found: Datagrams) -> tuple[Datagrams, Integers]:
        """Those to a BFD port, or from one where nothing else speaks for another protocol; and all destinations."""
        destination = found.header["destination"].astype(np.int64)
        chosen = self._is_bfd[destination]
        if chosen.all():
            return found, destination
        answers = ~chosen & self._is_bfd[found.header["source"]]
        if answers.any():
            chosen |= answers & self._plausible(frames.buffer, found)
        echoes = destination == ECHO_PORT
        if echoes.any():
            self.echoes.add(frames.buffer, found.only(echoes))
        return found.only(chosen), destination

    @staticmethod
    def _plausible(buffer: Bytes, found: Datagrams) -> NDArray[np.bool_]:
        """Version 1, and a Length that the datagram agrees with."""
        payload = found.layer.at + 8
        stated = found.header["length"].astype(np.int64) - 8
        length = buffer[payload + 3]
        there = (found.layer.end - payload >= MANDATORY) & (buffer[payload] >> 5 == 1)
        return np.asarray(there & (length >= MANDATORY) & (length == stated), np.bool_)

    def _tunnels(self, frames: Frames, found: Datagrams, destination: Integers) -> Iterator[Typed]:
        vxlan, geneve = destination == VXLAN, destination == GENEVE
        if vxlan.any():
            yield inside_vxlan(frames.buffer, found.layer.only(vxlan), self.places)
        if geneve.any():
            yield from inside_geneve(frames.buffer, found.layer.only(geneve), self.places)
