"""The format of RFC 5880 sections 4.1 to 4.4, against bytes typed by hand from its figures."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Padding, Raw

from refimpl.core.constants import AuthType, Diag, State
from refimpl.wire.layers import Auth, Control, KeyedDigest, SimplePassword

# Vers 1, Diag 3, Sta Up, P, C, D set, Detect Mult 5, Length 24
MANDATORY = bytes.fromhex("23ea0518 0000000a 0000000b 000493e0 00030d40 0000c350")
# the same with Diag 0, Sta Init, only A set, Length 33, and "secret" under key 7 (4.2)
PASSWORD = bytes.fromhex("20840521 0000000a 0000000b 000493e0 00030d40 0000c350 010907736563726574")
# Length 48, Keyed MD5, key 2, sequence 0x01020304, a 16-byte digest (4.3)
MD5 = bytes.fromhex("20c40530 0000000a 0000000b 000493e0 00030d40 0000c350 02180200 01020304") + bytes(range(16))
# Length 52, Meticulous Keyed SHA1, key 255, sequence 0xffffffff, a 20-byte hash (4.4)
SHA1 = bytes.fromhex("20c40534 0000000a 0000000b 000493e0 00030d40 0000c350 051cff00 ffffffff") + bytes(range(20))

TIMERS = {
    "detect_mult": 5,
    "my_discriminator": 10,
    "your_discriminator": 11,
    "desired_min_tx_interval": 300_000,
    "required_min_rx_interval": 200_000,
    "required_min_echo_rx_interval": 50_000,
}
GOLDEN = {
    "mandatory": (
        MANDATORY,
        Control(
            diag=Diag.NEIGHBOR_SIGNALED_SESSION_DOWN,
            state=State.UP,
            poll=1,
            control_plane_independent=1,
            demand=1,
            **TIMERS,
        ),
    ),
    "simple password": (
        PASSWORD,
        Control(
            state=State.INIT,
            authentication_present=1,
            auth=SimplePassword(key_id=7, password=b"secret"),
            **TIMERS,
        ),
    ),
    "keyed md5": (
        MD5,
        Control(
            state=State.UP,
            authentication_present=1,
            auth=KeyedDigest(type=AuthType.KEYED_MD5, key_id=2, sequence=0x01020304, digest=bytes(range(16))),
            **TIMERS,
        ),
    ),
    "meticulous keyed sha1": (
        SHA1,
        Control(
            state=State.UP,
            authentication_present=1,
            auth=KeyedDigest(
                type=AuthType.METICULOUS_KEYED_SHA1, key_id=255, sequence=0xFFFFFFFF, digest=bytes(range(20))
            ),
            **TIMERS,
        ),
    ),
}


def values(layer: Packet) -> dict[str, object]:
    """Every field of a layer by name, the fields of its Authentication Section included."""
    fields = {field.name: layer.getfieldval(field.name) for field in layer.fields_desc}
    return {name: values(value) if isinstance(value, Packet) else value for name, value in fields.items()}


@pytest.mark.parametrize("name", GOLDEN)
def test_builds_the_figures_bytes(name: str) -> None:
    wire, layer = GOLDEN[name]
    assert bytes(layer).hex(" ", 4) == wire.hex(" ", 4)


@pytest.mark.parametrize("name", GOLDEN)
def test_dissects_the_figures_bytes(name: str) -> None:
    wire, layer = GOLDEN[name]
    expected = values(layer) | {"length": len(wire)}
    if layer.auth:
        expected["auth"] = values(layer.auth) | {"len": len(wire) - 24}
    dissected = Control(wire)
    assert values(dissected) == expected
    assert not dissected.payload


@pytest.mark.parametrize(
    ("name", "byte", "mask"),
    [
        ("poll", 1, 0x20),
        ("final", 1, 0x10),
        ("control_plane_independent", 1, 0x08),
        ("authentication_present", 1, 0x04),
        ("demand", 1, 0x02),
        ("multipoint", 1, 0x01),
    ],
)
def test_each_flag_is_its_own_bit(name: str, byte: int, mask: int) -> None:
    with_flag, without = bytes(Control(**{name: 1})), bytes(Control())
    assert with_flag[byte] ^ without[byte] == mask
    assert Control(with_flag).getfieldval(name) == 1
    assert Control(without).getfieldval(name) == 0


def test_defaults_are_those_of_a_new_session() -> None:
    assert bytes(Control()).hex(" ", 4) == "20400318 00000000 00000000 000f4240 000f4240 00000000"


def test_zero_is_a_value_and_none_is_computed() -> None:
    auth = SimplePassword(password=b"abc", len=0)
    assert bytes(Control(length=0))[3] == 0
    assert bytes(Control(length=None, auth=auth))[3] == 24 + 6
    assert bytes(auth)[1] == 0
    assert bytes(SimplePassword(password=b"abc"))[1] == 6


def test_section_is_built_without_the_a_bit_but_not_read() -> None:
    wire = bytes(Control(auth=SimplePassword(password=b"abc")))
    assert wire[24:] == b"\x01\x06\x00abc"
    dissected = Control(wire)
    assert dissected.auth is None
    assert dissected.payload == Raw(b"\x01\x06\x00abc")


def test_password_ends_where_auth_len_says() -> None:
    dissected = Control(PASSWORD[:3] + bytes([len(PASSWORD) + 3]) + PASSWORD[4:] + b"XYZ")
    assert dissected.auth.password == b"secret"
    assert dissected.payload == Raw(b"XYZ")


def test_password_ends_where_length_says() -> None:
    dissected = Control(PASSWORD[:3] + bytes([len(PASSWORD) - 4]) + PASSWORD[4:])
    assert dissected.auth.password == b"se"
    assert dissected.payload == Padding(b"cret")


def test_bytes_beyond_length_are_padding() -> None:
    dissected = Control(MD5 + b"beyond")
    assert dissected.auth.digest == bytes(range(16))
    assert type(dissected.payload) is Padding
    assert dissected.payload.load == b"beyond"


@pytest.mark.parametrize(
    ("section", "layer"),
    [
        (b"\x01\x02", Auth),
        (b"\x01\x03\x09", SimplePassword),
        (b"\x02\x07\x00\x00\x00\x00\x00", Auth),
        (b"\x04\x08\x00\x00\x00\x00\x00\x00", KeyedDigest),
        (b"\x05\x1c\x00", Auth),
        (b"\x06\x04ab", Auth),
        (b"\x00\x00", Auth),
    ],
)
def test_section_too_short_for_its_type_is_unknown(section: bytes, layer: type[Auth]) -> None:
    dissected = Control(bytes(Control(authentication_present=1, length=24 + len(section))) + section)
    assert type(dissected.auth) is layer
    assert bytes(dissected.auth) == section


def test_lone_byte_is_no_section() -> None:
    dissected = Control(bytes(Control(authentication_present=1, length=25)) + b"\x01")
    assert dissected.auth is None
    assert dissected.payload == Raw(b"\x01")


def test_changed_section_of_a_received_packet_is_sent() -> None:
    dissected = Control(PASSWORD)
    dissected.auth.key_id = 8
    assert bytes(dissected) == PASSWORD.replace(b"\x07secret", b"\x08secret")


@pytest.mark.parametrize(
    ("layer", "complaint"),
    [
        (Control(version=8), "version=8: allowed is 0 to 7"),
        (Control(detect_mult=256), "detect_mult=256: allowed is 0 to 255"),
        (Control(my_discriminator=-1), "my_discriminator=-1: allowed is 0 to 4294967295"),
        (SimplePassword(key_id=256), "key_id=256: allowed is 0 to 255"),
        (SimplePassword(password=bytes(253)), "Auth Len: 256 bytes do not fit"),
        (Control(auth=KeyedDigest(digest=bytes(224))), "Length: 256 bytes do not fit"),
    ],
)
def test_value_that_does_not_fit_is_refused(layer: Packet, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        bytes(layer)


@pytest.mark.parametrize("port", [3784, 4784, 6784, 7784])
def test_dissected_on_the_control_ports(port: int) -> None:
    frame = Ether(dst="02:00:00:00:00:01") / IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=50000, dport=port)
    assert Ether(bytes(frame / Raw(MD5)))[Control].auth.sequence == 0x01020304


def test_other_ports_are_left_alone() -> None:
    frame = IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=3784, dport=3785) / Raw(MANDATORY)
    assert Control not in IP(bytes(frame))


def test_stacked_on_udp_goes_to_the_single_hop_port_from_the_permitted_range() -> None:
    udp = UDP(bytes(UDP() / Control()))
    assert udp.dport == 3784
    assert 49152 <= udp.sport <= 65535


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_dissected_and_none_is_lost(wire: bytes) -> None:
    dissected = Control(wire)
    assert isinstance(dissected, Control) == (not wire or len(wire) >= 24)
    if wire:
        assert bytes(dissected) == wire


@settings(deadline=None)
@given(
    length=st.integers(0, 255),
    section=st.builds(
        lambda auth_type, auth_len, data: bytes([auth_type, auth_len]) + data,
        st.integers(0, 7),
        st.integers(0, 255),
        st.binary(max_size=40),
    ),
)
def test_lying_lengths_lose_no_byte(length: int, section: bytes) -> None:
    wire = bytes(Control(authentication_present=1, length=length)) + section
    dissected = Control(wire)
    assert bytes(dissected) == wire
    dissected.clear_cache()  # scapy remembers the bytes that it dissected: build anew from the fields
    assert bytes(dissected) == wire
    if dissected.auth is not None:
        assert len(dissected.auth) <= max(2, min(section[1], length - 24))
