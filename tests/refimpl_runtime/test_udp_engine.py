"""The udp engine on the loopback interface: no root, real sockets, ports of the test's own."""

import asyncio
import random
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from refimpl.core.constants import SOURCE_PORT_MIN, Diag, State
from refimpl.core.outputs import Discarded, DiscardReason, Output, StateChanged
from refimpl.core.packet import ControlPacket
from refimpl.core.profile import Profile, SessionConfig
from refimpl.core.session import Session
from refimpl.profiles.rfc5881 import SINGLE_HOP
from refimpl.profiles.rfc5883 import MULTI_HOP
from refimpl.runtime.loop import new_event_loop
from refimpl.runtime.sockets import Receiver, Transmitter, family_of, is_point_to_point, monotonic_us
from refimpl.runtime.udp import EngineError, UdpEngine
from refimpl.wire.codec import encode

A, B = "127.0.0.1", "127.0.0.2"
DEADLINE_S = 10.0


def run(test: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(test)


@pytest.fixture
def port() -> int:
    """A UDP port that nobody has, below the source ports of BFD."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            candidate = random.randrange(20000, SOURCE_PORT_MIN)
            try:
                probe.bind(("0.0.0.0", candidate))
            except OSError:
                continue
            return candidate


class Seen:
    """An observer whose notes can be awaited."""

    def __init__(self) -> None:
        self.notes: list[tuple[Session | None, Output]] = []
        self._changed = asyncio.Event()

    def __call__(self, now: int, session: Session | None, output: Output) -> None:
        self.notes.append((session, output))
        self._changed.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def changes(self, session: Session) -> list[StateChanged]:
        return [output for of, output in self.notes if of is session and isinstance(output, StateChanged)]

    def discards(self) -> list[DiscardReason]:
        return [output.reason for _, output in self.notes if isinstance(output, Discarded)]


def make_engine(seen: Seen) -> UdpEngine:
    return UdpEngine(rng=random.Random(), observe=seen)


def config(local: str = A, peer: str = B, **others: Any) -> SessionConfig:
    return SessionConfig(peer=peer, local=local, **others)


class Peer:
    """A scripted far end that sends from its address, with any TTL."""

    def __init__(self, port: int, ttl: int = 255) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
        self._socket.bind((B, 0))
        self._to = (A, port)

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, packet: ControlPacket) -> None:
        self._socket.sendto(encode(packet), self._to)


@pytest.mark.parametrize("profile", [SINGLE_HOP, MULTI_HOP], ids=lambda profile: profile.name)
def test_two_sessions_come_up(port: int, profile: Profile) -> None:
    async def test() -> None:
        seen = Seen()
        engine = make_engine(seen)
        here = replace(profile, destination_port=port)
        first, second = engine.add(config(A, B), here), engine.add(config(B, A), here)
        await seen.until(lambda: first.state is State.UP and second.state is State.UP)
        engine.close()

    run(test())


def test_a_packet_that_crossed_a_router_is_discarded(port: int) -> None:
    async def test() -> None:
        seen = Seen()
        engine = make_engine(seen)
        session = engine.add(config(passive=True), replace(SINGLE_HOP, destination_port=port))
        with Peer(port, ttl=254) as far, Peer(port, ttl=255) as near:
            far.send(ControlPacket(my_discriminator=1))
            near.send(ControlPacket(my_discriminator=2))
            await seen.until(lambda: session.state is State.INIT)
        assert seen.discards() == [DiscardReason.TTL]
        assert session.variables.remote_discr == 2
        engine.close()

    run(test())


@pytest.mark.parametrize(("local", "peer"), [(A, B), ("::1", "::1")], ids=["ipv4", "ipv6"])
def test_a_session_s_mark_is_sent_and_seen(port: int, local: str, peer: str) -> None:
    settings = config(local, peer, dscp=46)
    receiver = Receiver(family_of(local), port)
    transmitter = Transmitter(settings, replace(SINGLE_HOP, destination_port=port), random.Random(), taken=())
    transmitter.send(b"marked")
    arrival = receiver.read()
    transmitter.close()
    receiver.close()
    assert arrival is not None
    assert arrival.meta.dscp == 46


@pytest.mark.parametrize(
    ("local", "peer", "option", "fixed"),
    [(A, B, (socket.IPPROTO_IP, 10), 3), ("::1", "::1", (socket.IPPROTO_IPV6, 23), 3)],
    ids=["ipv4", "ipv6"],
)
def test_padded_packets_are_never_fragmented(
    port: int, local: str, peer: str, option: tuple[int, int], fixed: int
) -> None:
    for size in (0, 128):
        settings = config(local, peer, padded_pdu_size=size)
        transmitter = Transmitter(settings, replace(SINGLE_HOP, destination_port=port), random.Random(), taken=())
        assert (transmitter._socket.getsockopt(*option) == fixed) == bool(size)
        transmitter.close()


def test_a_padded_session_comes_up(port: int) -> None:
    async def test() -> None:
        seen = Seen()
        engine = make_engine(seen)
        here = replace(SINGLE_HOP, destination_port=port)
        padded, plain = engine.add(config(A, B, padded_pdu_size=9000), here), engine.add(config(B, A), here)
        await seen.until(lambda: padded.state is State.UP and plain.state is State.UP)
        engine.close()

    run(test())


def test_a_discriminator_in_use_is_refused_and_nothing_is_left_behind(port: int) -> None:
    async def test() -> None:
        engine = make_engine(Seen())
        here = replace(SINGLE_HOP, destination_port=port)
        engine.add(config(local_discr=7), here)
        with pytest.raises(EngineError, match="local discriminator 7 is another session's"):
            engine.add(config(A, "127.0.0.3", local_discr=7), here)
        assert len(engine.speaker.sessions) == 1
        engine.close()

    run(test())


def test_the_loopback_interface_is_no_point_to_point_link() -> None:
    assert [is_point_to_point(name) for name in ("lo", "absent")] == [False, False]


def test_a_late_process_believes_the_packets_that_waited(port: int) -> None:
    """More packets wait than a batch of reading takes, and the Detection Time is long over when the loop runs again."""

    async def test() -> None:
        seen = Seen()
        engine = make_engine(seen)
        session = engine.add(config(required_min_rx_us=400_000), replace(SINGLE_HOP, destination_port=port))
        packet = ControlPacket(state=State.INIT, my_discriminator=9, desired_min_tx_interval_us=100_000)
        to_session = replace(packet, your_discriminator=session.variables.local_discr)
        with Peer(port) as peer:
            peer.send(to_session)
            await seen.until(lambda: session.state is State.UP)
            up = replace(to_session, state=State.UP)
            ended = threading.Event()  # nobody sets it: its timeout blocks this thread, loop included
            for _ in range(400):
                peer.send(up)
                ended.wait(0.004)
            assert session.detection_time == 1_200_000  # the last packet gives the loop this long to read the rest
            await seen.until(lambda: session.counters.received >= 400)
        assert [change.new for change in seen.changes(session)] == [State.UP]
        engine.close()

    run(test())


def test_a_late_process_counts_from_arrival_and_not_from_reading(port: int) -> None:
    async def test() -> None:
        seen = Seen()
        engine = make_engine(seen)
        session = engine.add(config(required_min_rx_us=100_000), replace(SINGLE_HOP, destination_port=port))
        to_session = ControlPacket(
            state=State.INIT,
            my_discriminator=9,
            your_discriminator=session.variables.local_discr,
            desired_min_tx_interval_us=100_000,
            detect_mult=10,
        )
        with Peer(port) as peer:
            peer.send(to_session)
            await seen.until(lambda: session.state is State.UP)
            peer.send(replace(to_session, state=State.UP))
            time.sleep(1.2)  # longer than the Detection Time of 1 s: the process is not scheduled
            woken_at = monotonic_us()
            await seen.until(lambda: session.state is State.DOWN)
        assert monotonic_us() - woken_at < session.detection_time / 2
        assert seen.changes(session)[-1].diag == Diag.CONTROL_DETECTION_TIME_EXPIRED
        engine.close()

    run(test())


def test_arrival_is_when_the_kernel_took_it(port: int) -> None:
    receiver = Receiver(socket.AF_INET, port)
    with Peer(port) as peer:
        before = monotonic_us()
        peer.send(ControlPacket(my_discriminator=1))
        after = monotonic_us()
    time.sleep(0.1)  # what read() must not add
    arrival = receiver.read()
    receiver.close()
    assert arrival is not None
    assert before - 1000 <= arrival.at_us <= after + 20_000


def test_arrival_survives_a_wall_clock_that_is_set(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver = Receiver(socket.AF_INET, port)
    assert receiver.read() is None
    empty_at = monotonic_us()
    real = time.time_ns
    arrivals = []
    with Peer(port) as peer:
        for jump_ns in (3600 * 10**9, -3600 * 10**9):
            peer.send(ControlPacket(my_discriminator=1))
            monkeypatch.setattr(time, "time_ns", lambda jump_ns=jump_ns: real() + jump_ns)
            arrivals.append(receiver.read())
    receiver.close()
    assert all(arrival is not None and empty_at - 1000 <= arrival.at_us <= monotonic_us() for arrival in arrivals)


def test_what_a_datagram_says_about_itself(port: int) -> None:
    receiver = Receiver(socket.AF_INET, port)
    with Peer(port, ttl=7) as peer:
        peer.send(ControlPacket(my_discriminator=1))
    arrival = receiver.read()
    receiver.close()
    assert arrival is not None
    meta = arrival.meta
    assert (meta.source, meta.destination, meta.ttl, meta.interface) == (B, A, 7, "lo")
    assert (meta.payload_length, meta.destination_port) == (24, port)


class Drawn(random.Random):
    """A generator whose port numbers are given."""

    def __init__(self, *ports: int) -> None:
        super().__init__(0)
        self._ports = iter(ports)

    def randint(self, a: int, b: int) -> int:
        assert (a, b) == (49152, 65535)
        return next(self._ports)


def free_source_ports() -> tuple[int, int]:
    """Two source ports that nobody has."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as second,
    ):
        for opened in (first, second):
            while opened.getsockname()[1] == 0:
                with suppress(OSError):
                    opened.bind(("0.0.0.0", random.randint(49152, 65535)))
        return first.getsockname()[1], second.getsockname()[1]


def test_no_two_sessions_share_a_source_port(port: int) -> None:
    """Not even where addresses differ, and the kernel would let them."""
    used, free = free_source_ports()

    async def test() -> None:
        engine = UdpEngine(rng=Drawn(used, used, free))
        profile = replace(SINGLE_HOP, destination_port=port)
        first = engine.add(config(local="127.0.0.1", peer="127.0.1.1", passive=True), profile)
        second = engine.add(config(local="127.0.0.3", peer="127.0.1.1", passive=True), profile)
        assert (engine.source_port(first), engine.source_port(second)) == (used, free)
        engine.close()

    run(test())


def test_a_source_port_of_another_program_is_passed_over(port: int) -> None:
    used, free = free_source_ports()

    async def test() -> None:
        engine = UdpEngine(rng=Drawn(used, free))
        session = engine.add(config(passive=True), replace(SINGLE_HOP, destination_port=port))
        assert engine.source_port(session) == free
        engine.close()

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("0.0.0.0", used))
        run(test())


def test_an_icmp_error_costs_no_packet(port: int) -> None:
    transmitter = Transmitter(config(A, B), replace(SINGLE_HOP, destination_port=port), random.Random(), taken=())
    assert not transmitter.send(b"nobody listens yet")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.settimeout(DEADLINE_S)
        peer.bind((B, port))
        assert transmitter.send(b"first")  # told of the error that the packet before met
        assert "nobody listens" in transmitter.problem
        assert peer.recv(100) == b"first"
        assert transmitter.send(b"second")  # told that all is well
        assert transmitter.problem == ""
        assert not transmitter.send(b"third")
    assert transmitter.failures == 1
    transmitter.close()


def test_a_port_that_is_taken(port: int) -> None:
    async def test() -> None:
        engine = make_engine(Seen())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("0.0.0.0", port))
            with pytest.raises(EngineError, match=f"UDP port {port} over IPv4: the port is taken by another program"):
                engine.add(config(), replace(SINGLE_HOP, destination_port=port))
        assert engine.speaker.sessions == []
        engine.add(config(), replace(SINGLE_HOP, destination_port=port))  # nothing was left behind
        engine.close()

    run(test())


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (config(local="203.0.113.1"), "cannot send from 203.0.113.1: not an address of this system"),
        (config(interface="nosuch0"), "interface 'nosuch0' does not exist"),
    ],
)
def test_sockets_that_cannot_be_had(port: int, wrong: SessionConfig, problem: str) -> None:
    async def test() -> None:
        engine = make_engine(Seen())
        with pytest.raises(EngineError) as caught:
            engine.add(wrong, replace(SINGLE_HOP, destination_port=port))
        assert str(caught.value).startswith(problem)
        assert "\n" not in str(caught.value)
        engine.close()

    run(test())


def test_the_last_session_gives_the_port_back(port: int) -> None:
    async def test() -> None:
        engine = make_engine(Seen())
        profile = replace(SINGLE_HOP, destination_port=port)
        first, second = engine.add(config(A, B), profile), engine.add(config(B, A), profile)
        engine.remove(first)
        with pytest.raises(EngineError):
            Receiver(socket.AF_INET, port)
        engine.remove(second)
        Receiver(socket.AF_INET, port).close()
        engine.close()

    run(test())


def test_a_session_without_a_way_out_does_not_disturb_the_others(port: int) -> None:
    async def test() -> None:
        seen = Seen()
        problems: list[tuple[Session, str]] = []
        engine = UdpEngine(
            rng=random.Random(),
            observe=seen,
            on_transmit_problem=lambda session, problem: problems.append((session, problem)),
        )
        profile = replace(SINGLE_HOP, destination_port=port)
        # A socket bound to the loopback address has no way to anywhere else.
        lost = engine.add(config(peer="203.0.113.9"), profile)
        first, second = engine.add(config(A, B), profile), engine.add(config(B, A), profile)
        await seen.until(lambda: first.state is State.UP and second.state is State.UP)
        for _ in range(2):
            engine.perform(lost, lost.disable(engine.now))
            engine.perform(lost, lost.enable(engine.now))
        assert engine.transmit_failures(lost) > 1
        assert [session for session, _ in problems] == [lost]  # told once
        engine.close()

    run(test())
