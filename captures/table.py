"""Packets as columns: what every reader hands out, in chunks that fit into memory, however large the capture is.

Lives here: the layout of a chunk, and the way from chunks to rows and back. Must not live here: reading files, judging.
A chunk is a numpy array of `PACKET` with the names that its numbers stand for. Fields are those of RFC 5880 section
4.1; nothing is validated, for a column holds what the wire held.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

import numpy as np
from numpy.typing import NDArray

from captures.rows import Digest, Padding, Row, Undecoded

_MAPPED = bytes(10) + b"\xff\xff"
"""RFC 4291 section 2.5.5.2: how an IPv4 address stands in sixteen bytes."""

PACKET = np.dtype(
    [
        # What differs from packet to packet of a calm session:
        ("time_ns", "<i8"),
        ("frame", "<u4"),
        ("auth_sequence", "<u4"),
        # What stays the same; 80 bytes, see `constant`:
        ("source", "u1", 16),
        ("destination", "u1", 16),
        ("my_discriminator", "<u4"),
        ("your_discriminator", "<u4"),
        ("desired_min_tx_interval_us", "<u4"),
        ("required_min_rx_interval_us", "<u4"),
        ("required_min_echo_rx_interval_us", "<u4"),
        ("place", "<u4"),  # index into Chunk.places
        ("source_port", "<u2"),
        ("destination_port", "<u2"),
        ("udp_length", "<u2"),
        ("ttl", "u1"),
        ("ip_version", "u1"),
        ("dont_fragment", "u1"),
        ("decoded", "u1"),  # 0: no complete Mandatory Section was found; what follows is zero then
        ("version", "u1"),
        ("diag", "u1"),
        ("state", "u1"),
        ("flags", "u1"),  # P F C A D M, P = 0x20 ... M = 0x01
        ("detect_mult", "u1"),
        ("length", "u1"),
        (
            "auth_fields",
            "u1",
        ),  # which of those of the section are there: 1 type, 2 length, 4 key id, 8 sequence, 16 reserved
        ("auth_type", "u1"),
        ("auth_length", "u1"),
        ("auth_key_id", "u1"),
        ("malformed", "u1"),
        ("padding", "u1"),
        ("digest", "u1"),
        ("auth_reserved", "u1"),
    ]
)
"""One packet. Time in nanoseconds since the Unix epoch; addresses in sixteen bytes, IPv4 ones mapped."""

POLL, FINAL, CONTROL_PLANE_INDEPENDENT, AUTHENTICATION_PRESENT, DEMAND, MULTIPOINT = (
    1 << bit for bit in range(5, -1, -1)
)
AUTH_TYPE, AUTH_LENGTH, AUTH_KEY_ID, AUTH_SEQUENCE, AUTH_RESERVED = 1, 2, 4, 8, 16

_VARIABLE = 16  # bytes of time, frame and sequence number
assert PACKET.itemsize == _VARIABLE + 80

_FLAGS = {
    "poll": POLL,
    "final": FINAL,
    "control_plane_independent": CONTROL_PLANE_INDEPENDENT,
    "authentication_present": AUTHENTICATION_PRESENT,
    "demand": DEMAND,
    "multipoint": MULTIPOINT,
}
_AUTH = {
    "auth_type": AUTH_TYPE,
    "auth_length": AUTH_LENGTH,
    "auth_key_id": AUTH_KEY_ID,
    "auth_sequence": AUTH_SEQUENCE,
}
_OPTIONAL = {**_AUTH, "auth_reserved": AUTH_RESERVED}
_ADDRESSES = ("source", "destination")
_PLACE = ("place", "dont_fragment")
_JUDGED = ("malformed", "padding", "digest")
_TRUTHS = ("dont_fragment", "malformed")
_ENVELOPE = ("frame", "time_ns", "ttl", "source_port", "destination_port", "ip_version", "udp_length")
_CONTENTS = (
    "version",
    "diag",
    "state",
    "detect_mult",
    "length",
    "my_discriminator",
    "your_discriminator",
    "desired_min_tx_interval_us",
    "required_min_rx_interval_us",
    "required_min_echo_rx_interval_us",
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Packets in file order, an array of PACKET; `places` are the names for its column `place`, in a list that only
    grows from chunk to chunk of one file."""

    packets: NDArray[Any]
    places: Sequence[str]


_CONSTANT: Any = {"names": ["all"], "formats": ["S80"], "offsets": [_VARIABLE], "itemsize": PACKET.itemsize}


def constant(packets: NDArray[Any]) -> NDArray[np.bytes_]:
    """All that should not differ between two packets of a calm session, as strings of 80 bytes: numpy compares those
    quickly, and zeros at their end do not matter, as all are of one length."""
    strings: NDArray[np.bytes_] = np.ascontiguousarray(packets).view(np.dtype(_CONSTANT))["all"]
    return strings


def to_packets(chunk: Chunk) -> list[Row | Undecoded]:
    """The chunk's packets as objects."""
    packets, places = chunk.packets, chunk.places
    envelopes = _envelopes(packets)
    keywords = [
        {"place": places[place], "dont_fragment": df} for place, df in zip(*_lists(packets, _PLACE), strict=True)
    ]
    contents = zip(*_contents(packets), strict=True)
    reserved = _optional(packets, "auth_reserved")
    ends = zip(*_lists(packets, _JUDGED), reserved, packets["decoded"].tolist(), strict=True)
    return [
        Row(  # type: ignore[call-arg]
            *envelope,
            *content,
            malformed,
            **keyword,
            auth_reserved=reserved,
            padding=_PADDINGS[padding],
            digest=_DIGESTS[digest],
        )
        if decoded
        else Undecoded(*envelope, **keyword)
        for envelope, keyword, content, (malformed, padding, digest, reserved, decoded) in zip(
            envelopes, keywords, contents, ends, strict=True
        )
    ]


def _envelopes(packets: NDArray[Any]) -> Iterable[tuple[Any, ...]]:
    """The fields of Envelope in their order."""
    versions = packets["ip_version"].tolist()
    frames, times, *rest = _lists(packets, _ENVELOPE)
    sources, destinations = (_addresses(packets[name], versions) for name in _ADDRESSES)
    return zip(frames, times, sources, destinations, *rest, strict=True)


def _addresses(column: NDArray[Any], versions: list[int]) -> list[str]:
    joined = np.ascontiguousarray(column).tobytes()
    return [address_text(joined[16 * at : 16 * at + 16], version) for at, version in enumerate(versions)]


def _contents(packets: NDArray[Any]) -> list[list[Any]]:
    """The fields of Row from `version` to the authentication, in their order."""
    flags = [((packets["flags"] & bit) != 0).tolist() for bit in _FLAGS.values()]
    first, rest = _lists(packets, _CONTENTS[:3]), _lists(packets, _CONTENTS[3:])
    return [*first, *flags, *rest, *(_optional(packets, name) for name in _AUTH)]


def _optional(packets: NDArray[Any], name: str) -> list[int | None]:
    """A field of the Authentication Section, None where there is none."""
    values = packets[name].astype(object)
    values[packets["auth_fields"] & _OPTIONAL[name] == 0] = None
    found: list[int | None] = values.tolist()
    return found


def _lists(packets: NDArray[Any], names: Iterable[str]) -> list[list[Any]]:
    return [(packets[name] != 0).tolist() if name in _TRUTHS else packets[name].tolist() for name in names]


def from_packets(packets: Iterable[Row | Undecoded]) -> Chunk:
    """The way back, for the readers that get objects, and for tests."""
    given = list(packets)
    table = np.zeros(len(given), PACKET)
    places = list(dict.fromkeys(packet.place for packet in given))
    for name in (*_ENVELOPE, "dont_fragment"):
        table[name] = [getattr(packet, name) for packet in given]
    for name in _ADDRESSES:
        joined = b"".join(address_bytes(getattr(packet, name)) for packet in given)
        table[name] = np.frombuffer(joined, np.uint8).reshape(-1, 16)
    table["place"] = [places.index(packet.place) for packet in given]
    at = [number for number, packet in enumerate(given) if isinstance(packet, Row)]
    table[at] = _lines([packet for packet in given if isinstance(packet, Row)], table[at])
    return Chunk(table, places)


def _lines(rows: Sequence[Row], lines: NDArray[Any]) -> NDArray[Any]:
    """The lines, of which the envelope is filled in, with the rest."""
    lines["decoded"] = 1
    for name in (*_CONTENTS, "malformed"):
        lines[name] = [getattr(row, name) for row in rows]
    lines["flags"] = [sum(bit for name, bit in _FLAGS.items() if getattr(row, name)) for row in rows]
    for name, bit in _OPTIONAL.items():
        values = [getattr(row, name) for row in rows]
        lines[name] = [value or 0 for value in values]
        lines["auth_fields"] |= np.array([0 if value is None else bit for value in values], np.uint8)
    lines["padding"] = [_PADDINGS.index(row.padding) for row in rows]
    lines["digest"] = [_DIGESTS.index(row.digest) for row in rows]
    return lines


_PADDINGS = tuple(Padding)
_DIGESTS = tuple(Digest)


@lru_cache(maxsize=65536)
def address_text(sixteen: bytes, ip_version: int) -> str:
    """An address of a chunk in canonical form."""
    return str(IPv4Address(sixteen[12:]) if ip_version == 4 else IPv6Address(sixteen))


@lru_cache(maxsize=65536)
def address_bytes(text: str) -> bytes:
    """An address as a chunk holds it."""
    address = ip_address(text)
    return _MAPPED + address.packed if address.version == 4 else address.packed
