"""Which session a packet belongs to, and discriminators (RFC 5880 sections 6.3, 6.8.1, 6.8.6; RFC 5881 section 3;
RFC 5883 section 4.1)."""

from dataclasses import replace
from random import Random

import pytest
from session_rig import LOCAL, PEER, Rig, meta, packet

from refimpl.core.constants import PORT_MULTI_HOP, PORT_SINGLE_HOP, State
from refimpl.core.demux import SessionTable
from refimpl.core.outputs import Discarded, DiscardReason, Transmit
from refimpl.core.packet import Meta
from refimpl.core.profile import Profile, SessionConfig
from refimpl.core.session import Session
from refimpl.profiles.rfc5881 import SINGLE_HOP
from refimpl.profiles.rfc5883 import MULTI_HOP, UNIDIRECTIONAL_RECEIVER, UNIDIRECTIONAL_SENDER

STRANGER = "192.0.2.77"
NOBODY = [Discarded(DiscardReason.NO_SESSION, "6.8.6")]
UNKNOWN = [Discarded(DiscardReason.UNKNOWN_YOUR_DISCRIMINATOR, "6.8.6")]


class HostileRandom(Random):
    """Offers the lowest value of a range three times before the next one, and begins anew for each who asks."""

    def __init__(self) -> None:
        super().__init__(0)
        self._asked = 0

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:
        low = start if stop is not None else 0
        self._asked += 1
        return low + self._asked // 3 % 50


def table_of(*sessions: tuple[SessionConfig, Profile]) -> tuple[SessionTable, list[Session]]:
    table = SessionTable(Random(3))
    return table, [table.create(config, profile, 0) for config, profile in sessions]


def config(peer: str = PEER, local: str = LOCAL, interface: str = "eth0") -> SessionConfig:
    return SessionConfig(peer=peer, local=local, interface=interface)


def first_packet(table: SessionTable, encapsulation: Meta) -> Session | None:
    session, outputs = table.receive(packet(State.DOWN, your_discriminator=0), encapsulation, 1)
    assert (session is None) == (outputs == NOBODY)
    return session


# ------------------------------------------------------------------ Your Discriminator


def test_your_discriminator_alone_selects_whatever_address_or_interface() -> None:
    table, (one, other) = table_of((config(), SINGLE_HOP), (config(peer="192.0.2.3"), SINGLE_HOP))
    for session in (one, other):
        named = packet(State.DOWN, your_discriminator=session.variables.local_discr)

        found, _ = table.receive(named, meta(source=STRANGER, interface="eth7"), 1)

        assert found is session
        assert session.state is State.INIT


def test_an_unknown_discriminator_finds_nobody_even_from_the_right_address() -> None:
    table, (session,) = table_of((config(), SINGLE_HOP))
    wrong = session.variables.local_discr ^ 1

    assert table.receive(packet(State.DOWN, your_discriminator=wrong), meta(), 1) == (None, UNKNOWN)
    assert session.state is State.DOWN


def test_the_port_of_another_application_finds_nobody() -> None:
    table, (single, multi) = table_of((config(), SINGLE_HOP), (config(interface=""), MULTI_HOP))
    to_multi_hop = meta(destination_port=PORT_MULTI_HOP)

    named = packet(State.DOWN, your_discriminator=single.variables.local_discr)
    assert table.receive(named, to_multi_hop, 1) == (None, UNKNOWN)
    assert table.receive(packet(State.DOWN, your_discriminator=0), meta(destination_port=3785), 1) == (None, NOBODY)
    assert first_packet(table, to_multi_hop) is multi
    assert first_packet(table, meta()) is single


def test_a_deleted_session_is_found_no_more() -> None:
    table, (one, other) = table_of((config(), SINGLE_HOP), (config(peer="192.0.2.3"), SINGLE_HOP))

    table.delete(one)

    named = packet(State.DOWN, your_discriminator=one.variables.local_discr)
    assert table.receive(named, meta(), 1) == (None, UNKNOWN)
    assert first_packet(table, meta()) is None
    assert list(table) == [other]


def test_deleting_twice_is_an_error() -> None:
    table, (session,) = table_of((config(), SINGLE_HOP))
    table.delete(session)

    with pytest.raises(KeyError):
        table.delete(session)


# ------------------------------------------------------------------ the first packet


@pytest.mark.parametrize(
    ("bound_to", "came_over", "found"),
    [("eth0", "eth0", True), ("eth0", "eth1", False), ("eth0", "", True), ("", "eth1", True), ("", "", True)],
)
def test_single_hop_selects_by_peer_and_interface(bound_to: str, came_over: str, found: bool) -> None:
    table, (session,) = table_of((config(interface=bound_to), SINGLE_HOP))

    assert first_packet(table, meta(interface=came_over)) is (session if found else None)
    assert first_packet(table, meta(interface=came_over, source=STRANGER)) is None


def test_the_same_peer_address_on_two_links_is_two_sessions() -> None:
    table, (left, right) = table_of(
        (config(peer="fe80::1", local="fe80::2", interface="eth0"), SINGLE_HOP),
        (config(peer="fe80::1", local="fe80::2", interface="eth1"), SINGLE_HOP),
    )

    assert first_packet(table, meta(source="fe80::1", destination="fe80::2", interface="eth1")) is right
    assert first_packet(table, meta(source="fe80::1", destination="fe80::2", interface="eth0")) is left


@pytest.mark.parametrize(
    ("source", "destination", "found"), [(PEER, LOCAL, True), (PEER, STRANGER, False), (STRANGER, LOCAL, False)]
)
def test_multihop_selects_by_the_pair_of_addresses(source: str, destination: str, found: bool) -> None:
    table, (session,) = table_of((config(interface=""), MULTI_HOP))
    arrived = meta(source=source, destination=destination, destination_port=PORT_MULTI_HOP, interface="eth9", ttl=40)

    assert first_packet(table, arrived) is (session if found else None)


def test_multihop_does_not_look_at_the_ttl() -> None:
    table, (session,) = table_of((config(interface=""), MULTI_HOP))

    first_packet(table, meta(destination_port=PORT_MULTI_HOP, ttl=1))

    assert session.state is State.INIT


# ------------------------------------------------------------------ discriminators


def test_discriminators_are_unique_and_not_zero_however_the_generator_behaves() -> None:
    table = SessionTable(HostileRandom())

    discrs = [table.create(config(), SINGLE_HOP, 0).variables.local_discr for _ in range(40)]

    assert len(set(discrs)) == 40
    assert 0 not in discrs


def test_discriminators_come_from_the_seed() -> None:
    def discrs(seed: int) -> list[int]:
        table = SessionTable(Random(seed))
        return [table.create(config(), SINGLE_HOP, 0).variables.local_discr for _ in range(200)]

    assert discrs(5) == discrs(5) != discrs(6)
    assert max(discrs(5)) > 1 << 31
    assert all(0 < discr < 1 << 32 for discr in discrs(5))


def test_sessions_of_one_table_do_not_draw_alike() -> None:
    table, sessions = table_of((config(), SINGLE_HOP), (config(peer="192.0.2.3"), SINGLE_HOP))
    for session in sessions:
        session.on_timer(0)

    assert sessions[0].next_deadline() != sessions[1].next_deadline()
    assert list(table) == sessions


# ------------------------------------------------------------------ point-to-point and unidirectional links


def test_on_a_point_to_point_link_the_source_address_plays_no_part() -> None:
    settings = replace(config(), point_to_point=True)
    table, (session,) = table_of((settings, SINGLE_HOP))
    assert first_packet(table, meta(source=STRANGER)) is session
    assert first_packet(table, meta(source=STRANGER, interface="eth1")) is None
    assert first_packet(table, meta(source="2001:db8::77")) is None
    assert session.config.peer == PEER


@pytest.mark.parametrize("interface", ["eth0", "eth1"])
def test_the_link_selects_at_the_receiving_end_of_a_unidirectional_one(interface: str) -> None:
    ends = [(config(interface=name), UNIDIRECTIONAL_RECEIVER) for name in ("eth0", "eth1")]
    table, sessions = table_of(*ends)
    found = first_packet(table, meta(source=STRANGER, interface=interface, destination_port=PORT_MULTI_HOP))
    assert found is sessions[interface == "eth1"]


def test_nothing_comes_back_over_a_unidirectional_link() -> None:
    table, _ = table_of((config(), UNIDIRECTIONAL_SENDER))
    assert first_packet(table, meta(destination_port=PORT_MULTI_HOP)) is None


@pytest.mark.parametrize(("profile", "speaks"), [(UNIDIRECTIONAL_RECEIVER, False), (UNIDIRECTIONAL_SENDER, True)])
@pytest.mark.parametrize("passive", [False, True])
def test_the_end_of_a_unidirectional_link_prescribes_the_role(profile: Profile, speaks: bool, passive: bool) -> None:
    _, (session,) = table_of((replace(config(), passive=passive), profile))
    assert (session.next_deadline() is not None) == speaks


# ------------------------------------------------------------------ service levels


@pytest.mark.parametrize(("dscp", "expected"), [(46, 2), (10, 1), (0, 0)])
@pytest.mark.parametrize(("profile", "port"), [(SINGLE_HOP, PORT_SINGLE_HOP), (MULTI_HOP, PORT_MULTI_HOP)])
def test_the_mark_selects_and_a_session_for_all_takes_the_rest(
    profile: Profile, port: int, dscp: int, expected: int
) -> None:
    table, sessions = table_of(*((replace(config(), dscp=level), profile) for level in (None, 10, 46)))
    assert first_packet(table, meta(destination_port=port, dscp=dscp)) is sessions[expected]


def test_a_mark_of_no_session_finds_none() -> None:
    table, _ = table_of((replace(config(), dscp=0), SINGLE_HOP))
    assert first_packet(table, meta(dscp=48)) is None


# ------------------------------------------------------------------ discriminators signalled outside BFD


def test_signalled_discriminators_are_in_the_first_packet() -> None:
    _, (session,) = table_of((replace(config(), local_discr=7, remote_discr=8), MULTI_HOP))
    (sent,) = [output.packet for output in session.on_timer(0) if isinstance(output, Transmit)]
    assert (sent.my_discriminator, sent.your_discriminator) == (7, 8)


def test_a_signalled_discriminator_that_is_in_use_is_refused_and_one_drawn_avoids_it() -> None:
    table = SessionTable(HostileRandom())
    table.create(replace(config(), local_discr=2), MULTI_HOP, 0)
    drawn = {table.create(config(), MULTI_HOP, 0).variables.local_discr for _ in range(3)}
    assert 2 not in drawn
    with pytest.raises(
        ValueError, match="local discriminator 2 is another session's; allowed is one that is not in use"
    ):
        table.create(replace(config(), local_discr=2), MULTI_HOP, 0)


def test_a_signalled_discriminator_outlives_silence() -> None:
    rig = Rig(remote_discr=8)
    rig.hear(State.DOWN, my_discriminator=9)
    assert rig.session.variables.remote_discr == 9
    rig.advance(10_000_000)
    assert rig.session.variables.remote_discr == 8
