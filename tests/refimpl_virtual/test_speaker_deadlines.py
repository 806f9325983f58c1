"""The speaker: which session is called when, and what becomes of outputs. Time is an argument, nothing is sent."""

from random import Random
from typing import Any

from refimpl.core.constants import State
from refimpl.core.demux import SessionTable
from refimpl.core.outputs import Discarded, DiscardReason, Output, Transmit
from refimpl.core.packet import ControlPacket, Meta
from refimpl.core.profile import SessionConfig
from refimpl.core.session import Session
from refimpl.profiles.rfc5881 import SINGLE_HOP
from refimpl.runtime.speaker import Speaker
from refimpl.wire.codec import decode, encode


class Station:
    """A speaker whose transmissions and outputs are kept."""

    def __init__(self) -> None:
        self.now = 0
        self.sent: list[tuple[int, Session, bytes]] = []
        self.observed: list[tuple[int, Session | None, Output]] = []
        self.speaker = Speaker(
            SessionTable(Random(1)),
            lambda session, payload: self.sent.append((self.now, session, payload)),
            lambda session, payload: None,
            observe=lambda now, session, output: self.observed.append((now, session, output)),
        )

    def add(self, number: int, **settings: Any) -> Session:
        config = SessionConfig(peer=f"192.0.2.{number}", local="192.0.2.1", **settings)
        return self.speaker.add(config, SINGLE_HOP, self.now)

    def run(self, until: int) -> None:
        while (deadline := self.speaker.next_deadline()) is not None and deadline <= until:
            self.now = max(self.now, deadline)
            self.speaker.run_due(self.now)
        self.now = until

    def hear(self, number: int, **fields: int) -> None:
        payload = encode(ControlPacket(my_discriminator=number, **fields))  # type: ignore[arg-type]
        source = f"192.0.2.{number}"
        meta = Meta(len(payload), source, "192.0.2.1", source_port=49152, destination_port=3784, ttl=255)
        self.speaker.receive(payload, meta, self.now)


def test_a_speaker_without_sessions_wants_nothing() -> None:
    station = Station()

    assert station.speaker.next_deadline() is None
    station.speaker.run_due(10)
    assert station.sent == []


def test_the_first_packet_of_a_new_session_is_due_at_once() -> None:
    station = Station()
    session = station.add(2)

    assert station.speaker.next_deadline() == 0
    station.run(0)

    ((when, sender, payload),) = station.sent
    assert (when, sender) == (0, session)
    packet = decode(payload)
    assert isinstance(packet, ControlPacket)
    assert packet.my_discriminator == session.variables.local_discr


def test_the_next_deadline_is_the_earliest_of_all_sessions() -> None:
    station = Station()
    sessions = [station.add(number) for number in range(2, 12)]
    station.run(500_000)

    assert station.speaker.next_deadline() == min(session.next_deadline() or 0 for session in sessions)
    assert station.speaker.sessions == sessions


def test_all_that_is_due_is_done_in_one_call_and_nothing_else() -> None:
    station = Station()
    for number in range(2, 12):
        station.add(number)

    station.speaker.run_due(0)
    assert len(station.sent) == 10
    station.speaker.run_due(100)
    assert len(station.sent) == 10
    station.now = 1_000_000
    station.speaker.run_due(1_000_000)
    assert len(station.sent) == 20


def test_every_session_keeps_its_own_pace() -> None:
    station = Station()
    slow, fast = station.add(2, desired_min_tx_us=3_000_000), station.add(3)

    station.run(30_000_000)

    counts = [sum(sender is session for _, sender, _ in station.sent) for session in (slow, fast)]
    assert 11 <= counts[0] <= 14
    assert 31 <= counts[1] <= 41


def test_a_packet_moves_its_sessions_deadline() -> None:
    station = Station()
    session, _ = station.add(2), station.add(3)
    station.run(10_000)

    station.hear(2, detect_mult=1, desired_min_tx_interval_us=100_000)  # a Detection Time of 300 ms

    states = [session.state]
    assert station.speaker.next_deadline() == 310_000
    station.run(310_000)
    assert [*states, session.state] == [State.INIT, State.DOWN]


def test_a_deadline_that_moved_back_is_not_served_at_its_old_time() -> None:
    station = Station()
    session = station.add(2)
    station.run(10_000)

    station.hear(2, detect_mult=255, required_min_rx_interval_us=60_000_000)

    deadline = station.speaker.next_deadline()
    assert deadline == session.next_deadline()
    assert deadline is not None
    assert deadline >= 45_000_000


def test_a_command_moves_the_deadline_once_it_is_performed() -> None:
    station = Station()
    session = station.add(2, desired_min_tx_us=60_000_000)
    station.run(5_000_000)

    station.speaker.perform(session, session.set_timers(station.now, desired_min_tx_us=1_000_000), station.now)

    deadline = station.speaker.next_deadline()
    assert deadline is not None
    assert deadline <= 5_000_000


def test_a_removed_session_is_called_no_more() -> None:
    station = Station()
    gone, stays = station.add(2), station.add(3)
    station.run(0)
    station.speaker.remove(gone)

    station.run(5_000_000)
    station.hear(2)

    assert {sender for when, sender, _ in station.sent if when > 0} == {stays}
    assert station.speaker.sessions == [stays]
    assert station.observed[-1][1:] == (None, Discarded(DiscardReason.NO_SESSION, "6.8.6"))


def test_the_observer_is_told_everything_in_order() -> None:
    station = Station()
    session = station.add(2)
    station.run(0)
    station.now = 100_000

    station.hear(2)

    told = [(now, who, type(output).__name__) for now, who, output in station.observed]
    assert told == [(0, session, "Transmit"), (100_000, session, "StateChanged"), (100_000, session, "Transmit")]
    transmitted = [output.packet for _, _, output in station.observed if isinstance(output, Transmit)]
    assert [encode(packet) for packet in transmitted] == [payload for _, _, payload in station.sent]


def test_many_packets_leave_no_trail_of_old_deadlines_behind() -> None:
    station = Station()
    station.add(2)
    for _ in range(200):
        station.run(station.now + 50_000)
        station.hear(2, detect_mult=3)
    sent = len(station.sent)

    station.run(station.now + 900_000)

    assert len(station.sent) - sent <= 3  # the slow rate, not one packet for each deadline that was replaced
