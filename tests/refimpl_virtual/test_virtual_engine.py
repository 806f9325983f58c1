"""Two virtual engines on a simulated link: they come Up, fall, recover, and their frames are those of the RFCs
(RFC 5880 section 6.8; RFC 5881 sections 4 and 5)."""

from dataclasses import replace
from typing import Any

import pytest
from virtual_pair import MACS, VirtualPair

from refimpl.core.auth.config import AuthConfig
from refimpl.core.constants import PORT_MULTI_HOP, PORT_SINGLE_HOP, AuthType, State
from refimpl.core.outputs import Discarded, DiscardReason, StateChanged
from refimpl.core.packet import ControlPacket
from refimpl.core.profile import SessionConfig
from refimpl.profiles.rfc5883 import MULTI_HOP, UNIDIRECTIONAL_RECEIVER, UNIDIRECTIONAL_SENDER
from refimpl.runtime.link import Impairments
from refimpl.runtime.virtual import EngineFlaws
from refimpl.wire.codec import decode, encode
from refimpl.wire.frames import Datagram, build

UP, DOWN = State.UP, State.DOWN
CUT = Impairments(loss=1.0)


def up_pair(**settings: Any) -> VirtualPair:
    pair = VirtualPair()
    pair.add(**settings)
    pair.elapse(10_000_000)
    assert pair.states() == [[UP], [UP]]
    return pair


def packets(pair: VirtualPair, side: int, since: int = 0) -> list[tuple[int, ControlPacket]]:
    """What arrived at a side after `since`."""
    found = []
    for time, frame in pair.sides[side].frames:
        if time > since:
            packet = decode(frame[-24:])
            assert isinstance(packet, ControlPacket)
            found.append((time, packet))
    return found


def test_two_engines_come_up_and_reach_the_wanted_rate() -> None:
    pair = up_pair()

    for side in pair.sides:
        path = [(change.old.label, change.new.label) for _, change in side.changes]
        assert path in ([("Down", "Init"), ("Init", "Up")], [("Down", "Up")])
    start = pair.clock.now
    pair.elapse(30_000_000)
    for i in (0, 1):
        steady = packets(pair, i, start)
        assert 100 <= len(steady) <= 134  # 225 to 300 ms each
        assert {(packet.state, packet.poll, packet.final) for _, packet in steady} == {(UP, False, False)}


def test_a_cut_in_one_direction_brings_both_down_and_mending_it_both_up() -> None:
    pair = up_pair()
    deaf, mute = pair.sides
    mute.end.impairments = CUT
    pair.elapse(100)  # what is under way arrives
    last_heard = packets(pair, 0)[-1][0]

    pair.elapse(1_000_000)
    fall = deaf.changes[-1]
    assert fall[0] == last_heard + 900_000
    assert (fall[1].new, fall[1].diag) == (DOWN, 1)
    followed = next(change for change in mute.changes if change[0] > last_heard)
    assert followed == (fall[0] + 50, StateChanged(UP, DOWN, 3, "received Down", "6.8.6"))

    mute.end.impairments = Impairments()
    pair.elapse(10_000_000)
    assert pair.states() == [[UP], [UP]]


def test_a_lossy_link_with_enough_detect_mult_stays_up() -> None:
    pair = VirtualPair(impairments=Impairments(loss=0.3, duplication=0.1, jitter_us=20_000, reordering=0.1))
    pair.add(detect_mult=20)

    pair.elapse(10_000_000)
    changes = [len(side.changes) for side in pair.sides]
    pair.elapse(60_000_000)

    assert pair.states() == [[UP], [UP]]
    assert [len(side.changes) for side in pair.sides] == changes


def test_frames_say_what_rfc_5881_demands() -> None:
    pair = up_pair()

    for i, side in enumerate(pair.sides):
        assert {(d.ttl, d.destination_port) for d in side.datagrams} == {(255, PORT_SINGLE_HOP)}
        assert {(d.source, d.destination) for d in side.datagrams} == {(f"192.0.2.{2 - i}", f"192.0.2.{1 + i}")}
        (port,) = {d.source_port for d in side.datagrams}
        assert 49152 <= port <= 65535
        _, frame = side.frames[0]
        assert frame[:12].hex(":") == f"{MACS[i]}:{MACS[1 - i]}"


def test_each_session_has_a_source_port_of_its_own() -> None:
    pair = VirtualPair(addresses=3)
    for number in range(3):
        pair.add(number)
    pair.elapse(5_000_000)

    assert pair.states() == [[UP] * 3] * 2
    for side in pair.sides:
        ports = {(d.source, d.source_port) for d in side.datagrams}
        assert len(ports) == len({port for _, port in ports}) == 3


def test_single_hop_and_multihop_live_side_by_side() -> None:
    pair = VirtualPair()
    pair.add()
    pair.add(profile=MULTI_HOP)

    pair.elapse(5_000_000)

    assert pair.states() == [[UP, UP]] * 2
    assert {d.destination_port for d in pair.sides[0].datagrams} == {PORT_SINGLE_HOP, PORT_MULTI_HOP}


@pytest.mark.parametrize("i", [0, 1])
def test_a_removed_session_is_silent_and_the_other_end_notices(i: int) -> None:
    pair = up_pair()
    side, far = pair.sides[i], pair.sides[1 - i]
    (session,) = side.engine.speaker.sessions

    side.engine.remove(session)
    pair.elapse(100)
    removed_at = pair.clock.now
    pair.elapse(5_000_000)

    assert packets(pair, 1 - i, removed_at) == []
    assert far.changes[-1][1].diag == 1
    assert any(
        who is None and output == Discarded(DiscardReason.UNKNOWN_YOUR_DISCRIMINATOR, "6.8.6")
        for _, who, output in side.observed
    )


def test_a_command_is_performed_on_the_wire_at_once() -> None:
    pair = up_pair()
    near, far = pair.sides
    (session,) = near.engine.speaker.sessions
    now = pair.clock.now

    near.engine.perform(session, session.disable(now))
    pair.elapse(100)

    (time, told), *_ = [each for each in packets(pair, 1, now) if each[1].state == State.ADMIN_DOWN]
    assert (time, told.diag) == (now + 50, 7)
    assert far.changes[-1][1].diag == 3


def test_a_command_that_shortens_the_interval_moves_the_wake_up_forward() -> None:
    pair = VirtualPair()
    pair.add(desired_min_tx_us=60_000_000, required_min_rx_us=1_000_000)
    near, _ = pair.sides
    (session,) = near.engine.speaker.sessions
    pair.elapse(1_000_000)
    before = pair.clock.now

    near.engine.perform(session, session.set_timers(before, desired_min_tx_us=1_000_000))
    pair.elapse(2_000_000)

    assert len(packets(pair, 1, before)) >= 2


def datagram(**changes: object) -> Datagram:
    proper = Datagram(
        source="192.0.2.2",
        destination="192.0.2.1",
        source_port=50_000,
        destination_port=PORT_SINGLE_HOP,
        ttl=255,
        payload=encode(ControlPacket(my_discriminator=9)),
    )
    return replace(proper, **changes)  # type: ignore[arg-type]


def test_what_a_frame_says_reaches_the_session() -> None:
    pair = VirtualPair()
    session, _ = pair.add()

    pair.sides[1].end.send(build(datagram(ttl=254), MACS[1], MACS[0]))
    pair.sides[1].end.send(build(datagram(payload=b"\x20\x40\x03"), MACS[1], MACS[0]))
    pair.elapse(60)

    heard = [(who, o.reason) for _, who, o in pair.sides[0].observed if isinstance(o, Discarded)]
    assert heard == [(session, DiscardReason.TTL), (None, DiscardReason.TOO_SHORT)]


@pytest.mark.parametrize(
    "frame",
    [b"", b"\xff" * 60, build(datagram(destination="192.0.2.9"), MACS[1], MACS[0])],
    ids=["none", "noise", "other"],
)
def test_frames_for_nobody_are_not_even_discarded(frame: bytes) -> None:
    pair = VirtualPair()
    session, _ = pair.add()

    pair.sides[0].end.deliver(frame)  # type: ignore[misc]

    assert pair.sides[0].observed == []
    assert session.state is DOWN


def test_a_run_is_repeated_by_its_seed_frame_by_frame() -> None:
    bad = Impairments(loss=0.2, jitter_us=3_000, duplication=0.1, reordering=0.1)

    def run(seed: int) -> list[list[tuple[int, bytes]]]:
        pair = VirtualPair(seed=seed, impairments=bad)
        pair.add()
        pair.elapse(10_000_000)
        return [side.frames for side in pair.sides]

    assert run(4) == run(4)
    assert run(4) != run(5)


def test_flaws_of_an_engine_show_in_its_frames() -> None:
    pair = VirtualPair(
        flaws=EngineFlaws(ttl=64, first_source_port=1024, ports_per_session=4, destination_port=PORT_MULTI_HOP)
    )
    pair.add()

    pair.elapse(6_000_000)

    seen = pair.sides[0].datagrams
    assert {(d.ttl, d.destination_port) for d in seen} == {(64, PORT_MULTI_HOP)}
    assert {d.source_port for d in seen} == {1024, 1025, 1026, 1027}


def test_a_shared_source_port_is_a_flaw_that_can_be_had() -> None:
    pair = VirtualPair(addresses=2, flaws=EngineFlaws(shared_source_port=True))
    pair.add(0)
    pair.add(1)

    pair.elapse(100)

    assert {d.source for d in pair.sides[0].datagrams} == {"192.0.2.2", "192.0.2.4"}
    assert {d.source_port for d in pair.sides[0].datagrams} == {49152}


def test_a_session_s_mark_is_in_its_frames_and_reaches_the_other_side() -> None:
    pair = up_pair(dscp=46)
    marks = {datagram.traffic_class for side in pair.sides for datagram in side.datagrams}
    assert marks == {46 << 2}


@pytest.mark.parametrize(("auth", "length"), [(None, 24), (AuthConfig(AuthType.KEYED_SHA1, {1: b"key"}, 1), 52)])
def test_a_padded_session_comes_up_and_its_packets_are_never_fragmented(auth: AuthConfig | None, length: int) -> None:
    pair = up_pair(padded_pdu_size=128, auth=auth)
    for side in pair.sides:
        assert {len(datagram.payload) for datagram in side.datagrams} == {128}
        assert {datagram.payload[3] for datagram in side.datagrams} == {length}
        assert {datagram.payload[length:] for datagram in side.datagrams} == {bytes(128 - length)}
        assert all(datagram.dont_fragment for datagram in side.datagrams)


def test_a_packet_that_is_longer_than_its_padding_is_sent_as_it_is() -> None:
    pair = up_pair(padded_pdu_size=26, auth=AuthConfig(AuthType.KEYED_SHA1, {1: b"key"}, 1))
    assert {len(datagram.payload) for datagram in pair.sides[0].datagrams} == {52}


def test_an_ordinary_session_is_not_padded() -> None:
    pair = up_pair()
    assert {(len(datagram.payload), datagram.dont_fragment) for datagram in pair.sides[0].datagrams} == {(24, False)}


def test_without_a_mark_of_its_own_a_session_is_network_control() -> None:
    pair = up_pair()
    assert {datagram.traffic_class for side in pair.sides for datagram in side.datagrams} == {0xC0}


def test_a_multihop_session_without_interface_leaves_where_its_address_is() -> None:
    pair = VirtualPair()
    for side, far in (pair.sides, pair.sides[::-1]):
        side.engine.add(SessionConfig(peer=far.addresses[0], local=side.addresses[0]), MULTI_HOP)
    pair.elapse(10_000_000)
    assert pair.states() == [[UP], [UP]]


def test_the_two_ends_of_a_unidirectional_link_come_up() -> None:
    pair = VirtualPair()
    for side, far, profile in (
        (*pair.sides, UNIDIRECTIONAL_SENDER),
        (*pair.sides[::-1], UNIDIRECTIONAL_RECEIVER),
    ):
        config = SessionConfig(peer=far.addresses[0], local=side.addresses[0], interface="eth0")
        side.engine.add(config, profile)
    pair.elapse(10_000_000)
    assert pair.states() == [[UP], [UP]]
