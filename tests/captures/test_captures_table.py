"""Columns and rows say the same."""

from ipaddress import IPv4Address, IPv6Address

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from captures.rows import Digest, Padding, Row, Undecoded
from captures.table import PACKET, constant, from_packets, to_packets

BYTE, SHORT, WORD = st.integers(0, 2**8 - 1), st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1)
BIT = st.booleans()


@st.composite
def packets(draw: st.DrawFn) -> Row | Undecoded:
    version = draw(st.sampled_from((4, 6)))
    address = st.ip_addresses(v=version).map(str)
    envelope = {
        "frame": draw(WORD),
        "time_ns": draw(st.integers(0, 2**62)),
        "source": draw(address),
        "destination": draw(address),
        "ttl": draw(BYTE),
        "source_port": draw(SHORT),
        "destination_port": draw(SHORT),
        "ip_version": version,
        "udp_length": draw(SHORT),
        "place": draw(st.sampled_from(("", "eth0", "eth0 vlan 10.20"))),
        "dont_fragment": draw(BIT),
    }
    if draw(BIT):
        return Undecoded(**envelope)
    numbers = {name: draw(BYTE) for name in ("diag", "detect_mult", "length")}
    words = ("my_discriminator", "your_discriminator", "desired_min_tx_interval_us", "required_min_rx_interval_us")
    words += ("required_min_echo_rx_interval_us",)
    flags = ("poll", "final", "control_plane_independent", "authentication_present", "demand", "multipoint")
    return Row(
        **envelope,
        **numbers,
        **{name: draw(WORD) for name in words},
        **{name: draw(BIT) for name in flags},
        version=draw(st.integers(0, 7)),
        state=draw(st.integers(0, 3)),
        auth_type=draw(st.none() | BYTE),
        auth_length=draw(st.none() | BYTE),
        auth_key_id=draw(st.none() | BYTE),
        auth_sequence=draw(st.none() | WORD),
        auth_reserved=draw(st.none() | BYTE),
        malformed=draw(BIT),
        padding=draw(st.sampled_from(Padding)),
        digest=draw(st.sampled_from(Digest)),
    )


@given(st.lists(packets(), max_size=5))
def test_packets_survive_the_way_into_columns_and_back(given_packets: list[Row | Undecoded]) -> None:
    assert list(to_packets(from_packets(given_packets))) == given_packets


@given(packets(), st.data())
def test_what_stays_constant_is_all_but_time_frame_and_sequence(packet: Row | Undecoded, data: st.DataObject) -> None:
    table = np.repeat(from_packets([packet]).packets, 2)
    name = data.draw(st.sampled_from(PACKET.names or ()))
    column = table[name][1:].view(np.uint8)
    column ^= 0xFF
    one, other = constant(table)
    assert (one != other) == (name not in ("time_ns", "frame", "auth_sequence"))


def test_addresses_are_in_canonical_form() -> None:
    row = Undecoded(1, 2, "2001:db8::1", "192.0.2.1", 255, 1, 2, 6, 8)
    table = from_packets([row]).packets
    assert IPv6Address(table["source"][0].tobytes()) == IPv6Address("2001:db8::1")
    assert table["destination"][0].tobytes()[12:] == IPv4Address("192.0.2.1").packed
