"""The Echo packets on the link (RFC 5880 sections 5 and 6.4, RFC 5881 section 4): seen, sent, and looped back by
puppets.

They are apart from Control packets, which the bench's other verbs are about. Whose an Echo packet is shows in what it
contains: the tester's own carry random bytes that nobody else has, so whatever else comes to port 3785 is the target's.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from conformance.bench.puppet import Puppet
from conformance.bench.wire import Arrival, Wire
from refimpl.core.constants import PORT_ECHO, TTL_MAX
from refimpl.wire.echo import loop_back
from refimpl.wire.frames import Datagram, build

FOREIGN_SOURCES = {4: "198.51.100.1", 6: "2001:db8:ffff::1"}
"""Source addresses of the tester's Echo packets, by family: in no subnet of the link (RFC 5881 section 4)."""

_CONTENTS_BYTES = 24


@dataclass(frozen=True, slots=True)
class SeenEcho:
    """A UDP datagram on the link that is no Control packet, most often an Echo packet; as `Seen`, with the data-link
    addresses and the number of the link."""

    frame: int
    time_us: int
    sent: bool
    datagram: Datagram
    source_mac: str
    destination_mac: str
    link: int = 0

    @property
    def family(self) -> int:
        """4 or 6."""
        return 6 if ":" in self.datagram.source else 4


class EchoTraffic:
    """What is seen of Echo packets, and what puppets do with them. `strays` are the target's datagrams to ports that
    are neither of Control nor of Echo packets."""

    def __init__(self, wire: Wire, rng: Random) -> None:
        self.log: list[SeenEcho] = []
        self.strays: list[SeenEcho] = []
        self._wire = wire
        self._rng = rng
        self._contents: set[bytes] = set()
        self._on_their_way: list[tuple[int, int, bytes, int]] = []

    def record(self, number: int, arrival: Arrival, datagram: Datagram, puppets: Sequence[Puppet]) -> None:
        """Take note of a datagram that is no Control packet; a puppet may be about to loop it back."""
        seen = SeenEcho(
            number,
            arrival.time_ns // 1000,
            arrival.sent,
            datagram,
            source_mac=arrival.frame[6:12].hex(":"),
            destination_mac=arrival.frame[:6].hex(":"),
            link=arrival.link,
        )
        if datagram.destination_port != PORT_ECHO:
            if not arrival.sent:
                self.strays.append(seen)
            return
        self.log.append(seen)
        if not arrival.sent and not self.is_own(seen):
            self._loop_back(seen, arrival.frame, puppets)

    def frame(self, puppet: Puppet, source: str | None) -> bytes:
        """An Echo packet of the puppet's, with contents that no other has. `source` None is a foreign address."""
        contents = self._rng.randbytes(_CONTENTS_BYTES)
        self._contents.add(contents)
        datagram = Datagram(
            source=source or FOREIGN_SOURCES[6 if ":" in puppet.local else 4],
            destination=puppet.local,
            source_port=puppet.source_port,
            destination_port=PORT_ECHO,
            ttl=TTL_MAX,
            payload=contents,
        )
        link = self._wire.links[puppet.link]
        return build(datagram, link.tester_mac, link.target_mac)

    def from_target(self, after_us: int = 0, family: int | None = None) -> list[SeenEcho]:
        """The target's own Echo packets since a moment."""
        return [
            seen
            for seen in self.log
            if not seen.sent and seen.time_us > after_us and not self.is_own(seen) and family in (None, seen.family)
        ]

    def is_own(self, seen: SeenEcho) -> bool:
        """Is this a packet that the tester made, and not one of the target's?"""
        return seen.datagram.payload in self._contents

    def returned(self, sent: SeenEcho) -> list[SeenEcho]:
        """Copies of a packet of the tester's that came back over the link on which it was sent."""
        return [
            seen
            for seen in self.log
            if not seen.sent and (seen.link, seen.datagram.payload) == (sent.link, sent.datagram.payload)
        ]

    def next_due(self) -> int | None:
        """When a puppet's delay is over."""
        return self._on_their_way[0][0] if self._on_their_way else None

    def send_due(self) -> None:
        """Send back what has been delayed for long enough."""
        while self._on_their_way and self._on_their_way[0][0] <= self._wire.now():
            _, _, looped, link = heapq.heappop(self._on_their_way)
            self._wire.send(looped, link)

    def _loop_back(self, seen: SeenEcho, frame: bytes, puppets: Sequence[Puppet]) -> None:
        """As the far end's forwarding would: what came to its data-link address and is addressed to the target."""
        if seen.destination_mac != self._wire.links[seen.link].tester_mac:
            return
        looped = loop_back(frame)
        for puppet in puppets:
            if (
                looped is None
                or not puppet.loops_echo
                or (puppet.peer, puppet.link) != (seen.datagram.destination, seen.link)
            ):
                continue
            if puppet.echo_losses:
                puppet.echo_losses -= 1
            else:
                heapq.heappush(self._on_their_way, (seen.time_us + puppet.echo_delay_us, seen.frame, looped, seen.link))
            return


def echo_in_words(seen: SeenEcho) -> str:
    """One line of a packet table."""
    datagram = seen.datagram
    return f"{ECHO} {datagram.source} to {datagram.destination} TTL {datagram.ttl}, {len(datagram.payload)} bytes" + (
        f", port {datagram.destination_port}" if datagram.destination_port != PORT_ECHO else ""
    )


ECHO = "Echo"
"""How the packet table begins an Echo packet, which has no fields that tshark could read."""
