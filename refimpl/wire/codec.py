"""`ControlPacket` <-> bytes, by way of the layers (RFC 5880 sections 4.1 to 4.4).

Both directions remember what they did: in steady state a session sends and receives the same bytes over and over.
"""

from functools import lru_cache

from refimpl.core.constants import MANDATORY_LENGTH
from refimpl.core.packet import AuthSection, ControlPacket, Malformed
from refimpl.wire.layers import AUTH_HEADER, Auth, Control, auth_layer

_REMEMBERED = 4096
"""Packets kept per direction: more than the sessions of a large test."""


@lru_cache(maxsize=_REMEMBERED)
def encode(packet: ControlPacket) -> bytes:
    """The bytes of `packet`, every value as it is: Length and Auth Len are not recomputed.

    Raises ValueError where a value does not fit into its field (RFC 5880 section 4.1).
    """
    return bytes(to_layer(packet))


def pad(payload: bytes, size: int) -> bytes:
    """`payload` with zero bytes behind it up to `size` bytes: they belong to the encapsulation, and not to the packet,
    so that neither Length nor a digest knows of them (RFC 9764 section 3)."""
    return payload.ljust(size, b"\0")


@lru_cache(maxsize=_REMEMBERED)
def decode(payload: bytes) -> ControlPacket | Malformed:
    """The values in a UDP payload, right or wrong; `Malformed` for less than the 24 bytes of the Mandatory Section.

    `auth` is there if and only if the A bit is set and Length and payload leave it at least 2 bytes; its data reaches
    to the end of Length (or of the payload), whatever Auth Len says. Bytes beyond Length are ignored.
    """
    return _values(payload) if len(payload) >= MANDATORY_LENGTH else Malformed(payload)


def from_layer(layer: Control) -> ControlPacket:
    """The values that `layer` has on the wire, computed fields included."""
    return _values(bytes(layer))


def to_layer(packet: ControlPacket) -> Control:
    """The layer of `packet`, nothing left to be computed.

    Raises ValueError where a value of the Authentication Section does not fit; the other fields are checked when built.
    """
    return Control(
        version=packet.version,
        diag=packet.diag,
        state=packet.state,
        poll=packet.poll,
        final=packet.final,
        control_plane_independent=packet.control_plane_independent,
        authentication_present=packet.authentication_present,
        demand=packet.demand,
        multipoint=packet.multipoint,
        detect_mult=packet.detect_mult,
        length=packet.length,
        my_discriminator=packet.my_discriminator,
        your_discriminator=packet.your_discriminator,
        desired_min_tx_interval=packet.desired_min_tx_interval_us,
        required_min_rx_interval=packet.required_min_rx_interval_us,
        required_min_echo_rx_interval=packet.required_min_echo_rx_interval_us,
        auth=None if packet.auth is None else _auth_layer(packet.auth),
    )


def _auth_layer(auth: AuthSection) -> Auth:
    return auth_layer(bytes(Auth(type=auth.auth_type, len=auth.length, data=auth.data)))


def _values(wire: bytes) -> ControlPacket:
    layer = Control(wire)
    section = wire[MANDATORY_LENGTH : layer.length] if layer.authentication_present else b""
    return ControlPacket(
        version=layer.version,
        diag=layer.diag,
        state=layer.state,
        poll=bool(layer.poll),
        final=bool(layer.final),
        control_plane_independent=bool(layer.control_plane_independent),
        authentication_present=bool(layer.authentication_present),
        demand=bool(layer.demand),
        multipoint=bool(layer.multipoint),
        detect_mult=layer.detect_mult,
        length=layer.length,
        my_discriminator=layer.my_discriminator,
        your_discriminator=layer.your_discriminator,
        desired_min_tx_interval_us=layer.desired_min_tx_interval,
        required_min_rx_interval_us=layer.required_min_rx_interval,
        required_min_echo_rx_interval_us=layer.required_min_echo_rx_interval,
        auth=AuthSection(section[0], section[1], section[2:]) if len(section) >= AUTH_HEADER else None,
    )
