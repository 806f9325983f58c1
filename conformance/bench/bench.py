"""The bench: the verbs of which cases are made. Every verb that waits either delivers or raises; none returns a
boolean.

The same verbs work on both clocks: `send`, `expect` and `elapse` block, and the wire underneath either moves
simulated time or listens to a real link. Meanwhile the puppets' keep-alives go out and Polls are answered.

Each verb that judges names the requirement it judges by (the case's first one unless told otherwise). A case that ends
without having judged every requirement it claims is not a PASS.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Protocol

from conformance.bench import oracle
from conformance.bench.echo import EchoTraffic, SeenEcho
from conformance.bench.match import Match
from conformance.bench.packets import Seen, in_words, milliseconds
from conformance.bench.puppet import Puppet
from conformance.bench.signing import CIRCLE, SCHEMES, Seal, Signer
from conformance.bench.standing import PORTS, is_of_another, serving
from conformance.bench.verdicts import Inconclusive, Unsupported, Violation
from conformance.bench.wire import Arrival, Link, Wire
from refimpl.core.packet import ControlPacket, Malformed
from refimpl.wire.codec import decode
from refimpl.wire.damage import Damage
from refimpl.wire.frames import build, dissect
from reports.model import Measurement
from topologies.description import neighbour
from topologies.node import Capability, LackError, Node, NodeError, SessionSpec

PROMPT_US = 500_000
"""How long "as soon as practicable" may take (RFC 5880 section 6.8.7 gives no number; a human eye would call it
slow)."""

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


@dataclass(frozen=True, slots=True)
class Accept:
    """A permitted outcome. `alternative`, if given, says that it is not the usual one, and which clause permits it."""

    match: Match
    alternative: str = ""


class Bench:
    """Links to a target, puppets on them, and everything that was seen. `requirements` are the ids the case claims."""

    def __init__(self, wire: Wire, node: Node, recorder: Recorder, *, requirements: Sequence[str], rng: Random) -> None:
        self.wire = wire
        self.node = node
        self.rng = rng
        self.requirements = tuple(requirements)
        self.log: list[Seen] = []
        self.judged: set[str] = set()
        self.alternatives: list[str] = []
        self.notes: list[str] = []
        self.measurements: list[Measurement] = []
        self.specs: list[SessionSpec] = []
        self.echo = EchoTraffic(wire, rng)
        self._recorder = recorder
        self._puppets: list[Puppet] = []
        self._last_frame = b""
        self._pool = ThreadPoolExecutor(max_workers=1) if wire.real else None
        self.origin = self._stimulus = self.mark()

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

    def stranger(self, puppet: Puppet) -> str:
        """An address of the puppet's subnet that nobody has. Raises Unsupported where the subnet is full."""
        taken = {address for spec in self.node.configured for address in (spec.peer, spec.local)}
        other = self.wire.links[puppet.link].unowned(puppet.local, taken)
        if other is None:
            raise Unsupported(f"needs an address of the subnet of {puppet.local} that nobody has, and there is none")
        return other

    def spec_for(self, puppet: Puppet, **parameters: Any) -> SessionSpec:
        """The session to `puppet` that `add_session` adds; `parameters` are those of SessionSpec."""
        interface = self.wire.links[puppet.link].target_interface
        values: dict[str, Any] = {
            "name": f"s{len(self.specs) + 1}-{interface}",
            "peer": puppet.local,
            "local": puppet.peer,
            # A session over several hops is bound to no interface (RFC 5883 section 4.1).
            "interface": "" if parameters.get("kind") == "multi_hop" else interface,
        }
        return SessionSpec(**(values | parameters))

    def add_session(self, puppet: Puppet, **parameters: Any) -> SessionSpec:
        """Have the target run a new session to `puppet`; `parameters` are those of SessionSpec. Raises Unsupported
        where sessions are configured by hand. With authentication the puppet signs by the same keys, from a random
        Sequence Number on, unless it has a signer of its own."""
        spec = puppet.spec = self.spec_for(puppet, **parameters)
        self.specs.append(spec)
        if spec.auth is not None and puppet.signer is None:
            secrets = {key.id: key.secret for key in spec.auth.keys}
            scheme, send = SCHEMES[spec.auth.type], spec.auth.send
            puppet.signer = Signer(scheme, send, secrets[send], self.rng.randrange(CIRCLE))
        self.command(self.node.add_session, spec)
        return spec

    def use_session(self, puppet: Puppet, **parameters: Any) -> SessionSpec:
        """A session that need not be new: one that was configured by hand with just these parameters, to whose peer
        address the puppet then moves, or else a new one. See `scenario.fresh`, which makes the two the same.

        With authentication it has to be new: a session that stands may know the Sequence Number of an earlier case, and
        is right to discard another one (RFC 5880 sections 6.7.3 and 6.8.1).
        """
        spec = puppet.spec = self.spec_for(puppet, **parameters)
        standing = serving(spec, self.node.configured, self.specs) if spec.auth is None else None
        if standing is None:
            return self.add_session(puppet, **parameters)
        puppet.local, puppet.peer, puppet.spec = standing.peer, standing.local, standing
        self.specs.append(standing)
        self.command(self.node.remove_session, standing)  # an earlier case may have failed to undo its changes
        return standing

    def remove_session(self, spec: SessionSpec) -> None:
        """Have the target forget a session; the runner does so with all that are left at the end of a case. Raises
        Unsupported where sessions are configured by hand."""
        if spec in self.node.configured:
            raise Unsupported(f"needs to remove a session, and {spec.name} was configured by hand")
        self.command(self.node.remove_session, spec)
        self.specs.remove(spec)

    def deconfigure(self, spec: SessionSpec) -> Mark:
        """Have the target deconfigure a session, with the leave that it takes of its far end. Returns the moment
        before. Raises Unsupported where sessions are configured by hand."""
        if spec in self.node.configured:
            raise Unsupported(f"needs to deconfigure a session, and {spec.name} was configured by hand")
        return self.command(self.node.deconfigure, spec)

    def command(self, verb: Callable[..., object], *arguments: Any, **options: Any) -> Mark:
        """Tell the target something; the link lives on meanwhile. Returns the moment, from which `expect` counts its
        time when the verb is through, and `expect_never` when it began. NodeError becomes Inconclusive: a daemon that
        refuses its own configuration says nothing about the RFC. LackError becomes Unsupported."""
        refusal = self.attempt(verb, *arguments, **options)
        if refusal:
            raise Inconclusive(f"the target could not be told: {refusal}")
        return self._stimulus

    def attempt(self, verb: Callable[..., object], *arguments: Any, **options: Any) -> str:
        """Tell the target something that it may rightly refuse. Returns its refusal, "" for none."""
        start = self.mark()
        refusal = ""
        try:
            if self._pool is None:
                verb(*arguments, **options)
            else:
                done = self._pool.submit(verb, *arguments, **options)
                while not done.done():
                    self._pump(self.wire.now() + 5_000)
                done.result()
        except LackError as error:
            raise Unsupported(str(error)) from error
        except NodeError as error:
            refusal = str(error)
        self._stimulus = replace(start, until_us=self.wire.now())
        return refusal

    def begin(self) -> None:
        """Let the case begin here, as if its session had just been added: what the target said so far is about
        something else. Where the case has another session already, it has begun with that one."""
        self._stimulus = self.mark()
        if len(self.specs) == 1:
            self.origin = self._stimulus

    def evidence_of_lack(self, capability: Capability) -> str:
        """Have the target tried for what it declares to lack; its refusal in one line. Inconclusive where it obeys."""
        found: list[str] = []
        self.command(lambda: found.append(self.node.check_lack(capability, any_spec(self.wire.links[0]))))
        return found[0]

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

    # ------------------------------------------------------------------ judging

    def expect(
        self,
        match: Match,
        *,
        within_us: int,
        after: Seen | Mark | None = None,
        requirement: str | None = None,
        puppet: Puppet | None = None,
    ) -> Seen:
        """The first packet of the target that matches, within a time after `after` (the last stimulus)."""
        return self.expect_one_of(
            Accept(match), within_us=within_us, after=after, requirement=requirement, puppet=puppet
        )

    def expect_one_of(
        self,
        *accepted: Accept,
        within_us: int,
        after: Seen | Mark | None = None,
        requirement: str | None = None,
        puppet: Puppet | None = None,
    ) -> Seen:
        """The first packet of the target that is any of the permitted outcomes; the alternative seen is remembered."""
        start, judged_by = after or self._stimulus, self._judge(requirement)
        found = self.find(start, within_us, puppet, [each.match for each in accepted])
        if found is not None:
            seen, number = found
            if accepted[number].alternative:
                self.alternatives.append(accepted[number].alternative)
            return seen
        came = self._of(self.from_target(start), puppet)
        wanted = " or ".join(str(each.match) for each in accepted)
        raise Violation(
            judged_by, f"{wanted} within {milliseconds(within_us)}", _what_came(came, accepted[0].match), _frames(came)
        )

    def expect_never(
        self,
        match: Match,
        *,
        for_us: int,
        after: Seen | Mark | None = None,
        requirement: str | None = None,
        puppet: Puppet | None = None,
        because: str = "",
    ) -> list[Seen]:
        """Wait until `for_us` after `after` and see no packet of the target that matches. Returns what was seen.

        Silence alone proves little: let a sentinel follow, or look at what the returned packets say."""
        start, judged_by = after or self._stimulus, self._judge(requirement)
        self.until(_time(start) + for_us)
        came = self._of(self.from_target(start, _time(start) + for_us + 1), puppet)
        offenders = [seen for seen in came if match(seen)]
        if offenders:
            expected = f"never {match}" + (f", {because}" if because else "")
            raise Violation(judged_by, expected, in_words(offenders[0]), _frames(offenders))
        return came

    def check(
        self,
        holds: bool,
        *,
        expected: str,
        actual: str,
        frames: Sequence[Seen | SeenEcho] = (),
        requirement: str | None = None,
    ) -> None:
        """Judge something that the case computed itself."""
        judged_by = self._judge(requirement)
        if not holds:
            raise Violation(judged_by, expected, actual, _frames(frames))

    def tolerance_for(self, judged_us: int, *, since: Seen | Mark | None = None, until: Seen | None = None) -> int:
        """The tolerance to be added to a permitted time of `judged_us`, from the tester's lateness between two moments
        (the whole case). Raises Inconclusive when it is too coarse."""
        tolerance = self.tolerance_between(since, until)
        if tolerance > judged_us * oracle.TOO_COARSE:
            raise Inconclusive(
                f"the tester itself was too late to judge {milliseconds(judged_us)}: "
                f"a tolerance of {milliseconds(tolerance)} would be needed"
            )
        return tolerance

    def tolerance_between(
        self, since: Seen | SeenEcho | Mark | None = None, until: Seen | SeenEcho | None = None
    ) -> int:
        """The tolerance that the tester's lateness between two moments calls for, however coarse."""
        return oracle.tolerance_us(
            real=self.wire.real,
            lateness=oracle.lateness_between(
                self.wire.lateness(),
                None if since is None else since.time_us,
                None if until is None else until.time_us,
            ),
        )

    def measure(self, name: str, values_us: Sequence[int], permitted: str) -> None:
        """Keep measured times for the report."""
        values = sorted(value / 1000 for value in values_us)
        self.measurements.append(
            Measurement(
                name=name,
                unit="ms",
                minimum=values[0],
                median=values[len(values) // 2],
                maximum=values[-1],
                count=len(values),
                permitted=permitted,
            )
        )

    def wait(
        self, match: Match, *, within_us: int, after: Seen | Mark | None = None, what: str, puppet: Puppet
    ) -> Seen:
        """A packet that a case needs before it can judge anything. Raises Inconclusive when it does not come."""
        start = after or self._stimulus
        found = self.find(start, within_us, puppet, [match])
        if found is not None:
            return found[0]
        came = self._of(self.from_target(start), puppet)
        raise Inconclusive(
            f"{what}: {match} did not come within {milliseconds(within_us)}; seen {_what_came(came, match)}"
        )

    def close(self) -> None:
        """End the case: no more threads, no more sockets."""
        if self._pool is not None:
            self._pool.shutdown(wait=True)
        self.wire.close()

    # ------------------------------------------------------------------ underneath

    def _judge(self, requirement: str | None) -> str:
        judged_by = requirement or self.requirements[0]
        if judged_by not in self.requirements:
            raise ValueError(f"the case judges {judged_by}, but does not claim it")
        self.judged.add(judged_by)
        return judged_by

    def find(
        self, start: Seen | Mark, within_us: int, puppet: Puppet | None, matches: Sequence[Match]
    ) -> tuple[Seen, int] | None:
        """The first packet of the target that fits one of `matches`, and which; None when the time is up. Judges
        nothing: where an absent packet means something, `expect` or `wait` is the verb."""
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
        if is_of_another(datagram, self.node.configured, self.specs):
            return None  # it is in the capture, and no case has to know of it
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


def any_spec(link: Link) -> SessionSpec:
    """A session by which a lack can be tried."""
    family = min(link.tester_addresses)
    return SessionSpec(
        name=f"lack-{link.target_interface}",
        peer=link.tester_addresses[family],
        local=link.target_addresses[family],
        interface=link.target_interface,
    )


def _belongs(seen: Seen, puppet: Puppet | None) -> bool:
    return puppet is None or puppet.is_from_target(seen)


def _time(moment: Seen | Mark) -> int:
    return moment.time_us


def _end(moment: Seen | Mark) -> int:
    return max(moment.time_us, moment.until_us) if isinstance(moment, Mark) else moment.time_us


def _frames(packets: Sequence[Seen | SeenEcho]) -> list[int]:
    return [seen.frame for seen in packets[:20]]


def _what_came(came: Sequence[Seen], wanted: Match) -> str:
    if not came:
        return "no packet from the target"
    last = came[-1]
    difference = wanted.difference(last)
    return f"{len(came)} other packet(s), the last one (frame {last.frame}) with {difference or in_words(last)}"
