"""What happens on the link: packets that come and go, puppets that live on, time that passes. Nothing is judged here.

The same methods work on both clocks: they block, and the wire underneath either moves simulated time or listens to a
real link. Meanwhile the puppets' keep-alives go out and Polls are answered.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Protocol

from conformance.bench.echo import EchoTraffic, SeenEcho
from conformance.bench.match import Match
from conformance.bench.packets import Seen
from conformance.bench.puppet import Puppet
from conformance.bench.signing import Seal
from conformance.bench.standing import PORTS
from conformance.bench.verdicts import Inconclusive, Unsupported
from conformance.bench.wire import Arrival, Wire
from refimpl.core.packet import ControlPacket, Malformed
from refimpl.wire.codec import decode
from refimpl.wire.damage import Damage
from refimpl.wire.frames import Datagram, build, dissect
from topologies.description import neighbour

ECHO_WAIT_US = 1_000_000
"""A frame of our own that is not on the link after this time is the bench's fault."""

BFD_PORTS = frozenset(PORTS.values())


class Recorder(Protocol):
    """Where frames are kept; `captures.record.Recorder` is one. Interfaces are numbered as the wire's links."""

    def write(self, frame: bytes, time_ns: int, *, outbound: bool, interface: int = 0, comment: str = "") -> int:
        """Keep a frame; returns its number as Wireshark shows it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment: what was logged before it has an index below `index`.

    The moment of a command has a length: it may have taken effect at any time from `time_us` to `until_us`.
    """

    time_us: int
    index: int
    until_us: int = 0


class Traffic:
    """Links to a target, puppets on them, and everything that was seen. Control packets that `ignores` says yes to are
    in the capture, and no case has to know of them.

    `_stimulus` is the last thing that was done to the target, on a link or by telling it: the moment from which a wait
    counts unless it is told otherwise.
    """

    def __init__(self, wire: Wire, recorder: Recorder, rng: Random, *, ignores: Callable[[Datagram], bool]) -> None:
        self.wire = wire
        self.rng = rng
        self.log: list[Seen] = []
        self.echo = EchoTraffic(wire, rng)
        self._recorder = recorder
        self._ignores = ignores
        self._puppets: list[Puppet] = []
        self._last_frame = b""
        self._stimulus = self.mark()

    # ------------------------------------------------------------------ who is there

    def puppet(
        self,
        family: int | None = None,
        *,
        link: int = 0,
        beside: int = 0,
        link_local: bool = False,
        **fields: Any,
    ) -> Puppet:
        """A far end on a link of the wire's, on the tester's address of `family` (4 or 6, by default the first that the
        link has), on that of neighbour `beside` (1 to NEIGHBOURS), or on the link-local one; `fields` preset the
        puppet's own. Raises Unsupported where the link does not have the family, or the neighbour."""
        ends = self.wire.links[link]
        family = family or min(ends.tester_addresses)
        if family not in ends.tester_addresses:
            raise Unsupported(f"needs IPv{family}, which the link to the target does not have")
        if beside > ends.neighbours:
            raise Unsupported(f"needs {beside} neighbours of the tester, and on the link there are {ends.neighbours}")
        local, peer = ends.tester_addresses[family], ends.target_addresses[family]
        if link_local:
            local, peer = ends.tester_link_local, ends.target_link_local
        elif beside:
            local = neighbour(local, beside)
        puppet = Puppet(local, peer, self.rng, link=link, **fields)
        self._puppets.append(puppet)
        return puppet

    def start_keepalives(self, puppet: Puppet) -> None:
        """Let the puppet send in the background, from now on."""
        puppet.keepalives = True
        puppet.next_keepalive_us = self.wire.now() + puppet.interval_us()

    def hasten_keepalives(self, puppet: Puppet) -> None:
        """Let the puppet's next keep-alive obey an interval that has become shorter: a compliant peer does not wait for
        the old one to end (RFC 5880 section 6.8.3), and the target's Detection Time may not last that long."""
        if puppet.next_keepalive_us is not None:
            puppet.next_keepalive_us = min(puppet.next_keepalive_us, self.wire.now() + puppet.interval_us())

    def stop_keepalives(self, puppet: Puppet) -> Mark:
        """Silence the puppet; answers to Polls, too. Returns the moment."""
        puppet.keepalives = puppet.answers_polls = False
        puppet.next_keepalive_us = None
        self._stimulus = self.mark()
        return self._stimulus

    # ------------------------------------------------------------------ time and packets

    def now(self) -> int:
        """The current time, microseconds, on the scale of the packets' times."""
        return self.wire.now()

    def mark(self) -> Mark:
        """This moment, to count from."""
        return Mark(self.wire.now(), len(self.log))

    def send(
        self,
        puppet: Puppet,
        damage: Damage | None = None,
        *,
        seal: Seal | None = None,
        datagram: dict[str, object] | None = None,
        link: int | None = None,
        **fields: object,
    ) -> Seen:
        """Send one packet of the puppet's, with `fields` overridden, signed by `seal` where that is given, `damage`
        done and the encapsulation bent; over the puppet's link, or over another one."""
        frame = self._emit(puppet, puppet.packet(**fields), damage, seal, link=link, **(datagram or {}))
        start = self.mark()
        while True:
            seen = self._pump(start.time_us + ECHO_WAIT_US)
            if seen is None:
                raise Inconclusive("a packet of the tester's own was not seen on the link within a second")
            if seen.sent and self._last_frame == frame:
                self._stimulus = Mark(seen.time_us, len(self.log))
                return seen

    def send_echo(self, puppet: Puppet, source: str | None = None) -> SeenEcho:
        """Send one Echo packet of the puppet's, from a foreign address unless told otherwise."""
        frame = self.echo.frame(puppet, source)
        self.wire.send(frame, puppet.link)
        start = self.wire.now()
        sent = dissect(frame)
        while True:
            for seen in reversed(self.echo.log):
                if seen.sent and seen.datagram == sent:
                    return seen
            if self.wire.now() >= start + ECHO_WAIT_US:
                raise Inconclusive("an Echo packet of the tester's own was not seen on the link within a second")
            self._pump(self.wire.now() + 1_000)

    def elapse(self, us: int) -> list[Seen]:
        """Let time pass; returns the target's packets of that time."""
        start = self.mark()
        self.until(start.time_us + us)
        return self.from_target(start)

    def until(self, time_us: int) -> None:
        """Let time pass until a moment."""
        while self._pump(time_us) is not None:
            pass

    def from_target(self, after: Seen | Mark, before_us: int | None = None) -> list[Seen]:
        """The target's packets after a moment, malformed ones excepted."""
        return [
            seen
            for seen in self.log[self._index(after) :]
            if not seen.sent
            and isinstance(seen.control, ControlPacket)
            and (before_us is None or seen.time_us < before_us)
        ]

    def find(
        self, start: Seen | Mark, within_us: int, puppet: Puppet | None, matches: Sequence[Match]
    ) -> tuple[Seen, int] | None:
        """The first packet of the target that fits one of `matches`, and which; None when the time is up. Judges
        nothing: where an absent packet means something, the bench's `expect` or `wait` is the verb."""
        deadline, index = _end(start) + within_us, self._index(start)
        while True:
            while index < len(self.log):
                seen = self.log[index]
                index += 1
                if seen.sent or seen.time_us > deadline or not _belongs(seen, puppet):
                    continue
                for number, match in enumerate(matches):
                    if match(seen):
                        return seen, number
            if self._pump(deadline) is None:
                return None

    # ------------------------------------------------------------------ underneath

    def _pump(self, until: int) -> Seen | None:
        """Live until the next BFD packet on the link, in either direction, or until a time."""
        while True:
            self._send_due_keepalives()
            self.echo.send_due()
            wakes = [*(puppet.next_keepalive_us for puppet in self._puppets), self.echo.next_due()]
            arrival = self.wire.receive(min([until, *(wake for wake in wakes if wake is not None)]))
            if arrival is not None:
                seen = self._record(arrival)
                if seen is not None:
                    return seen
            elif self.wire.now() >= until:
                return None

    def _send_due_keepalives(self) -> None:
        now = self.wire.now()
        for puppet in self._puppets:
            due = puppet.next_keepalive_us
            if puppet.keepalives and due is not None and due <= now:
                self._emit(puppet, puppet.packet())
                puppet.next_keepalive_us = max(due, now - puppet.interval_us() // 2) + puppet.interval_us()

    def _emit(
        self,
        puppet: Puppet,
        packet: ControlPacket,
        damage: Damage | None = None,
        seal: Seal | None = None,
        *,
        link: int | None = None,
        **encapsulation: object,
    ) -> bytes:
        number = puppet.link if link is None else link
        ends = self.wire.links[number]
        frame = build(puppet.datagram(packet, damage, seal, **encapsulation), ends.tester_mac, ends.target_mac)
        self.wire.send(frame, number)
        return frame

    def _record(self, arrival: Arrival) -> Seen | None:
        number = self._recorder.write(arrival.frame, arrival.time_ns, outbound=arrival.sent, interface=arrival.link)
        self._last_frame = arrival.frame
        datagram = dissect(arrival.frame)
        if datagram is None:
            return None
        if datagram.destination_port not in BFD_PORTS:
            self.echo.record(number, arrival, datagram, self._puppets)
            return None
        if self._ignores(datagram):
            return None
        seen = Seen(number, arrival.time_ns // 1000, arrival.sent, datagram, decode(datagram.payload), arrival.link)
        self.log.append(seen)
        if not arrival.sent and not isinstance(seen.control, Malformed):
            for puppet in self._puppets:
                if puppet.is_from_target(seen):
                    self._react(puppet, seen)
        return seen

    def _react(self, puppet: Puppet, seen: Seen) -> None:
        before, puppet.last_seen = puppet.last_seen, seen
        required_us = seen.packet.required_min_rx_interval_us
        if before is not None and required_us < before.packet.required_min_rx_interval_us:
            self.hasten_keepalives(puppet)
        if seen.packet.poll and puppet.answers_polls:
            self._emit(puppet, replace(puppet.packet(), final=True))

    def _index(self, moment: Seen | Mark) -> int:
        if isinstance(moment, Mark):
            return moment.index
        return next(i for i in range(len(self.log) - 1, -1, -1) if self.log[i].frame == moment.frame) + 1

    def _of(self, packets: list[Seen], puppet: Puppet | None) -> list[Seen]:
        return [seen for seen in packets if _belongs(seen, puppet)]


def _belongs(seen: Seen, puppet: Puppet | None) -> bool:
    return puppet is None or puppet.is_from_target(seen)


def _end(moment: Seen | Mark) -> int:
    return max(moment.time_us, moment.until_us) if isinstance(moment, Mark) else moment.time_us
