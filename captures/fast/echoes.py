"""Echo packets (RFC 5881 section 4) while the others are read: how many went where, and with which TTL."""

from dataclasses import dataclass, field

import numpy as np

from captures.fast.frames import Bytes, words
from captures.fast.ip import Datagrams
from captures.fast.places import Places
from captures.table import address_text


@dataclass(slots=True)
class EchoCount:
    """How many Echo packets there were, and the TTLs or Hop Limits that they had."""

    packets: int = 0
    ttls: set[int] = field(default_factory=set)


class EchoCounts:
    """Counts by place, source and destination, as captures.rows.Envelope has them. What is in an Echo packet is its
    sender's own business, so nothing of it is kept; see captures.echoes for that."""

    def __init__(self) -> None:
        self._counts: dict[tuple[int, int, bytes], EchoCount] = {}

    def add(self, buffer: Bytes, found: Datagrams) -> None:
        """Count datagrams."""
        ip, version = found.ip, found.version
        size, source, ttl = (4, 12, 8) if version == 4 else (16, 8, 7)
        keys = np.zeros(len(ip), [("place", "<i8"), ("addresses", f"V{2 * size}"), ("ttl", "u1")])
        keys["place"], keys["ttl"] = found.layer.place, buffer[ip + ttl]
        keys["addresses"] = words(buffer, ip + source, f"V{2 * size}")
        packed = keys.view(f"V{keys.itemsize}")
        different, counts = np.unique(packed, return_counts=True)
        for key, count in zip(different.view(keys.dtype), counts.tolist(), strict=True):
            entry = self._counts.setdefault((int(key["place"]), version, key["addresses"].tobytes()), EchoCount())
            entry.packets += count
            entry.ttls.add(int(key["ttl"]))

    def by_path(self, places: Places) -> dict[tuple[str, str, str], EchoCount]:
        """The counts with place, source and destination as text."""
        paths: dict[tuple[str, str, str], EchoCount] = {}
        for (place, version, addresses), count in self._counts.items():
            half = len(addresses) // 2
            ends = [address_text(each.rjust(16, b"\0"), version) for each in (addresses[:half], addresses[half:])]
            entry = paths.setdefault((places.text(place), *ends), EchoCount())  # type: ignore[arg-type]
            entry.packets += count.packets
            entry.ttls |= count.ttls
        return paths
