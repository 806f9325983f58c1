"""What a decoder saw, one value per packet: rows, and the packets that could not be read as rows.

Lives here: the row types and their grouping into conversations. Must not live here: reading files, judging. Field names
are those of RFC 5880 section 4.1; nothing is validated, for a row holds what the wire held.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address


class Padding(StrEnum):
    """What lies between Length and the end of the UDP payload (RFC 9764 section 3)."""

    NONE = "none"
    ZERO = "zero"
    NONZERO = "nonzero"
    CUT = "cut"  # the capture does not hold all of it


class Digest(StrEnum):
    """Whether the Authentication Section agrees with the keys that were given (RFC 5880 sections 6.7.2 to 6.7.4)."""

    UNCHECKED = "unchecked"
    RIGHT = "right"
    WRONG = "wrong"
    NO_KEY = "no key"  # keys were given, none with this Key ID
    KEY = "key"  # a key stands where its digest belongs
    DOUBTFUL = "doubtful"  # wrong, but the UDP checksum does not vouch for the packet


@dataclass(slots=True)  # not frozen: that would double the time that it takes to make one
class Envelope:
    """What carried the packet: the innermost IP and UDP headers around it.

    `frame` is the number that Wireshark shows. `time_ns` is nanoseconds since the Unix epoch. Addresses are text in
    canonical form, without a zone. `ttl` is the TTL or Hop Limit. `udp_length` is the UDP Length field, header
    included. `place` is where in the capture the packet was seen: interface, VLANs and tunnel, outermost first, as in
    "eth0", "eth0 vlan 10.20", "eth0 vxlan 42"; "" where the file has one unnamed interface and there is none of
    them, "interface 1" for a second one.
    `dont_fragment` is the DF bit; False in IPv6.
    """

    frame: int
    time_ns: int
    source: str
    destination: str
    ttl: int
    source_port: int
    destination_port: int
    ip_version: int
    udp_length: int
    place: str = field(default="", kw_only=True)
    dont_fragment: bool = field(default=False, kw_only=True)

    @property
    def to_many(self) -> bool:
        """Whether the destination is a multicast address: RFC 8562 then has other rules than RFC 5880."""
        return _is_multicast(self.destination)

    @property
    def through_lsp(self) -> bool:
        """Whether it goes to 127/8 or its IPv6 mapping, as RFC 5884 section 7 sends through LSPs: with TTL 1, and to
        the port of a single hop."""
        return _is_loopback(self.destination)

    @property
    def payload_length(self) -> int:
        """Bytes of UDP payload by the UDP Length field: what RFC 5880 section 6.8.6 compares Length with."""
        return self.udp_length - 8


@dataclass(slots=True)
class Row(Envelope):
    """A Control packet whose Mandatory Section was there. Intervals are microseconds, discriminators 0 to 2**32-1.

    State and flags are read where version 1 has them, whatever `version` says: that is how a system that forgets to
    look at the version would take them. The auth fields are None where the decoder found no Authentication Section, or
    one without that field. `malformed` is a promise of the A bit that is not kept (captures.payload.malformed).
    """

    version: int
    diag: int
    state: int
    poll: bool
    final: bool
    control_plane_independent: bool
    authentication_present: bool
    demand: bool
    multipoint: bool
    detect_mult: int
    length: int
    my_discriminator: int
    your_discriminator: int
    desired_min_tx_interval_us: int
    required_min_rx_interval_us: int
    required_min_echo_rx_interval_us: int
    auth_type: int | None
    auth_length: int | None
    auth_key_id: int | None
    auth_sequence: int | None
    auth_reserved: int | None = field(default=None, kw_only=True)
    malformed: bool
    padding: Padding = field(default=Padding.NONE, kw_only=True)
    digest: Digest = field(default=Digest.UNCHECKED, kw_only=True)


@dataclass(slots=True)
class Undecoded(Envelope):
    """A packet to a BFD port in which the decoder found no complete Mandatory Section: it has no field values."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Both directions between two addresses on one destination port, in the order of the capture."""

    addresses: tuple[str, str]
    destination_port: int
    rows: tuple[Row, ...]

    def sent_by(self, speaker: str) -> list[Row]:
        """The rows with `speaker` as the source address."""
        return [row for row in self.rows if row.source == speaker]


def conversations(rows: Iterable[Row]) -> list[Conversation]:
    """Group `rows` by address pair and destination port, in order of first appearance.

    Sessions that share the pair and the port (parallel links, a restarted daemon) share a conversation; they differ in
    their discriminators.
    """
    groups: dict[tuple[frozenset[str], int], list[Row]] = {}
    for row in rows:
        groups.setdefault((frozenset((row.source, row.destination)), row.destination_port), []).append(row)
    return [
        Conversation((group[0].source, group[0].destination), port, tuple(group)) for (_, port), group in groups.items()
    ]


@lru_cache(maxsize=65536)
def _is_loopback(address: str) -> bool:
    value = ip_address(address)
    mapped = getattr(value, "ipv4_mapped", None)
    return (mapped or value).is_loopback


@lru_cache(maxsize=65536)
def _is_multicast(address: str) -> bool:
    return ip_address(address).is_multicast
