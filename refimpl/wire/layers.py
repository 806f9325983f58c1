"""The BFD Control packet as scapy layers (RFC 5880 sections 4.1 to 4.4) and their UDP ports (RFC 5881 section 4).

Lenient when building: a field takes any value that fits, 0 is a value, and None means "computed" (Length, Auth Len).
Exact when dissecting: the Authentication Section is read only with the A bit set, and only as far as Length, the
payload and Auth Len all reach. What Length covers beyond the known sections becomes Raw, what lies beyond Length
becomes Padding; no byte is lost. Nothing is judged here, and only the parts of scapy that these layers need are loaded.
"""

from typing import Any, ClassVar

from scapy.fields import (
    AnyField,
    BitEnumField,
    BitField,
    ByteEnumField,
    ByteField,
    IntField,
    PacketField,
    StrLenField,
    XIntField,
)
from scapy.layers.inet import UDP
from scapy.packet import Packet, Raw, bind_bottom_up, bind_top_down

from refimpl.core.constants import (
    MANDATORY_LENGTH,
    PORT_MICRO,
    PORT_MULTI_HOP,
    PORT_SBFD_REFLECTOR,
    PORT_SINGLE_HOP,
    SLOW_INTERVAL_US,
    SOURCE_PORT_MIN,
    VERSION,
    AuthType,
    Diag,
    State,
)

CONTROL_PORTS = (PORT_SINGLE_HOP, PORT_MULTI_HOP, PORT_MICRO, PORT_SBFD_REFLECTOR)
"""UDP destination ports whose payload is dissected as `Control`."""

AUTH_HEADER = 2
"""Bytes of Auth Type and Auth Len, the least Authentication Section."""

_PASSWORD_HEADER = 3
"""Bytes before the password (RFC 5880 section 4.2)."""

_DIGEST_HEADER = 8
"""Bytes before the digest (RFC 5880 sections 4.3, 4.4)."""

_AUTH_TYPES = {auth_type.value: auth_type.name.lower() for auth_type in AuthType}


def _with_own_size(header: bytes, offset: int, name: str) -> bytes:
    """`header` with its size in the byte at `offset`. Raises ValueError when a byte cannot hold it."""
    if len(header) > 0xFF:
        raise ValueError(
            f"{name}: {len(header)} bytes do not fit into the field (0 to 255); give a value to lie about it"
        )
    return header[:offset] + bytes([len(header)]) + header[offset + 1 :]


def check_fits(field: AnyField, value: int) -> None:
    """Raise ValueError when `field` cannot hold `value`; scapy would cut surplus bits off a bit field in silence."""
    greatest = (1 << round(field.sz * 8)) - 1
    if not 0 <= value <= greatest:
        raise ValueError(f"{field.name}={value}: allowed is 0 to {greatest}")


class _Layer(Packet):
    """A layer that refuses to be built with a number that does not fit into its field."""

    def self_build(self) -> bytes:
        """The bytes of this layer alone. Raises ValueError for a number that does not fit."""
        for field in self.fields_desc:
            value = self.getfieldval(field.name)
            if isinstance(value, int):
                check_fits(field, value)
        return bytes(super().self_build())


class Auth(_Layer):
    """An Authentication Section of unknown type, or too short for what its type says (RFC 5880 section 4.1)."""

    name = "BFD Authentication"
    fields_desc: ClassVar[list[AnyField]] = [
        ByteEnumField("type", 0, _AUTH_TYPES),
        ByteField("len", None),
        StrLenField("data", b"", length_from=lambda auth: max(0, auth.len - AUTH_HEADER)),
    ]

    def post_build(self, header: bytes, payload: bytes) -> bytes:
        """Compute Auth Len where it is None."""
        return (_with_own_size(header, 1, "Auth Len") if self.len is None else header) + payload

    def extract_padding(self, rest: bytes) -> tuple[bytes, bytes]:
        """Nothing follows inside the section: what Auth Len does not cover is not ours."""
        return b"", rest


class SimplePassword(Auth):
    """Simple Password (RFC 5880 section 4.2). `password` may have any length, though 1 to 16 bytes are allowed."""

    name = "BFD Simple Password"
    fields_desc: ClassVar[list[AnyField]] = [
        ByteEnumField("type", AuthType.SIMPLE_PASSWORD, _AUTH_TYPES),
        ByteField("len", None),
        ByteField("key_id", 0),
        StrLenField("password", b"", length_from=lambda auth: max(0, auth.len - _PASSWORD_HEADER)),
    ]


class KeyedDigest(Auth):
    """Keyed and Meticulous Keyed MD5 and SHA1 (RFC 5880 sections 4.3, 4.4). `digest` may have any length."""

    name = "BFD Keyed Digest"
    fields_desc: ClassVar[list[AnyField]] = [
        ByteEnumField("type", AuthType.METICULOUS_KEYED_SHA1, _AUTH_TYPES),
        ByteField("len", None),
        ByteField("key_id", 0),
        ByteField("reserved", 0),
        IntField("sequence", 0),
        StrLenField("digest", bytes(20), length_from=lambda auth: max(0, auth.len - _DIGEST_HEADER)),
    ]


_KNOWN_AUTH: dict[int, tuple[type[Auth], int]] = {
    AuthType.SIMPLE_PASSWORD: (SimplePassword, _PASSWORD_HEADER),
    AuthType.KEYED_MD5: (KeyedDigest, _DIGEST_HEADER),
    AuthType.METICULOUS_KEYED_MD5: (KeyedDigest, _DIGEST_HEADER),
    AuthType.KEYED_SHA1: (KeyedDigest, _DIGEST_HEADER),
    AuthType.METICULOUS_KEYED_SHA1: (KeyedDigest, _DIGEST_HEADER),
}
"""Auth Type -> layer, and the least section that layer can read."""


def auth_layer(section: bytes) -> Auth:
    """The layer of a received Authentication Section of at least 2 bytes; bytes beyond Auth Len become Padding.

    The class is chosen by Auth Type, and `Auth` itself where the section is too short for that: no section fails.
    """
    layer, least = _KNOWN_AUTH.get(section[0], (Auth, AUTH_HEADER))
    return layer(section) if min(section[1], len(section)) >= least else Auth(section)


class _AuthField(PacketField):
    """The optional Authentication Section at the end of a Control packet. Its value is None when there is none."""

    def __init__(self, name: str) -> None:
        super().__init__(name, None, auth_layer)

    def getfield(self, pkt: "Control", s: bytes) -> tuple[bytes, Auth | None]:
        section = pkt.within_length(s)
        if not pkt.authentication_present or len(section) < AUTH_HEADER:
            return s, None
        rest, auth = super().getfield(pkt, section)
        return rest + s[len(section) :], auth


class Control(_Layer):
    """A BFD Control packet (RFC 5880 section 4.1), by default that of a session just created.

    Intervals are microseconds. `length` None is computed as 24 plus the size of `auth`. `auth` is a layer or None;
    `authentication_present` alone says whether the A bit is set. Fewer than 24 bytes are no Control packet: they
    become Raw.
    """

    name = "BFD Control"
    fields_desc: ClassVar[list[AnyField]] = [
        BitField("version", VERSION, 3),
        BitEnumField("diag", Diag.NONE, 5, {diag.value: diag.name.lower() for diag in Diag}),
        BitEnumField("state", State.DOWN, 2, {state.value: state.label for state in State}),
        BitField("poll", 0, 1),
        BitField("final", 0, 1),
        BitField("control_plane_independent", 0, 1),
        BitField("authentication_present", 0, 1),
        BitField("demand", 0, 1),
        BitField("multipoint", 0, 1),
        ByteField("detect_mult", 3),
        ByteField("length", None),
        XIntField("my_discriminator", 0),
        XIntField("your_discriminator", 0),
        IntField("desired_min_tx_interval", SLOW_INTERVAL_US),
        IntField("required_min_rx_interval", SLOW_INTERVAL_US),
        IntField("required_min_echo_rx_interval", 0),
        _AuthField("auth"),
    ]

    @classmethod
    def dispatch_hook(cls, _pkt: bytes = b"", *_args: Any, **_kwargs: Any) -> type[Packet]:
        """Raw for bytes that cannot hold the Mandatory Section; no bytes at all means that a packet is being built."""
        return Raw if 0 < len(_pkt) < MANDATORY_LENGTH else cls

    def within_length(self, rest: bytes) -> bytes:
        """The part of `rest`, the bytes not dissected yet, that the Length field covers."""
        dissected = len(self.original) - len(rest)
        return rest[: max(0, self.length - dissected)]

    def post_build(self, header: bytes, payload: bytes) -> bytes:
        """Compute Length where it is None."""
        return (_with_own_size(header, 3, "Length") if self.length is None else header) + payload

    def extract_padding(self, rest: bytes) -> tuple[bytes, bytes]:
        """What Length covers beyond the known sections, and what lies beyond Length."""
        covered = self.within_length(rest)
        return covered, rest[len(covered) :]

    def mysummary(self) -> str:
        """One line for packet lists."""
        return str(self.sprintf("BFD %Control.state% my=%Control.my_discriminator% your=%Control.your_discriminator%"))


for _port in CONTROL_PORTS:
    bind_bottom_up(UDP, Control, dport=_port)
bind_top_down(UDP, Control, sport=SOURCE_PORT_MIN, dport=PORT_SINGLE_HOP)
