"""The built-in reference on the virtual clock: each case gets a system of its own, in this process, in no time."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from random import Random

from conformance.bench.verdicts import Inconclusive
from conformance.bench.wire import Arrival, Late, Link
from conformance.targets.target import Lease
from refimpl import __version__
from refimpl.core.auth.config import AuthConfig
from refimpl.core.constants import AuthType, Diag
from refimpl.core.demux import SessionTable
from refimpl.core.procedures import RFC5880, Procedures
from refimpl.core.profile import Profile, SessionConfig
from refimpl.core.session import Session
from refimpl.profiles.rfc5881 import SINGLE_HOP
from refimpl.profiles.rfc5883 import MULTI_HOP, UNIDIRECTIONAL_RECEIVER, UNIDIRECTIONAL_SENDER
from refimpl.runtime.clock import VirtualClock
from refimpl.runtime.link import LinkEnd, connect
from refimpl.runtime.virtual import EngineFlaws, VirtualEngine, VirtualInterface
from topologies.node import AuthSpec, Capability, NodeError, SessionSpec, SessionView
from topologies.nodes.plain import PlainNode

LINKS = tuple(
    Link(
        tester_interface=f"tester{number}",
        target_interface=f"target{number}",
        tester_mac=f"02:00:00:00:{number:02}:01",
        target_mac=f"02:00:00:00:{number:02}:02",
        tester_addresses={4: f"192.0.2.{16 * number + 1}", 6: f"{prefix}::1"},
        target_addresses={4: f"192.0.2.{16 * number + 2}", 6: f"{prefix}::2"},
    )
    for number, prefix in enumerate(("2001:db8", "2001:db8:0:1"))
)

EPOCH_US = 1_767_225_600_000_000
"""Virtual time starts at 2026-01-01 00:00 UTC, so that captures have a date and are the same in every run."""

PROFILES: Mapping[str, Profile] = {
    profile.name: profile for profile in (SINGLE_HOP, MULTI_HOP, UNIDIRECTIONAL_SENDER, UNIDIRECTIONAL_RECEIVER)
}


EVENTS = 10_000
"""How many frames and timers one case may cause; the longest one needs some 400."""


class BoundedClock(VirtualClock):
    """A virtual clock that ends a case which goes on without end: a speaker that sends at no interval, for one, would
    otherwise keep simulated time where it is for ever."""

    _events = 0

    def call_at(self, when: int, callback: Callable[[], None]) -> None:
        """As the clock's. Raises Inconclusive after EVENTS calls."""
        self._events += 1
        if self._events > EVENTS:
            raise Inconclusive(f"more than {EVENTS:,} frames and timers on the virtual link: the case has no end")
        super().call_at(when, callback)

    def refill(self) -> None:
        """Another case may cause as much."""
        self._events = 0


class VirtualWire:
    """The tester's ends of simulated links; waiting moves the clock."""

    real = False

    def __init__(self, clock: BoundedClock, ends: Sequence[LinkEnd]) -> None:
        self.links = LINKS[: len(ends)]
        self._clock = clock
        self._ends = ends
        self._arrivals: deque[Arrival] = deque()
        for number, end in enumerate(ends):
            end.deliver = partial(self._deliver, number)

    def now(self) -> int:
        """Virtual time, microseconds."""
        return self._clock.now

    def send(self, frame: bytes, link: int = 0) -> None:
        """Put a frame on a link."""
        self._arrivals.append(Arrival(frame, self._clock.now * 1000, sent=True, link=link))
        self._ends[link].send(frame)

    def receive(self, until: int) -> Arrival | None:
        """The next frame, moving the clock as far as `until`."""
        while not self._arrivals:
            if not self._clock.step(until):
                return None
        return self._arrivals.popleft()

    def lateness(self) -> list[Late]:
        """Nobody is late in simulated time."""
        return []

    def trouble(self) -> str:
        """Simulated time has none."""
        return ""

    def close(self) -> None:
        """Nothing to release; another case may follow on the same links."""
        self._clock.refill()

    def _deliver(self, link: int, frame: bytes) -> None:
        self._arrivals.append(Arrival(frame, self._clock.now * 1000, sent=False, link=link))


class ReferenceNode(PlainNode):
    """The reference's sessions behind the verbs of a lab node."""

    name = "reference"
    version = __version__
    lacks: Mapping[Capability, str] = {}

    def __init__(self, engine: VirtualEngine, clock: VirtualClock, profiles: Mapping[str, Profile]) -> None:
        self._engine = engine
        self._profiles = profiles
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._specs: dict[str, SessionSpec] = {}
        self._clients: dict[str, set[str]] = {}

    def add_session(self, spec: SessionSpec) -> None:
        """Create a session."""
        config = SessionConfig(
            peer=spec.peer,
            local=spec.local,
            interface=spec.interface,
            desired_min_tx_us=spec.desired_min_tx_us,
            required_min_rx_us=spec.required_min_rx_us,
            detect_mult=spec.detect_mult,
            passive=spec.passive,
            demand=spec.demand,
            control_plane_independent=spec.control_plane_independent,
            point_to_point=spec.point_to_point,
            dscp=spec.dscp,
            local_discr=spec.local_discr,
            remote_discr=spec.remote_discr,
            required_min_echo_rx_us=spec.required_min_echo_rx_us,
            desired_min_echo_tx_us=spec.desired_min_echo_tx_us,
            padded_pdu_size=spec.padded_pdu_size,
            auth=None if spec.auth is None else _auth_config(spec.auth),
        )
        if self.identity(spec) in {self.identity(other) for other in self._specs.values()}:
            raise NodeError(f"reference: add_session {spec.name}: there is a session for this path")
        self._sessions[spec.name] = self._engine.add(config, self._profiles[spec.kind])
        self._specs[spec.name], self._clients[spec.name] = spec, {""}

    def remove_session(self, spec: SessionSpec) -> None:
        """Delete a session."""
        session = self._sessions.pop(spec.name, None)
        if session is not None:
            self._engine.remove(session)
            del self._specs[spec.name], self._clients[spec.name]

    def share_session(self, spec: SessionSpec, client: str) -> None:
        """One more client of the session."""
        self._clients[spec.name].add(client)

    def withdraw_client(self, spec: SessionSpec, client: str = "") -> None:
        """One client less; the session goes with the last one."""
        self._clients[spec.name].remove(client)
        if not self._clients[spec.name]:
            self.remove_session(spec)

    def identity(self, spec: SessionSpec) -> tuple[object, ...]:
        """What no two sessions have in common, because a first packet finds its session by it."""
        by_pair = spec.kind == "multi_hop"
        return spec.kind, spec.peer, spec.local if by_pair else spec.interface, spec.dscp

    def set_timers(
        self,
        spec: SessionSpec,
        *,
        desired_min_tx_us: int | None = None,
        required_min_rx_us: int | None = None,
        detect_mult: int | None = None,
    ) -> None:
        """Change parameters in one step."""
        session, now = self._sessions[spec.name], self._clock.now
        outputs = session.set_timers(
            now, desired_min_tx_us=desired_min_tx_us, required_min_rx_us=required_min_rx_us, detect_mult=detect_mult
        )
        self._engine.perform(session, outputs)

    def set_admin(self, spec: SessionSpec, *, enabled: bool) -> None:
        """Enable or disable a session."""
        session, now = self._sessions[spec.name], self._clock.now
        self._engine.perform(session, session.enable(now) if enabled else session.disable(now))

    def set_demand(self, spec: SessionSpec, *, enabled: bool) -> None:
        """Ask for Demand mode, or stop asking."""
        session = self._sessions[spec.name]
        self._engine.perform(session, session.set_demand(self._clock.now, enabled))

    def verify(self, spec: SessionSpec) -> None:
        """Have the session verify connectivity. Raises NodeError unless Up."""
        session = self._sessions[spec.name]
        try:
            outputs = session.verify(self._clock.now)
        except ValueError as error:
            raise NodeError(f"reference: verify {spec.name}: {error}") from error
        self._engine.perform(session, outputs)

    def set_path_down(self, spec: SessionSpec, diag: int) -> None:
        """Report a failure of the concatenated path, or that it is over. Raises NodeError for a failure unless Up."""
        session = self._sessions[spec.name]
        try:
            outputs = session.report_path(self._clock.now, Diag(diag))
        except ValueError as error:
            raise NodeError(f"reference: set_path_down {spec.name}: {error}") from error
        self._engine.perform(session, outputs)

    def reset_forwarding(self, spec: SessionSpec) -> None:
        """Report a reset of the forwarding plane."""
        session = self._sessions[spec.name]
        self._engine.perform(session, session.reset_forwarding(self._clock.now))

    def set_congested(self, spec: SessionSpec, *, congested: bool) -> None:
        """Report congestion, or that it is over."""
        session, now = self._sessions[spec.name], self._clock.now
        self._engine.perform(session, session.congested(now) if congested else session.congestion_over(now))

    def deconfigure(self, spec: SessionSpec) -> None:
        """Delete the session once its far end must have heard of AdminDown."""
        over = self._clock.now + self._sessions[spec.name].detection_time_over_there
        self.set_admin(spec, enabled=False)
        self._clock.call_at(over, lambda: self.remove_session(spec))

    def set_echo(
        self,
        spec: SessionSpec,
        *,
        required_min_echo_rx_us: int | None = None,
        desired_min_echo_tx_us: int | None = None,
    ) -> None:
        """Change what is done with Echo packets."""
        session, now = self._sessions[spec.name], self._clock.now
        try:
            outputs = session.set_echo(
                now, required_min_echo_rx_us=required_min_echo_rx_us, desired_min_echo_tx_us=desired_min_echo_tx_us
            )
        except ValueError as error:
            raise NodeError(f"reference: set_echo {spec.name}: {error}") from error
        self._engine.perform(session, outputs)

    def set_keys(self, spec: SessionSpec, auth: AuthSpec) -> None:
        """Other keys, or another one to send with."""
        try:
            self._sessions[spec.name].change_keys(_auth_config(auth))
        except ValueError as error:
            raise NodeError(f"reference: {error}") from error

    def show(self, spec: SessionSpec) -> SessionView:
        """The session's own view."""
        session = self._sessions.get(spec.name)
        if session is None:
            return SessionView("absent")
        return SessionView(session.state.name.lower(), session.variables.local_diag)

    def check_lack(self, capability: Capability, spec: SessionSpec) -> str:
        """The reference declares no lack, so there is none to check."""
        raise NodeError(f"reference: {capability} is not declared as lacking")


def _auth_config(auth: AuthSpec) -> AuthConfig:
    return AuthConfig(AuthType(auth.type), {key.id: key.secret for key in auth.keys}, auth.send)


class ReferenceTarget:
    """The reference, or a speaker that departs from it in `procedures` or `flaws` (see conformance.deviants)."""

    name = "reference"
    version = __version__
    description = "the built-in reference speaker, in process, on the virtual clock"
    real = False

    def __init__(
        self,
        procedures: Procedures = RFC5880,
        flaws: EngineFlaws | None = None,
        profiles: Mapping[str, Profile] = PROFILES,
        *,
        session: type[Session] = Session,
        table: type[SessionTable] = SessionTable,
        node: type[ReferenceNode] = ReferenceNode,
    ) -> None:
        self._session = session
        self._table = table
        self._node = node
        self._procedures = procedures
        self._profiles = profiles
        self._flaws = flaws or EngineFlaws()

    @property
    def lacks(self) -> dict[str, str]:
        """Nothing."""
        return {}

    def lease(self, rng: Random, links: int = 1) -> Lease:
        """A new system with addresses on new links."""
        clock = BoundedClock(EPOCH_US)
        laid = [connect(clock, Random(rng.random())) for _ in range(links)]
        interfaces = [
            VirtualInterface(
                name=link.target_interface,
                end=target,
                mac=link.target_mac,
                neighbour_mac=link.tester_mac,
                addresses=(*link.target_addresses.values(), link.target_link_local),
            )
            for link, (_, target) in zip(LINKS, laid, strict=False)
        ]
        engine = VirtualEngine(
            clock,
            interfaces,
            rng=Random(rng.random()),
            procedures=self._procedures,
            flaws=self._flaws,
            table=self._table,
            kind=self._session,
        )
        return Lease(VirtualWire(clock, [tester for tester, _ in laid]), self._node(engine, clock, self._profiles))
