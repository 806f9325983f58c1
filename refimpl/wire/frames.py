"""Ethernet frames around UDP datagrams, over IPv4 and IPv6 (encapsulation of RFC 5881 sections 4 and 5).

The simulated link and the capture tests speak frames, so that the bytes of a virtual run are those of a real one. What
a datagram carries is not looked at. A received checksum is not judged: captures taken on a sending host often hold none
yet. Both directions remember what they did, because steady state repeats the same frames.
"""

import struct
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

_REMEMBERED = 4096
"""Frames kept per direction."""

_CS6 = 0xC0
"""TOS or Traffic Class of network control traffic (RFC 4594 section 3.1)."""

ECN_BITS = 2
"""The lowest bits of that octet are no part of the DSCP (RFC 3168 section 5)."""

_ETHERNET_HEADER = 14
_VLAN_TAG = 4
_IPV4_HEADER = 20
_IPV6_HEADER = 40
_UDP_HEADER = 8

_ETHERTYPE_IPV4 = 0x0800
_ETHERTYPE_IPV6 = 0x86DD
_ETHERTYPES_VLAN = (0x8100, 0x88A8)
_PROTOCOL_UDP = 17
_DONT_FRAGMENT = 0x4000
_FRAGMENT_OFFSET_MASK = 0x1FFF
_UINT8_MAX = 0xFF
_UINT16_MAX = 0xFFFF


@dataclass(frozen=True, slots=True)
class Datagram:
    """A UDP datagram with what IP says about it.

    `source` and `destination` are textual IPv4 or IPv6 addresses of one family, without a zone. Ports are 0-65535,
    `ttl` (or Hop Limit) and `traffic_class` (TOS or Traffic Class, the whole octet) 0-255. `dont_fragment` is the DF
    bit, which IPv4 alone has.
    """

    source: str
    destination: str
    source_port: int
    destination_port: int
    ttl: int
    payload: bytes
    traffic_class: int = _CS6
    dont_fragment: bool = False


@lru_cache(maxsize=_REMEMBERED)
def build(datagram: Datagram, source_mac: str, destination_mac: str) -> bytes:
    """The Ethernet frame of `datagram`: IPv4 Identification 0, correct checksums.

    MAC addresses are six hexadecimal bytes separated by colons. Raises ValueError for an address that is none, for two
    address families in one datagram, and for a port, TTL, traffic class or payload out of range.
    """
    _check_ranges(datagram)
    macs = _mac(destination_mac) + _mac(source_mac)
    match ip_address(datagram.source), ip_address(datagram.destination):
        case IPv4Address() as source, IPv4Address() as destination:
            return macs + struct.pack("!H", _ETHERTYPE_IPV4) + _ipv4(datagram, source.packed, destination.packed)
        case IPv6Address() as source, IPv6Address() as destination if not (source.scope_id or destination.scope_id):
            return macs + struct.pack("!H", _ETHERTYPE_IPV6) + _ipv6(datagram, source.packed, destination.packed)
    raise ValueError(
        f"source {datagram.source} and destination {datagram.destination}: allowed are two IPv4 addresses,"
        " or two IPv6 addresses without a zone"
    )


@lru_cache(maxsize=_REMEMBERED)
def dissect(frame: bytes) -> Datagram | None:
    """The UDP datagram in an Ethernet II frame, or None when there is none or only a later fragment of one.

    VLAN tags and IPv4 options are skipped; IPv6 extension headers are not followed (None). The payload ends where UDP
    Length, the IP length or the frame ends, whichever comes first, so Ethernet padding never counts.
    """
    start = _ETHERNET_HEADER
    while (ethertype := int.from_bytes(frame[start - 2 : start])) in _ETHERTYPES_VLAN:
        start += _VLAN_TAG
    if ethertype == _ETHERTYPE_IPV4:
        return _from_ipv4(frame[start:])
    if ethertype == _ETHERTYPE_IPV6:
        return _from_ipv6(frame[start:])
    return None


def decrement_ttl(tagged: bytes) -> bytes | None:
    """What a router makes of an untagged frame without its MAC addresses, that is from the EtherType on: TTL or Hop
    Limit less by one, IPv4 header checksum to match. None for a packet that would not live on, or is not IP."""
    ethertype, packet = int.from_bytes(tagged[:2]), bytearray(tagged[2:])
    at = {_ETHERTYPE_IPV4: 8, _ETHERTYPE_IPV6: 7}.get(ethertype)
    if at is None or len(packet) < _IPV4_HEADER or packet[at] <= 1:
        return None
    packet[at] -= 1
    if ethertype == _ETHERTYPE_IPV4:
        header = (packet[0] & 0x0F) * 4
        packet[10:12] = bytes(2)
        packet[10:12] = struct.pack("!H", _checksum(bytes(packet[:header])))
    return tagged[:2] + bytes(packet)


def _check_ranges(datagram: Datagram) -> None:
    for name, value, greatest in (
        ("source_port", datagram.source_port, _UINT16_MAX),
        ("destination_port", datagram.destination_port, _UINT16_MAX),
        ("ttl", datagram.ttl, _UINT8_MAX),
        ("traffic_class", datagram.traffic_class, _UINT8_MAX),
        ("bytes of payload", len(datagram.payload), _UINT16_MAX - _IPV4_HEADER - _UDP_HEADER),
    ):
        if not 0 <= value <= greatest:
            raise ValueError(f"{name}={value}: allowed is 0 to {greatest}")


def _mac(text: str) -> bytes:
    parts = text.split(":")
    try:
        return struct.pack("!6B", *(int(part, 16) for part in parts))
    except (ValueError, struct.error):
        raise ValueError(f"MAC address {text!r}: six hexadecimal bytes separated by colons are expected") from None


def _ipv4(datagram: Datagram, source: bytes, destination: bytes) -> bytes:
    segment = _udp(datagram, source, destination)
    length = _IPV4_HEADER + len(segment)
    flags = _DONT_FRAGMENT if datagram.dont_fragment else 0
    about = 0x45, datagram.traffic_class, length, 0, flags, datagram.ttl, _PROTOCOL_UDP, 0
    header = struct.pack("!BBHHHBBH4s4s", *about, source, destination)
    return header[:10] + struct.pack("!H", _checksum(header)) + header[12:] + segment


def _ipv6(datagram: Datagram, source: bytes, destination: bytes) -> bytes:
    segment = _udp(datagram, source, destination)
    version_and_class = 6 << 28 | datagram.traffic_class << 20
    header = struct.pack("!IHBB", version_and_class, len(segment), _PROTOCOL_UDP, datagram.ttl)
    return header + source + destination + segment


def _udp(datagram: Datagram, source: bytes, destination: bytes) -> bytes:
    length = _UDP_HEADER + len(datagram.payload)
    ports_and_length = struct.pack("!HHH", datagram.source_port, datagram.destination_port, length)
    # The pseudo headers of IPv4 and IPv6 differ in layout, not in sum.
    pseudo_header = source + destination + struct.pack("!HH", _PROTOCOL_UDP, length)
    # A computed checksum of zero travels as all ones, because zero means "none" (RFC 768; RFC 8200 section 8.1).
    checksum = _checksum(pseudo_header + ports_and_length + datagram.payload) or _UINT16_MAX
    return ports_and_length + struct.pack("!H", checksum) + datagram.payload


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071): the complement of the ones' complement sum of 16-bit words.

    2**16 is 1 modulo 65535, so the whole buffer read as one number has the same remainder as the sum of its words.
    """
    even = data + bytes(len(data) % 2)
    return _UINT16_MAX - (int.from_bytes(even) % _UINT16_MAX or _UINT16_MAX)


def _from_ipv4(packet: bytes) -> Datagram | None:
    if len(packet) < _IPV4_HEADER:
        return None
    first, traffic_class, length, fragment, ttl, protocol, source, destination = struct.unpack_from(
        "!BBH2xHBB2x4s4s", packet
    )
    header = (first & 0x0F) * 4
    if first >> 4 != 4 or header < _IPV4_HEADER or protocol != _PROTOCOL_UDP or fragment & _FRAGMENT_OFFSET_MASK:
        return None
    addresses = str(IPv4Address(source)), str(IPv4Address(destination))
    return _from_udp(
        packet[header:length], *addresses, ttl, traffic_class, dont_fragment=bool(fragment & _DONT_FRAGMENT)
    )


def _from_ipv6(packet: bytes) -> Datagram | None:
    if len(packet) < _IPV6_HEADER:
        return None
    first, length, next_header, hop_limit, source, destination = struct.unpack_from("!IHBB16s16s", packet)
    if first >> 28 != 6 or next_header != _PROTOCOL_UDP:
        return None
    segment = packet[_IPV6_HEADER : _IPV6_HEADER + length]
    traffic_class = first >> 20 & _UINT8_MAX
    return _from_udp(segment, str(IPv6Address(source)), str(IPv6Address(destination)), hop_limit, traffic_class)


def _from_udp(
    segment: bytes, source: str, destination: str, ttl: int, traffic_class: int, *, dont_fragment: bool = False
) -> Datagram | None:
    if len(segment) < _UDP_HEADER:
        return None
    source_port, destination_port, length = struct.unpack_from("!HHH", segment)
    if length < _UDP_HEADER:
        return None
    payload = segment[_UDP_HEADER:length]
    return Datagram(source, destination, source_port, destination_port, ttl, payload, traffic_class, dont_fragment)
