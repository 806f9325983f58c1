"""What packets and time make of a session: the procedures of RFC 5880 composed over its state variables.

Received packets and a timer drive it from here, the operator by the verbs of `refimpl.core.session`. Each call takes
`now` (integer microseconds on a scale that never goes back) and returns outputs to be performed in order;
`next_deadline` says when `on_timer` wants to be called next. Same inputs and same random generator, same outputs.

The one writer of each fact is here, too; whatever happens, packet, timer or verb, goes through it.
"""

from random import Random
from typing import ClassVar

from refimpl.core import deadlines, demand
from refimpl.core.auth.authenticator import Authenticator
from refimpl.core.auth.config import AuthConfig
from refimpl.core.auth.transmission import Encode
from refimpl.core.congestion import Backoff
from refimpl.core.constants import INITIAL_REMOTE_MIN_RX_US, Diag, State
from refimpl.core.echo import EchoPacket, EchoStream
from refimpl.core.fsm import RECEIVED, Event
from refimpl.core.outputs import (
    Discarded,
    DiscardReason,
    Output,
    PollEnded,
    PollStarted,
    RemoteForgotten,
    Slowed,
    StateChanged,
    Transmit,
    TransmitEcho,
    Why,
)
from refimpl.core.packet import ControlPacket, Meta
from refimpl.core.procedures import RFC5880, Procedures
from refimpl.core.profile import Profile, SessionConfig
from refimpl.core.reception import judge_session
from refimpl.core.steady import Counters
from refimpl.core.variables import StateVariables


class Machine:
    """A session of `profile` as configured, without its operator.

    `local_discr` is 1 to 2**32-1 and unique on this system (6.3).
    `encode` makes the bytes of a packet; raises ValueError where authentication is configured without it.
    """

    authenticator: ClassVar[type[Authenticator]] = Authenticator
    """Who signs and verifies (6.7)."""

    def __init__(
        self,
        config: SessionConfig,
        profile: Profile,
        *,
        local_discr: int,
        rng: Random,
        now: int,
        procedures: Procedures = RFC5880,
        encode: Encode | None = None,
    ) -> None:
        self.config = config
        self.profile = profile
        self.passive = config.passive if profile.passive is None else profile.passive
        self.counters = Counters()
        self.poll = procedures.poll_sequence()
        self.backoff = Backoff()
        self.held_down = False
        self._procedures = procedures
        self._rows = procedures.after_selection + profile.rows
        self._rng = rng
        self._times = deadlines.Times(created=now, draw=rng.random())
        # What the operator wants, as the verbs wrote it; announced when state and Poll Sequence allow it (6.8.3).
        self._wanted_tx = config.desired_min_tx_us
        self._wanted_rx = config.required_min_rx_us
        self._wanted_mult = config.detect_mult
        self._wanted_demand = config.demand
        self._wanted_proof = False  # of connectivity, by a Poll Sequence
        first_tx = max(config.desired_min_tx_us, procedures.slow_interval_us)
        self.variables = StateVariables(
            local_discr=local_discr,
            desired_min_tx_interval_us=first_tx,
            required_min_rx_interval_us=config.required_min_rx_us,
            detect_mult=config.detect_mult,
            control_plane_independent=config.control_plane_independent,
            desired_min_tx_in_force_us=first_tx,
            required_min_rx_in_force_us=config.required_min_rx_us,
            remote_discr=config.remote_discr,
        )
        self._echo = EchoStream(local_discr, rng)
        self._want_echo(config.required_min_echo_rx_us, config.desired_min_echo_tx_us)
        self._authenticator = self._authentication(config.auth, encode)
        self._last_sent: ControlPacket | None = None  # before it was signed
        self._polled: ControlPacket | None = None  # the first packet of the Poll Sequence
        self._told: ControlPacket | None = None  # what the remote system knows of us, as far as 6.6 asks
        self._last_accepted: tuple[ControlPacket, Meta] | None = None

    @property
    def state(self) -> State:
        """bfd.SessionState."""
        return self.variables.session_state

    # ------------------------------------------------------------------ what drives a session

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        """A packet that was selected for this session (6.8.6, after the selection)."""
        v = self.variables
        outputs: list[Output] = []
        # The Detection Time may have passed before this packet came, though nobody called the timer in between.
        self._expire(now, outputs)
        discarded = judge_session(self._rows, packet, meta, v)
        if discarded is None and self._authenticator is not None:
            discarded = self._authenticator.receive(packet, meta)
        if discarded is not None:
            self.counters.discarded += 1
            outputs.append(discarded)
            self._tell_change(now, outputs)
            return outputs
        self._times.last_valid = now
        self._procedures.learn(v, packet)
        if self.poll.received(now, final=packet.final, demand=demand.in_use(v)):
            self._finish_poll(outputs)
        if v.session_state is State.ADMIN_DOWN:
            self.counters.discarded += 1
            return [*outputs, Discarded(DiscardReason.ADMIN_DOWN, "6.8.6")]
        if not (self.held_down and v.session_state is State.DOWN):
            self._move(RECEIVED[packet.state], outputs)
        self._announce(outputs)
        if packet.poll:
            self._transmit(Why.FINAL, now, outputs)
        self._times.last_rx = now
        self._last_accepted = (packet, meta)
        self.counters.received += 1
        self._tell_change(now, outputs)
        return outputs

    def receive_echo(self, packet: EchoPacket, now: int) -> list[Output]:
        """An Echo packet with this session's discriminator came back (6.8.8). `now` is here for uniformity's sake."""
        if self._echo.came_back(packet):
            self.counters.echo_received += 1
            return []
        self.counters.discarded += 1
        return [Discarded(DiscardReason.ECHO_UNKNOWN, "6.8.8")]

    def on_timer(self, now: int) -> list[Output]:
        """Do what is due at `now`; harmless when nothing is."""
        outputs: list[Output] = []
        self._expire(now, outputs)
        self._send_echo(now, outputs)
        due = self._next_transmission()
        if due is not None and now >= due:
            self._transmit(Why.PERIODIC, now, outputs)
        self._tell_change(now, outputs)
        return outputs

    # ------------------------------------------------------------------ when what is due (`deadlines`)

    def next_deadline(self) -> int | None:
        """When `on_timer` has to be called next, or None when only a packet or the operator can move the session."""
        settled = self.poll.settles_at if self.poll.settling and demand.in_use(self.variables) else None
        due = (
            self._next_transmission(),
            self._expiry(),
            self._forgetting(),
            self._losing_sequence(),
            self._next_echo(),
            settled,
            self.backoff.deadline(),
        )
        return min((deadline for deadline in due if deadline is not None), default=None)

    def _next_transmission(self) -> int | None:
        v, polling = self.variables, self.poll.active
        return deadlines.next_transmission(v, self._procedures, self._times, polling=polling, passive=self.passive)

    def _silence(self, heard: int | None) -> deadlines.Silence | None:
        return deadlines.silence(self.variables, self._procedures, heard, self.poll.first_sent)

    def _expiry(self) -> int | None:
        return deadlines.expiry(self.variables, self._silence(self._times.last_rx))

    def _forgetting(self) -> int | None:
        return deadlines.forgetting(self.variables, self._silence(self._times.last_valid), self.config.remote_discr)

    def _losing_sequence(self) -> int | None:
        return deadlines.losing_sequence(self.variables, self._silence(self._times.last_valid))

    def _next_echo(self) -> int | None:
        return deadlines.next_echo(self.variables, self._procedures, self._times, self._echo)

    # ------------------------------------------------------------------ one writer per fact

    def _want_echo(self, required_min_rx_us: int, desired_min_tx_us: int) -> None:
        """The only writer of both intervals of the Echo function that are ours; zero where there is none."""
        if self.profile.echo_port is not None:
            self.variables.required_min_echo_rx_interval_us = required_min_rx_us
            self.variables.desired_min_echo_tx_interval_us = desired_min_tx_us

    def _send_echo(self, now: int, outputs: list[Output]) -> None:
        """The Echo packet that is due, unless too many are missing for that: then the session is Down (6.8.5)."""
        due = self._next_echo()
        if due is None or now < due:
            return
        if self._procedures.echo_failed(self._echo.missing, self.variables):
            self._move(Event.ECHO_FAILED, outputs)
            self._announce(outputs)
            return
        self.counters.echo_transmitted += 1
        outputs.append(TransmitEcho(self._echo.send(now)))

    def _authentication(self, config: AuthConfig | None, encode: Encode | None) -> Authenticator | None:
        if config is None:
            return None
        if encode is None:
            raise ValueError("a session with authentication needs an encoder of packets")
        rows = self._procedures.authentication
        return self.authenticator(config, self.variables, rows=rows, encode=encode, rng=self._rng)

    def _expire(self, now: int, outputs: list[Output]) -> None:
        """Whatever a Detection Time of silence brings about by `now`."""
        if demand.in_use(self.variables):
            self.poll.settle(now)
        expiry, forgetting, losing = self._expiry(), self._forgetting(), self._losing_sequence()
        if expiry is not None and now >= expiry:
            failed = self.state is State.UP
            self._move(Event.DETECTION_TIME_EXPIRED, outputs)
            if failed and self.profile.failure_means_congestion:
                self._hold_back(self.backoff.sign(now), outputs)
        self._hold_back(self.backoff.relieve(now), outputs)
        if forgetting is not None and now >= forgetting:
            # What was signalled outside BFD stays known: zero is never sent then (RFC 5883 section 4.2).
            self.variables.remote_discr = self.config.remote_discr
            self.variables.remote_min_rx_interval_us = INITIAL_REMOTE_MIN_RX_US
            outputs.append(RemoteForgotten())
        if losing is not None and now >= losing:
            self.variables.auth_seq_known = False
        self._announce(outputs)

    def _move(self, event: Event, outputs: list[Output], diag: Diag | None = None) -> None:
        """The only writer of bfd.SessionState and bfd.LocalDiag."""
        v = self.variables
        row = self._procedures.fsm[v.session_state, event]
        old, v.session_state = v.session_state, row.state
        if row.diag is not None:
            v.local_diag = row.diag if diag is None else diag
        if row.state is not old:
            outputs.append(StateChanged(old, row.state, v.local_diag, event.value, row.clause))

    def _announce(self, outputs: list[Output]) -> None:
        """The only caller of the announcement, and the only writer of bfd.DetectMult and bfd.DemandMode: what is
        wanted, the slow rate unless Up, no Demand mode unless both are Up, and one Poll Sequence at a time."""
        v, rules = self.variables, self._procedures
        tx, rx = self.backoff.slowed(self._wanted_tx), self.backoff.slowed(self._wanted_rx)
        mult, asks = self._wanted_mult, self._wanted_demand
        if not rules.may_echo(v):
            self._echo.stop()
        elif rx != 0:  # zero asks for fewer packets still, namely none
            rx = max(rx, rules.sedate_rx_us)
        if not self.poll.idle:
            # A change now would be spread over a Poll Sequence that is about another one (6.8.3): it waits.
            tx, rx, asks = v.desired_min_tx_interval_us, v.required_min_rx_interval_us, v.demand_mode
            mult = v.detect_mult if demand.in_use(v) else mult
        if v.session_state is not State.UP:
            # The slow rate is a MUST of its own and waits for nobody's Final; nor does anything in force.
            tx = max(tx, rules.slow_interval_us)
            v.desired_min_tx_in_force_us = v.desired_min_tx_interval_us
            v.required_min_rx_in_force_us = v.required_min_rx_interval_us
            v.demand_in_force = self._wanted_proof = False
        asks = asks and rules.demand_may_be_active(v)
        retimed = (tx, rx) != (v.desired_min_tx_interval_us, v.required_min_rx_interval_us)
        changed = retimed or asks != v.demand_mode
        if retimed:
            rules.announce(v, tx, rx)
        v.detect_mult, v.demand_mode = mult, asks
        v.demand_in_force = v.demand_in_force or asks
        if changed or (self.poll.idle and (self._wanted_proof or self._has_news())):
            self._wanted_proof = False
            self.poll.start()
            outputs.append(PollStarted())

    def _has_news(self) -> bool:
        """Is there anything that the remote system was not told, while Demand mode is in use? The only place that
        decides about 6.6's Poll Sequence for contents that change, whatever changed them."""
        v = self.variables
        if self._told is None or not demand.in_use(v):
            return False
        return self._procedures.contents_differ(self._told, self._procedures.compose(v, poll=False, final=False))

    def _hold_back(self, changed: bool, outputs: list[Output]) -> None:
        if changed:
            outputs.append(Slowed(self.backoff.factor))
            self._announce(outputs)

    def _finish_poll(self, outputs: list[Output]) -> None:
        v = self.variables
        v.desired_min_tx_in_force_us = v.desired_min_tx_interval_us
        v.required_min_rx_in_force_us = v.required_min_rx_interval_us
        v.demand_in_force = v.demand_mode
        self._told = self._polled
        outputs.append(PollEnded())

    def _tell_change(self, now: int, outputs: list[Output]) -> None:
        """Between two periodic packets, send one when state or diagnostic changed since the last packet (6.8.7,
        SHOULD).

        Interval changes do not count: their Poll Sequence must ride on the scheduled packets (6.5).
        """
        v, sent = self.variables, self._last_sent
        if sent is None or (sent.state, sent.diag) == (v.session_state, v.local_diag):
            return
        if v.remote_demand_active:
            return  # 6.6 tells it by a Poll Sequence
        if self._procedures.may_transmit(v, passive=self.passive):
            self._transmit(Why.CHANGE, now, outputs)

    def _transmit(self, why: Why, now: int, outputs: list[Output]) -> None:
        poll = self.poll.active and why is Why.PERIODIC
        packet = self._procedures.compose(self.variables, poll=poll, final=why is Why.FINAL)
        self._last_sent = packet
        if not demand.in_use(self.variables):
            self._told = packet
        if poll:
            self._polled = self._polled if self.poll.asked else packet
            self.poll.transmitted(now)
        if self._authenticator is not None:
            packet = self._authenticator.sign(packet)
        self.counters.transmitted += 1
        if why is not Why.FINAL:  # a Final is sent without respect to the transmission timer
            self._times.last_tx, self._times.draw = now, self._rng.random()
        outputs.append(Transmit(packet, why))
