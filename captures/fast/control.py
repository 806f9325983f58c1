"""Control packets (RFC 5880 section 4) and the headers around them, from bytes into columns."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from captures.checksum import intact
from captures.digests import Keys
from captures.fast.frames import Bytes, Frames, Integers, records
from captures.fast.headers import IPV4, IPV6, UDP
from captures.fast.places import Places
from captures.rows import Digest, Padding
from captures.table import (
    AUTH_KEY_ID,
    AUTH_LENGTH,
    AUTH_RESERVED,
    AUTH_SEQUENCE,
    AUTH_TYPE,
    AUTHENTICATION_PRESENT,
    PACKET,
)

MANDATORY = 24
"""Bytes of the Mandatory Section."""

_HEAD = np.dtype(
    [
        ("first", "u1"),
        ("second", "u1"),
        ("detect_mult", "u1"),
        ("length", "u1"),
        ("my_discriminator", ">u4"),
        ("your_discriminator", ">u4"),
        ("desired_min_tx_interval_us", ">u4"),
        ("required_min_rx_interval_us", ">u4"),
        ("required_min_echo_rx_interval_us", ">u4"),
    ]
)
_AUTH = np.dtype([("type", "u1"), ("length", "u1"), ("key_id", "u1"), ("reserved", "u1"), ("sequence", ">u4")])

_LEAST_WITH_AUTHENTICATION = 28
"""Below this Length, no decoder of ours looks for an Authentication Section: the smallest of RFC 5880 section 4 fills
it up to 28."""

_SIZES = np.zeros((256, 2), np.int64)  # least and most Auth Len by type, sections 4.2 to 4.4
_SIZES[:] = (2, 255)
_SIZES[1] = (4, 19)
_SIZES[2:4] = 24
_SIZES[4:6] = 28
_SEQUENCED = np.zeros(256, np.bool_)
_SEQUENCED[2:6] = True

_NONE, _ZERO, _NONZERO, _CUT = (
    list(Padding).index(each) for each in (Padding.NONE, Padding.ZERO, Padding.NONZERO, Padding.CUT)
)

_DIGESTS = {each: number for number, each in enumerate(Digest)}

_MAPPED = 0xFFFF0000  # as a little-endian number, the third word of an IPv4 address in IPv6's clothes


_WORDS = [(name, part) for name in ("source", "destination") for part in range(4)]
_LAYOUT: Any = {
    "names": [f"{name}_{part}" for name, part in _WORDS],
    "formats": ["<u4"] * len(_WORDS),
    "offsets": [PACKET.fields[name][1] + 4 * part for name, part in _WORDS],  # type: ignore[index]  # it has fields
    "itemsize": PACKET.itemsize,
}
_ADDRESS_WORDS = np.dtype(_LAYOUT)
"""The addresses of a packet, word by word."""


@dataclass(frozen=True, slots=True)
class Found:
    """Datagrams that carry BFD, one a frame: which frame of the batch, where the UDP header and the IP header start,
    where the bytes of the datagram end, the place and the IP version."""

    frame: Integers
    udp: Integers
    ip: Integers
    end: Integers
    place: Integers
    version: Integers


def fill(table: NDArray[Any], frames: Frames, found: Found, places: Places, keys: Keys | None) -> None:
    """Write what was found to an array of captures.table.PACKET of zeros."""
    buffer = frames.buffer
    table["frame"] = frames.first + found.frame
    table["time_ns"] = frames.time_ns[found.frame]
    table["place"] = places.positions(found.place)
    table["ip_version"] = found.version
    udp = records(buffer, found.udp, UDP)
    table["source_port"], table["destination_port"] = udp["source"], udp["destination"]
    table["udp_length"] = udp["length"]
    _addresses(buffer, table, found)
    payload = found.udp + 8
    stated = udp["length"].astype(np.int64) - 8
    _contents(buffer, table, payload, found.end - payload, stated)
    if keys is not None:
        _digests(buffer, table, found, udp["checksum"], keys)


def _digests(buffer: Bytes, table: NDArray[Any], found: Found, checksums: Integers, keys: Keys) -> None:
    """Packet by packet, for so do hashes want it."""
    chosen = np.nonzero(table["auth_fields"])[0]
    bounds = zip(chosen.tolist(), (found.udp[chosen] + 8).tolist(), found.end[chosen].tolist(), strict=True)
    data = memoryview(buffer.data)
    for number, start, stop in bounds:
        payload = bytes(data[start:stop])
        digest = keys.check(payload)
        if digest is Digest.WRONG and not _intact(table[number], int(checksums[number]), payload):
            digest = Digest.DOUBTFUL
        table["digest"][number] = _DIGESTS[digest]


def _intact(packet: Any, checksum: int, payload: bytes) -> bool:
    ports = int(packet["source_port"]), int(packet["destination_port"])
    addresses = packet["source"].tobytes(), packet["destination"].tobytes()
    return intact(*addresses, ports, int(packet["udp_length"]), checksum, payload)


def _addresses(buffer: Bytes, table: NDArray[Any], found: Found) -> None:
    is_4 = found.version == 4
    words = table.view(_ADDRESS_WORDS)
    for version, mask in ((4, is_4), (6, ~is_4)):
        if not mask.any():
            continue
        chosen = slice(None) if mask.all() else np.nonzero(mask)[0]
        if version == 4:
            header = records(buffer, found.ip[chosen], IPV4)
            table["ttl"][chosen] = header["ttl"]
            table["dont_fragment"][chosen] = header["fragment"] >> 14 & 1
            for name in ("source", "destination"):
                words[f"{name}_2"][chosen] = _MAPPED
                words[f"{name}_3"][chosen] = header[name]
        else:
            header = records(buffer, found.ip[chosen], IPV6)
            table["ttl"][chosen] = header["hop_limit"]
            for name in ("source", "destination"):
                for part in range(4):
                    words[f"{name}_{part}"][chosen] = header[name][:, part]


def _contents(buffer: Bytes, table: NDArray[Any], payload: Integers, there: Integers, stated: Integers) -> None:
    """The fields of Control packets whose Mandatory Section is there; `there` counts bytes in the capture, `stated`
    those of the UDP Length."""
    decoded = there >= MANDATORY
    head = records(buffer, payload, _HEAD)
    table["decoded"] = decoded
    flags = head["second"] & 0x3F
    table["version"], table["diag"] = head["first"] >> 5, head["first"] & 0x1F
    table["state"], table["flags"] = head["second"] >> 6, flags
    for name in _HEAD.names[2:]:  # type: ignore[index]  # it has names
        table[name] = head[name]
    authenticated = decoded & (flags & AUTHENTICATION_PRESENT != 0) & (head["first"] >= 1 << 5)
    if authenticated.any():
        chosen = np.nonzero(authenticated)[0]
        _authentication(buffer, table, chosen, payload[chosen], there[chosen], stated[chosen])
    padded = decoded & (stated > head["length"]) & (stated > MANDATORY)
    if padded.any():
        chosen = np.nonzero(padded)[0]
        start = payload[chosen] + np.maximum(head["length"][chosen], MANDATORY)
        start = np.minimum(start, payload[chosen] + there[chosen])
        table["padding"][chosen] = _padding(
            buffer, start, payload[chosen] + there[chosen], there[chosen] < stated[chosen]
        )
    if not decoded.all():
        for name in ("version", "diag", "state", "flags", *_HEAD.names[2:]):  # type: ignore[index]
            table[name][~decoded] = 0


def _padding(buffer: Bytes, start: Integers, end: Integers, cut: NDArray[np.bool_]) -> NDArray[np.int64]:
    """What lies from `start` to `end`, where some of it may be missing."""
    bounds = np.stack((start, end), axis=1).ravel()
    set_bits = np.bitwise_or.reduceat(buffer, bounds)[::2]  # of what lies between two paddings, too
    return np.select([(set_bits != 0) & (start < end), cut], [_NONZERO, _CUT], _ZERO)


def _authentication(
    buffer: Bytes, table: NDArray[Any], chosen: Integers, payload: Integers, there: Integers, stated: Integers
) -> None:
    """The Authentication Sections of packets with the A bit."""
    section = records(buffer, payload + MANDATORY, _AUTH)
    length = table["length"][chosen].astype(np.int64)
    size = section["length"].astype(np.int64)
    fits = (length >= _LEAST_WITH_AUTHENTICATION) & (MANDATORY + np.maximum(size, 2) <= there)
    keyed = fits & (there >= MANDATORY + 3)
    sequenced = fits & _SEQUENCED[section["type"]] & (there >= MANDATORY + 8)
    fields = (AUTH_TYPE | AUTH_LENGTH) * fits | AUTH_KEY_ID * keyed | (AUTH_SEQUENCE | AUTH_RESERVED) * sequenced
    table["auth_fields"][chosen] = fields
    table["auth_type"][chosen] = np.where(fits, section["type"], 0)
    table["auth_length"][chosen] = np.where(fits, section["length"], 0)
    table["auth_key_id"][chosen] = np.where(keyed, section["key_id"], 0)
    table["auth_sequence"][chosen] = np.where(sequenced, section["sequence"], 0)
    table["auth_reserved"][chosen] = np.where(sequenced, section["reserved"], 0)
    least, most = _SIZES[section["type"]].T
    seen = there >= MANDATORY + 2
    wrong = (size < least) | (size > most) | (MANDATORY + size > length) | (MANDATORY + size > stated)
    table["malformed"][chosen] = (length < MANDATORY + 2) | (stated < MANDATORY + 2) | (seen & wrong)
