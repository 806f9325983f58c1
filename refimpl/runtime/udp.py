"""The `udp` engine: the speaker on an asyncio loop and plain UDP sockets. No root where the ports allow.

Lives here: when to read, when to run timers, which socket a session uses. Must not live here: socket options
(`sockets`), protocol decisions (`refimpl.core`).
"""

import asyncio
from collections.abc import Callable
from random import Random
from socket import AddressFamily

from refimpl.core.demux import SessionTable
from refimpl.core.outputs import Output
from refimpl.core.procedures import RFC5880, Procedures
from refimpl.core.profile import Profile, SessionConfig
from refimpl.core.session import Session
from refimpl.runtime.echo import echo_datagram, is_looped
from refimpl.runtime.echo_port import EchoPort
from refimpl.runtime.sockets import EngineError, Receiver, Transmitter, family_of, monotonic_us
from refimpl.runtime.speaker import Observe, Speaker, ignore
from refimpl.wire.codec import encode
from refimpl.wire.echo import loop_back
from refimpl.wire.frames import dissect

__all__ = ["EngineError", "UdpEngine"]

TransmitProblem = Callable[[Session, str], None]
"""Told when sending begins to fail, fails in another way, or ("") works again."""

_BATCH = 64
"""Datagrams read in one go, so that a flood leaves time for timers and control."""


def _ignore_problem(session: Session, problem: str) -> None:
    """The listener of an engine whose transmissions nobody watches."""


class UdpEngine:
    """A system on real sockets. Make it, and use it, inside a running event loop."""

    def __init__(
        self,
        *,
        rng: Random,
        observe: Observe = ignore,
        on_transmit_problem: TransmitProblem = _ignore_problem,
        procedures: Procedures = RFC5880,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._rng = rng
        self._on_transmit_problem = on_transmit_problem
        self._receivers: dict[tuple[AddressFamily, int], Receiver] = {}
        self._transmitters: dict[Session, Transmitter] = {}
        self._echo_ports: dict[tuple[AddressFamily, str], EchoPort] = {}
        self._echo_problems: dict[Session, str] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._armed = 0
        self.speaker = Speaker(SessionTable(rng, procedures, encode), self._send, self._send_echo, observe=observe)

    @property
    def now(self) -> int:
        """The current time for sessions' methods, monotonic microseconds."""
        return monotonic_us()

    def add(self, config: SessionConfig, profile: Profile) -> Session:
        """Create a session and its sockets. Raises EngineError, and then nothing has changed."""
        taken = {transmitter.source_port for transmitter in self._transmitters.values()}
        transmitter = Transmitter(config, profile, self._rng, taken)
        try:
            self._listen(family_of(config.local), profile.destination_port)
            if config.required_min_echo_rx_us or config.desired_min_echo_tx_us:
                self._listen_for_echo(config)
            session = self.speaker.add(config, profile, self.now)
        except (EngineError, ValueError) as error:
            transmitter.close()
            self._hang_up_unused()
            raise EngineError(str(error)) from None
        self._transmitters[session] = transmitter
        self._arm()
        return session

    def remove(self, session: Session) -> None:
        """Delete a session without another packet, and close what no other session uses."""
        self.speaker.remove(session)
        self._transmitters.pop(session).close()
        self._echo_problems.pop(session, None)
        self._hang_up_unused()

    def perform(self, session: Session, outputs: list[Output]) -> None:
        """Carry out what a session answered to a command, and keep its new deadline."""
        self.speaker.perform(session, outputs, self.now)
        self._arm()

    def set_echo(
        self,
        session: Session,
        *,
        required_min_echo_rx_us: int | None = None,
        desired_min_echo_tx_us: int | None = None,
    ) -> None:
        """`Session.set_echo`, and the sockets for it. Raises EngineError, ValueError, and then nothing has changed."""
        if required_min_echo_rx_us or desired_min_echo_tx_us:
            self._listen_for_echo(session.config)
        outputs = session.set_echo(
            self.now, required_min_echo_rx_us=required_min_echo_rx_us, desired_min_echo_tx_us=desired_min_echo_tx_us
        )
        self.perform(session, outputs)

    def source_port(self, session: Session) -> int:
        """The UDP source port of the session's packets (RFC 5881 section 4)."""
        return self._transmitters[session].source_port

    def transmit_failures(self, session: Session) -> int:
        """How many transmissions the kernel refused or answered with an ICMP error."""
        return self._transmitters[session].failures

    def close(self) -> None:
        """Close all sockets and stop the timer; sessions send nothing more."""
        if self._timer is not None:
            self._timer.cancel()
        for session in list(self._transmitters):
            self.remove(session)

    # ------------------------------------------------------------------ packets

    def _listen(self, family: AddressFamily, port: int) -> None:
        if (family, port) not in self._receivers:
            receiver = self._receivers[family, port] = Receiver(family, port)
            self._loop.add_reader(receiver.fileno(), self._on_readable, receiver)

    def _hang_up_unused(self) -> None:
        used = {(family_of(other.config.local), other.profile.destination_port) for other in self._transmitters}
        for key in self._receivers.keys() - used:
            receiver = self._receivers.pop(key)
            self._loop.remove_reader(receiver.fileno())
            receiver.close()
        in_use = {_echo_key(other.config) for other in self._transmitters}
        for unused in self._echo_ports.keys() - in_use:
            self._hang_up_echo(unused)

    def _listen_for_echo(self, config: SessionConfig) -> None:
        if not config.interface:
            raise EngineError("the Echo function needs the session's interface")
        key = _echo_key(config)
        if key not in self._echo_ports:
            port = self._echo_ports[key] = EchoPort(config.interface, family_of(config.local))
            self._loop.add_reader(port.fileno(), self._on_echo, port)

    def _hang_up_echo(self, key: tuple[AddressFamily, str]) -> None:
        port = self._echo_ports.pop(key)
        self._loop.remove_reader(port.fileno())
        port.close()

    def _on_readable(self, receiver: Receiver) -> None:
        for _ in range(_BATCH):
            if self._receive(receiver) is None:
                break
        self._arm()

    def _receive(self, receiver: Receiver) -> int | None:
        """Hand one datagram to the speaker and return when it arrived; None when none waits."""
        arrival = receiver.read()
        if arrival is None:
            return None
        self.speaker.receive(arrival.payload, arrival.meta, arrival.at_us)
        return arrival.at_us

    def _on_echo(self, port: EchoPort) -> None:
        """Read what waits, within limits: our own packets that came back, and the far end's to be sent back."""
        for _ in range(_BATCH):
            frame = port.read()
            if frame is None:
                break
            datagram = dissect(frame)
            if datagram is None:
                continue
            if is_looped(datagram, port.interface, self.speaker.sessions):
                looped = loop_back(frame)
                if looped is not None:
                    port.send_frame(looped)
            elif any(session.config.local == datagram.destination for session in self._transmitters):
                self.speaker.receive_echo(datagram.payload, port.interface, self.now)
        self._arm()

    def _send_echo(self, session: Session, payload: bytes) -> None:
        port = self._echo_ports[_echo_key(session.config)]
        datagram = echo_datagram(session, payload, self.source_port(session))
        problem = port.send(datagram, session.config.peer)
        if problem != self._echo_problems.get(session, ""):
            self._echo_problems[session] = problem
            self._on_transmit_problem(session, problem)

    def _send(self, session: Session, payload: bytes) -> None:
        transmitter = self._transmitters[session]
        if transmitter.send(payload):
            self._on_transmit_problem(session, transmitter.problem)

    # ------------------------------------------------------------------ timers

    def _arm(self) -> None:
        deadline = self.speaker.next_deadline()
        if deadline is None or (self._timer is not None and self._armed <= deadline):
            return  # a wake-up that comes too early does no harm
        if self._timer is not None:
            self._timer.cancel()
        self._armed = deadline
        # The loop's clock is the monotonic clock, too, in seconds.
        self._timer = self._loop.call_at(deadline / 1_000_000, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self.speaker.run_due(self._catch_up())
        self._arm()

    def _catch_up(self) -> int:
        """Read what arrived up to now and return this now, so that no Detection Time is judged without it.

        A process that was not scheduled for a while finds its timers overdue *and* packets in its sockets. The packets
        came in time: they count from their kernel timestamps. Packets that arrive during the reading can wait, which
        bounds the work to what the sockets' buffers hold.
        """
        began = self.now
        for receiver in list(self._receivers.values()):
            while (arrived := self._receive(receiver)) is not None and arrived < began:
                pass
        for port in list(self._echo_ports.values()):
            self._on_echo(port)
        return began


def _echo_key(config: SessionConfig) -> tuple[AddressFamily, str]:
    """Sessions of one interface and address family share a port for Echo packets."""
    return family_of(config.local), config.interface
