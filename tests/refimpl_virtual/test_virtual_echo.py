"""Echo packets between two virtual engines (RFC 5881 section 4)."""

from hypothesis import given
from hypothesis import strategies as st
from virtual_pair import MACS, VirtualPair

from refimpl.core.constants import State
from refimpl.core.echo import EchoPacket
from refimpl.runtime.link import Impairments
from refimpl.wire.echo import decode_echo, encode_echo, loop_back
from refimpl.wire.frames import Datagram, build, dissect

SECOND = 1_000_000


def echo_pair() -> VirtualPair:
    pair = VirtualPair()
    pair.add(required_min_echo_rx_us=50_000, desired_min_echo_tx_us=50_000)
    pair.elapse(5 * SECOND)
    return pair


def test_both_directions_at_once() -> None:
    pair = echo_pair()
    assert pair.states() == [[State.UP], [State.UP]]
    for side in pair.sides:
        (session,) = side.engine.speaker.sessions
        assert session.counters.echo_received > 50
        assert session.counters.discarded == 0


def test_addresses_ports_and_ttl() -> None:
    pair = echo_pair()
    arrived = [datagram for datagram in pair.sides[1].datagrams if datagram.destination_port == 3785]
    theirs = {datagram for datagram in arrived if datagram.ttl == 255}
    own = {datagram for datagram in arrived if datagram.ttl == 254}
    assert {(each.source, each.destination) for each in theirs} == {("192.0.0.8", "192.0.2.1")}
    assert {(each.source, each.destination) for each in own} == {("192.0.0.8", "192.0.2.2")}


def test_a_cut_is_noticed_before_the_detection_time() -> None:
    pair = echo_pair()
    cut = pair.clock.now
    pair.sides[1].end.impairments = Impairments(loss=1.0)
    pair.elapse(SECOND)
    changes = [(time - cut, change.diag) for time, change in pair.sides[0].changes if change.new is State.DOWN]
    assert [diag for _, diag in changes] == [2]
    assert changes[0][0] <= 4 * 50_000


def test_not_looped_back_unless_announced() -> None:
    pair = VirtualPair()
    pair.add()
    pair.elapse(5 * SECOND)
    frame = build(Datagram("198.51.100.1", "192.0.2.2", 50000, 3785, 255, b"x"), MACS[1], MACS[0])
    pair.sides[1].end.send(frame)
    pair.elapse(SECOND)
    assert [each for each in pair.sides[1].datagrams if each.destination_port == 3785] == []


@given(st.builds(EchoPacket, st.integers(1, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1)))
def test_contents_survive_the_wire(packet: EchoPacket) -> None:
    assert decode_echo(encode_echo(packet)) == packet
    assert decode_echo(encode_echo(packet)[:-1]) is None


@given(st.binary(max_size=60))
def test_other_contents_are_nobody_s(payload: bytes) -> None:
    assert decode_echo(payload) is None


@given(st.sampled_from([("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8::2")]), st.integers(0, 255))
def test_looping_back_is_what_a_router_does(ends: tuple[str, str], ttl: int) -> None:
    datagram = Datagram(*ends, 50000, 3785, ttl, b"echo")
    looped = loop_back(build(datagram, *MACS))
    if ttl <= 1:
        assert looped is None
    else:
        # `build` makes the checksums of a packet that has never had another TTL.
        assert looped == build(Datagram(*ends, 50000, 3785, ttl - 1, b"echo"), MACS[1], MACS[0])
        assert dissect(looped) is not None


@given(st.binary(max_size=80))
def test_anything_can_be_offered_for_looping_back(frame: bytes) -> None:
    loop_back(frame)
