"""The bench: the verbs of which cases are made. Every verb that waits either delivers or raises; none returns a
boolean.

What happens on the link is below, in `traffic`; here is what the target is told, and what is judged.

Each verb that judges names the requirement it judges by (the case's first one unless told otherwise). A case that ends
without having judged every requirement it claims is not a PASS.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from conformance.bench import oracle
from conformance.bench.echo import SeenEcho
from conformance.bench.match import Match
from conformance.bench.packets import Seen, in_words, milliseconds
from conformance.bench.puppet import Puppet
from conformance.bench.signing import CIRCLE, SCHEMES, Signer
from conformance.bench.standing import is_of_another, serving
from conformance.bench.traffic import Mark, Recorder, Traffic
from conformance.bench.verdicts import Inconclusive, Unsupported, Violation
from conformance.bench.wire import Link, Wire
from refimpl.wire.frames import Datagram
from reports.model import Measurement
from topologies.node import Capability, LackError, Node, NodeError, SessionSpec

__all__ = ["PROMPT_US", "Accept", "Bench", "Mark", "any_spec"]

PROMPT_US = 500_000
"""How long "as soon as practicable" may take (RFC 5880 section 6.8.7 gives no number; a human eye would call it
slow)."""


@dataclass(frozen=True, slots=True)
class Accept:
    """A permitted outcome. `alternative`, if given, says that it is not the usual one, and which clause permits it."""

    match: Match
    alternative: str = ""


class Bench(Traffic):
    """A target, the traffic with it, and what a case made of both. `requirements` are the ids the case claims."""

    def __init__(self, wire: Wire, node: Node, recorder: Recorder, *, requirements: Sequence[str], rng: Random) -> None:
        super().__init__(wire, recorder, rng, ignores=self._is_of_another)
        self.node = node
        self.requirements = tuple(requirements)
        self.judged: set[str] = set()
        self.alternatives: list[str] = []
        self.notes: list[str] = []
        self.measurements: list[Measurement] = []
        self.specs: list[SessionSpec] = []
        self.origin = self._stimulus
        self._pool = ThreadPoolExecutor(max_workers=1) if wire.real else None

    # ------------------------------------------------------------------ what the target is told

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

    def _is_of_another(self, datagram: Datagram) -> bool:
        """Is it of a session that was configured by hand, and that this case does not use?"""
        return is_of_another(datagram, self.node.configured, self.specs)


def any_spec(link: Link) -> SessionSpec:
    """A session by which a lack can be tried."""
    family = min(link.tester_addresses)
    return SessionSpec(
        name=f"lack-{link.target_interface}",
        peer=link.tester_addresses[family],
        local=link.target_addresses[family],
        interface=link.target_interface,
    )


def _time(moment: Seen | Mark) -> int:
    return moment.time_us


def _frames(packets: Sequence[Seen | SeenEcho]) -> list[int]:
    return [seen.frame for seen in packets[:20]]


def _what_came(came: Sequence[Seen], wanted: Match) -> str:
    if not came:
        return "no packet from the target"
    last = came[-1]
    difference = wanted.difference(last)
    return f"{len(came)} other packet(s), the last one (frame {last.frame}) with {difference or in_words(last)}"
