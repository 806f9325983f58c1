"""The BFD Control packet as values, not bytes (RFC 5880 sections 4.1 to 4.4).

Every field holds what the wire holds, right or wrong, because the reception rules of 6.8.6 judge these values; nothing
is validated here. Bytes are the business of `refimpl.wire`.
"""

from dataclasses import dataclass, field

from refimpl.core.constants import DSCP_NETWORK_CONTROL, MANDATORY_LENGTH, VERSION, State


@dataclass(frozen=True, slots=True)
class AuthSection:
    """An Authentication Section.

    `length` is the Auth Len field (0-255), which may lie about `data`. `data` is everything after Auth Len, as far as
    the packet's Length field reaches; it may hold a password, and is in no repr.
    """

    auth_type: int
    length: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class ControlPacket:
    """A BFD Control packet. Intervals are microseconds (0 to 2**32-1), discriminators 0 to 2**32-1.

    `state` and `diag` are plain ints of 2 and 5 bits; compare them with `State` and `Diag`. `length` is the Length
    field, which may lie.
    """

    state: int = State.DOWN
    diag: int = 0
    poll: bool = False
    final: bool = False
    control_plane_independent: bool = False
    authentication_present: bool = False
    demand: bool = False
    multipoint: bool = False
    detect_mult: int = 3
    length: int = MANDATORY_LENGTH
    my_discriminator: int = 0
    your_discriminator: int = 0
    desired_min_tx_interval_us: int = 1_000_000
    required_min_rx_interval_us: int = 1_000_000
    required_min_echo_rx_interval_us: int = 0
    version: int = VERSION
    auth: AuthSection | None = None


@dataclass(frozen=True, slots=True)
class Meta:
    """What the encapsulation says about a received packet.

    `payload_length` is the size in bytes of the encapsulating protocol's payload, for the Length check of RFC 5880
    section 6.8.6. `source` and `destination` are textual IP addresses without a zone. `ttl` is the received TTL or
    Hop Limit, 0-255. `interface` is the name of the interface over which the packet came, or "" when unknown. `dscp` is
    the mark of its service level, 0-63.

    `payload` holds the bytes themselves, which digests are verified over (section 6.7). Like `AuthSection.data` it is
    in no repr; and metas are equal when packets came in the same way, whatever their bytes.
    """

    payload_length: int
    source: str
    destination: str
    source_port: int
    destination_port: int
    ttl: int
    interface: str = ""
    dscp: int = DSCP_NETWORK_CONTROL
    payload: bytes = field(default=b"", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Malformed:
    """A payload too short to hold the Mandatory Section: it has no field values, only its bytes."""

    payload: bytes
