"""`ControlPacket` to bytes and back."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refimpl.core.constants import State
from refimpl.core.packet import AuthSection, ControlPacket, Malformed
from refimpl.wire.codec import decode, encode, from_layer, pad, to_layer
from refimpl.wire.layers import Control, KeyedDigest, SimplePassword

UINT32 = st.integers(0, 2**32 - 1)


@st.composite
def consistent_packets(draw: st.DrawFn) -> ControlPacket:
    """Packets whose Length is their size and whose A bit tells whether a section follows; Auth Len may lie."""
    auth = draw(st.none() | st.builds(AuthSection, st.integers(0, 255), st.integers(0, 255), st.binary(max_size=40)))
    return ControlPacket(
        state=draw(st.integers(0, 3)),
        diag=draw(st.integers(0, 31)),
        poll=draw(st.booleans()),
        final=draw(st.booleans()),
        control_plane_independent=draw(st.booleans()),
        authentication_present=auth is not None,
        demand=draw(st.booleans()),
        multipoint=draw(st.booleans()),
        detect_mult=draw(st.integers(0, 255)),
        length=24 if auth is None else 26 + len(auth.data),
        my_discriminator=draw(UINT32),
        your_discriminator=draw(UINT32),
        desired_min_tx_interval_us=draw(UINT32),
        required_min_rx_interval_us=draw(UINT32),
        required_min_echo_rx_interval_us=draw(UINT32),
        version=draw(st.integers(0, 7)),
        auth=auth,
    )


@settings(deadline=None)
@given(consistent_packets())
def test_round_trip(packet: ControlPacket) -> None:
    assert decode(encode(packet)) == packet
    assert from_layer(to_layer(packet)) == packet


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_decode(payload: bytes) -> None:
    packet = decode(payload)
    if len(payload) < 24:
        assert packet == Malformed(payload)
        return
    assert isinstance(packet, ControlPacket)
    section = payload[24 : payload[3]]
    assert (packet.auth is not None) == (packet.authentication_present and len(section) >= 2)
    described = 24 if packet.auth is None else 24 + len(section)
    assert encode(packet) == payload[:described]


def test_values_by_hand() -> None:
    wire = bytes.fromhex("23ea0518 0000000a 0000000b 000493e0 00030d40 0000c350")
    packet = ControlPacket(
        state=State.UP,
        diag=3,
        poll=True,
        control_plane_independent=True,
        demand=True,
        detect_mult=5,
        my_discriminator=10,
        your_discriminator=11,
        desired_min_tx_interval_us=300_000,
        required_min_rx_interval_us=200_000,
        required_min_echo_rx_interval_us=50_000,
    )
    assert encode(packet) == wire
    assert decode(wire) == packet


@pytest.mark.parametrize(
    ("length", "tail", "auth"),
    [
        (33, b"\x01\x09\x07secret", AuthSection(1, 9, b"\x07secret")),
        (33, b"\x01\x09\x07secret" + b"beyond", AuthSection(1, 9, b"\x07secret")),
        (33, b"\x01\x04\x07secret", AuthSection(1, 4, b"\x07secret")),
        (33, b"\x01\xff\x07sec", AuthSection(1, 255, b"\x07sec")),
        (30, b"\x01\x09\x07secret", AuthSection(1, 9, b"\x07sec")),
        (26, b"\x01\x09\x07secret", AuthSection(1, 9, b"")),
        (25, b"\x01\x09\x07secret", None),
        (24, b"\x01\x09\x07secret", None),
        (0, b"\x01\x09\x07secret", None),
        (33, b"\x01", None),
    ],
)
def test_section_reaches_as_far_as_length_and_payload(length: int, tail: bytes, auth: AuthSection | None) -> None:
    header = encode(ControlPacket(authentication_present=True, length=length))
    packet = decode(header + tail)
    assert isinstance(packet, ControlPacket)
    assert packet.auth == auth
    assert packet.length == length


def test_no_section_without_the_a_bit() -> None:
    packet = decode(encode(ControlPacket(length=33)) + b"\x01\x09\x07secret")
    assert packet == ControlPacket(length=33)


def test_encode_recomputes_nothing() -> None:
    packet = ControlPacket(length=200, auth=AuthSection(1, 77, b"\x00ab"))
    assert encode(packet)[1] & 0x04 == 0
    assert encode(packet)[3] == 200
    assert encode(packet)[24:] == b"\x01\x4d\x00ab"


def test_from_layer_tells_the_computed_fields() -> None:
    packet = from_layer(Control(authentication_present=1, auth=SimplePassword(key_id=3, password=b"pw")))
    assert packet.length == 29
    assert packet.auth == AuthSection(1, 5, b"\x03pw")


def test_to_layer_names_the_parts_of_the_section() -> None:
    section = AuthSection(4, 28, b"\x02\x00\x00\x00\x00\x09" + bytes(range(20)))
    layer = to_layer(ControlPacket(authentication_present=True, length=52, auth=section))
    assert isinstance(layer.auth, KeyedDigest)
    assert (layer.auth.key_id, layer.auth.sequence, layer.auth.digest) == (2, 9, bytes(range(20)))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"diag": 32}, "diag=32: allowed is 0 to 31"),
        ({"required_min_rx_interval_us": 2**32}, "required_min_rx_interval=4294967296: allowed"),
        ({"auth": AuthSection(256, 2, b"")}, "type=256: allowed is 0 to 255"),
        ({"auth": AuthSection(1, -1, b"")}, "len=-1: allowed is 0 to 255"),
    ],
)
def test_value_that_does_not_fit_is_refused(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        encode(dataclasses.replace(ControlPacket(), **change))


def test_steady_state_is_remembered() -> None:
    packet = ControlPacket(my_discriminator=0x51EAD)
    assert encode(packet) is encode(dataclasses.replace(packet))
    assert decode(encode(packet)) is decode(bytes(bytearray(encode(packet))))


def test_padding_is_zeros_behind_the_packet_which_stays_the_same() -> None:
    packet = ControlPacket(my_discriminator=7)
    padded = pad(encode(packet), 128)
    assert padded == encode(packet) + bytes(104)
    assert decode(padded) == packet
    assert pad(encode(packet), 24) == pad(encode(packet), 0) == encode(packet)
