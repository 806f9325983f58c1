"""One BFD session: what its operator says to it, what it tells about itself, and what it leaves to an engine.

What packets and time make of it is in `refimpl.core.machine`. A verb notes a wish or reports an event, and returns the
outputs that follow, to be performed in order; `now` is integer microseconds on the machine's scale. No verb writes a
state variable: the machine does that, in one place for each.
"""

from dataclasses import replace

from refimpl.core import concatenated
from refimpl.core.auth.config import AuthConfig
from refimpl.core.constants import Diag, State
from refimpl.core.fsm import Event
from refimpl.core.machine import Machine
from refimpl.core.outputs import Output
from refimpl.core.steady import Steady
from refimpl.core.timing import jitter_range


class Session(Machine):
    """A session of a profile as configured; see `Machine` for the arguments."""

    # ------------------------------------------------------------------ what the operator says

    def set_timers(
        self,
        now: int,
        *,
        desired_min_tx_us: int | None = None,
        required_min_rx_us: int | None = None,
        detect_mult: int | None = None,
    ) -> list[Output]:
        """Change parameters (6.8.3, 6.8.10 to 6.8.12); None leaves one as it is. `now` is here for uniformity's
        sake."""
        outputs: list[Output] = []
        if desired_min_tx_us is not None:
            self._wanted_tx = desired_min_tx_us
        if required_min_rx_us is not None:
            self._wanted_rx = required_min_rx_us
        if detect_mult is not None:
            self._wanted_mult = detect_mult
        self._announce(outputs)
        return outputs

    def set_demand(self, now: int, enabled: bool) -> list[Output]:
        """Ask for Demand mode, or stop asking (6.8.14); it becomes active once both systems are Up."""
        outputs: list[Output] = []
        self._wanted_demand = enabled
        self._announce(outputs)
        return outputs

    def verify(self, now: int) -> list[Output]:
        """Verify connectivity with a Poll Sequence (6.6); one that is under way already does. Raises ValueError for a
        session that is not Up."""
        if self.state is not State.UP:
            raise ValueError(f"the session is {self.state.label}; only one that is Up can be verified")
        outputs: list[Output] = []
        self._wanted_proof = not self.poll.active
        self._announce(outputs)
        return outputs

    def set_echo(
        self, now: int, *, required_min_echo_rx_us: int | None = None, desired_min_echo_tx_us: int | None = None
    ) -> list[Output]:
        """Change what is done with Echo packets (6.8.13): loop them back, or (0) not; send them, or (0) not. None
        leaves one as it is. `now` is here for uniformity's sake. Raises ValueError where the application has no Echo
        function (RFC 5883 section 3)."""
        v, outputs = self.variables, list[Output]()
        if self.profile.echo_port is None and (required_min_echo_rx_us or desired_min_echo_tx_us):
            raise ValueError(f"there is no Echo function in a session of type {self.profile.name}")
        self._want_echo(
            v.required_min_echo_rx_interval_us if required_min_echo_rx_us is None else required_min_echo_rx_us,
            v.desired_min_echo_tx_interval_us if desired_min_echo_tx_us is None else desired_min_echo_tx_us,
        )
        self._announce(outputs)
        return outputs

    def change_keys(self, auth: AuthConfig) -> None:
        """Other keys of the same Auth Type, or another one to send with; the session stays as it is (6.7).

        Raises ValueError for another Auth Type, and where no authentication is in use.
        """
        if self._authenticator is None:
            raise ValueError("no authentication is in use, so there are no keys to change")
        self._authenticator.change_keys(auth)
        self.config = replace(self.config, auth=auth)
        self._last_accepted = None  # the next packet has to show that its key is still one of ours

    def disable(self, now: int, diag: Diag = Diag.ADMINISTRATIVELY_DOWN) -> list[Output]:
        """Hold the session administratively down, `diag` being the appropriate value that 6.8.16 speaks of."""
        outputs: list[Output] = []
        if self.variables.demand_in_force:
            self._times.last_valid = now  # silence meant nothing up to here
        self._move(Event.DISABLE, outputs, diag)
        self._announce(outputs)
        self._tell_change(now, outputs)
        return outputs

    def enable(self, now: int) -> list[Output]:
        """End the administrative down (6.8.16); nothing happens to a session that is not AdminDown."""
        outputs: list[Output] = []
        self._move(Event.ENABLE, outputs)
        self._tell_change(now, outputs)
        return outputs

    def hold_down(self, *, held: bool) -> list[Output]:
        """Keep a session that is Down from coming up, or let it (6.8.18). It goes on sending, and one that is Init or
        Up is left in peace until it falls."""
        self.held_down = held
        return []

    def reset_forwarding(self, now: int) -> list[Output]:
        """The local forwarding plane was reset, and the remote system can no longer rely on it (6.8.15)."""
        outputs: list[Output] = []
        self._move(Event.FORWARDING_PLANE_RESET, outputs)
        self._announce(outputs)
        self._tell_change(now, outputs)
        return outputs

    def report_path(self, now: int, diag: Diag) -> list[Output]:
        """A concatenated path failed (`diag` 6 or 8) or works again (0); the session stays Up (6.8.17).

        Raises ValueError for any other diagnostic, and for a failure reported to a session that is not Up.
        """
        outputs: list[Output] = []
        event = concatenated.event_of(self.variables, diag)
        if event is None:
            return outputs
        self._move(event, outputs, diag)
        self._announce(outputs)  # which polls about it while Demand mode is active
        self._tell_change(now, outputs)
        return outputs

    def congested(self, now: int) -> list[Output]:
        """Something outside saw a sign of congestion: send less, and ask for less (section 7)."""
        outputs: list[Output] = []
        self._hold_back(self.backoff.sign(now), outputs)
        return outputs

    def congestion_over(self, now: int) -> list[Output]:
        """There is no congestion any more: the wanted intervals at once, instead of step by step. `now` is here for
        uniformity's sake."""
        outputs: list[Output] = []
        self._hold_back(self.backoff.end(), outputs)
        return outputs

    # ------------------------------------------------------------------ what a session tells about itself

    @property
    def wants_demand(self) -> bool:
        """Does the operator ask for Demand mode? It need not be active."""
        return self._wanted_demand

    @property
    def detection_time(self) -> int:
        """The Detection Time of the mode that is active (6.8.4), microseconds; 0 before the first packet."""
        v, rules = self.variables, self._procedures
        return rules.demand_detection_time(v) if v.demand_active else rules.detection_time(v)

    @property
    def transmit_interval(self) -> int:
        """The negotiated transmit interval before jitter (6.8.7), microseconds."""
        return self._procedures.transmit_interval(self.variables)

    @property
    def detection_time_over_there(self) -> int:
        """The Detection Time by which the remote system judges us (6.8.4), microseconds; 0 where nobody listens, or
        where it was told of AdminDown before."""
        v = self.variables
        if v.remote_discr == 0 or v.session_state is State.ADMIN_DOWN:
            return 0
        return v.detect_mult * self.transmit_interval

    @property
    def echo_active(self) -> bool:
        """Echo packets are being sent: the session is Up, and the remote system loops them back (6.8)."""
        return self._procedures.may_echo(self.variables)

    @property
    def echo_interval(self) -> int:
        """The interval between Echo packets before jitter (6.8.9), microseconds; of no meaning while none are sent."""
        return self._procedures.echo_interval(self.variables)

    @property
    def loops_echo(self) -> bool:
        """Echo packets of the remote system are looped back, because that is what outgoing packets announce (6.8.7)."""
        return self.variables.required_min_echo_rx_interval_us != 0

    # ------------------------------------------------------------------ the steady state

    def steady(self) -> Steady | None:
        """What an engine may send and accept on its own, or None while anything is pending."""
        v = self.variables
        if v.session_state is not State.UP or not self.poll.idle or self.backoff.level:
            return None
        if self._wanted_demand or v.demand_in_force or v.remote_demand_mode or self.echo_active:
            return None
        if self._last_accepted is None or self._times.last_rx is None or v.remote_min_rx_interval_us == 0:
            return None
        accept, meta = self._last_accepted
        if accept.poll or accept.final or accept.state != State.UP:
            return None
        transmit = self._procedures.compose(v, poll=False, final=False)
        if self._authenticator is not None:
            repeated = self._authenticator.repeated(transmit)
            if repeated is None:
                return None
            transmit = repeated
        shortest, longest = jitter_range(self.transmit_interval, self._procedures.jitter_bounds(v.detect_mult))
        return Steady(
            transmit=transmit,
            accept=accept,
            accept_meta=meta,
            shortest_us=shortest,
            longest_us=longest,
            detection_time_us=self.detection_time,
        )

    def catch_up(self, *, last_tx: int, transmitted: int, last_rx: int, received: int) -> None:
        """Take note of what an engine did while the session was steady: times of the last packets, and how many."""
        if transmitted:
            self._times.last_tx, self._times.draw = last_tx, self._rng.random()
            self.counters.transmitted += transmitted
        if received:
            self._times.last_rx = self._times.last_valid = last_rx
            self.counters.received += received
