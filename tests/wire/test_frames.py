"""Frames around datagrams; scapy's own IP layers are the second opinion on every built byte."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP, IPOption_Router_Alert
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether
from scapy.packet import Padding, Raw

from refimpl.wire.frames import Datagram, build, dissect

HERE, THERE = "02:00:00:00:00:01", "02:00:00:00:00:02"
V4 = Datagram("192.0.2.1", "192.0.2.2", 49152, 3784, 255, bytes(range(24)))
V6 = Datagram("2001:db8::1", "2001:db8::2", 65535, 4784, 64, bytes(range(24)), traffic_class=0x29)

PORTS = st.integers(0, 65535)
PAYLOADS = st.binary(max_size=120)


@st.composite
def datagrams(draw: st.DrawFn) -> Datagram:
    """Datagrams of either address family."""
    addresses = st.ip_addresses(v=draw(st.sampled_from([4, 6]))).map(str)
    return draw(
        st.builds(Datagram, addresses, addresses, PORTS, PORTS, st.integers(0, 255), PAYLOADS, st.integers(0, 255))
    )


@pytest.mark.parametrize(("dont_fragment", "flags"), [(False, ""), (True, "DF")])
def test_the_bit_against_fragments(dont_fragment: bool, flags: str) -> None:
    datagram = dataclasses.replace(V4, dont_fragment=dont_fragment)
    frame = build(datagram, HERE, THERE)
    assert str(Ether(frame)[IP].flags) == flags
    assert bytes(without_checksums(frame)) == frame
    assert dissect(frame) == datagram


def without_checksums(frame: bytes) -> Ether:
    """The frame as scapy reads it, made to compute lengths and checksums anew."""
    ether = Ether(frame)
    for layer, computed in ((IP, ("len", "chksum")), (IPv6, ("plen",)), (UDP, ("len", "chksum"))):
        for name in computed if layer in ether else ():
            ether[layer].delfieldval(name)
    return ether


@settings(deadline=None)
@given(datagrams())
def test_round_trip(datagram: Datagram) -> None:
    assert dissect(build(datagram, HERE, THERE)) == datagram


@settings(deadline=None)
@given(datagrams())
def test_lengths_and_checksums_are_what_scapy_computes(datagram: Datagram) -> None:
    frame = build(datagram, HERE, THERE)
    assert bytes(without_checksums(frame)) == frame


def test_a_checksum_of_zero_travels_as_all_ones() -> None:
    zero = dataclasses.replace(V4, payload=b"\x00\x00")
    checksum = Ether(build(zero, HERE, THERE))[UDP].chksum
    sums_to_zero = dataclasses.replace(zero, payload=checksum.to_bytes(2))
    assert Ether(build(sums_to_zero, HERE, THERE))[UDP].chksum == 0xFFFF


def test_ipv4_header() -> None:
    ether = Ether(build(V4, HERE, THERE))
    ip = ether[IP]
    assert (ether.src, ether.dst) == (HERE, THERE)
    assert (ip.src, ip.dst, ip.ttl, ip.tos, ip.id, int(ip.flags)) == ("192.0.2.1", "192.0.2.2", 255, 0xC0, 0, 0)
    assert (ether[UDP].sport, ether[UDP].dport) == (49152, 3784)


def test_ipv6_header() -> None:
    ip = Ether(build(V6, HERE, THERE))[IPv6]
    assert (ip.src, ip.dst, ip.hlim, ip.tc, ip.fl) == ("2001:db8::1", "2001:db8::2", 64, 0x29, 0)


def around(*layers: object) -> bytes:
    """A frame out of scapy's layers."""
    frame = Ether(src=HERE, dst=THERE)
    for layer in layers:
        frame /= layer
    return bytes(frame)


V4_IP = IP(src=V4.source, dst=V4.destination, ttl=V4.ttl, tos=V4.traffic_class)
WITH_OPTIONS = IP(**V4_IP.fields | {"options": [IPOption_Router_Alert()]})
V4_UDP = UDP(sport=V4.source_port, dport=V4.destination_port) / Raw(V4.payload)
V6_IP = IPv6(src=V6.source, dst=V6.destination, hlim=V6.ttl, tc=V6.traffic_class)
V6_UDP = UDP(sport=V6.source_port, dport=V6.destination_port) / Raw(V6.payload)


@pytest.mark.parametrize(
    ("frame", "datagram"),
    [
        (around(V4_IP, V4_UDP), V4),
        (around(Dot1Q(vlan=7), V4_IP, V4_UDP), V4),
        (around(Dot1AD(vlan=8), Dot1Q(vlan=7), V6_IP, V6_UDP), V6),
        (around(WITH_OPTIONS, V4_UDP), V4),
        (around(V4_IP, V4_UDP) + bytes(10), V4),
        (around(V6_IP, V6_UDP) + bytes(10), V6),
        (around(V4_IP, UDP(sport=49152, dport=3784, len=32) / Raw(V4.payload + b"beyond UDP Length")), V4),
        (around(V6_IP, UDP(sport=65535, dport=4784, len=32) / Raw(V6.payload + b"beyond UDP Length")), V6),
        (
            around(
                IP(**V4_IP.fields | {"len": 52}),
                UDP(sport=49152, dport=3784, len=99) / Raw(V4.payload),
                Padding(b"beyond Total Length"),
            ),
            V4,
        ),
        (
            around(
                IPv6(**V6_IP.fields | {"plen": 32}),
                UDP(sport=65535, dport=4784, len=99) / Raw(V6.payload),
                Padding(b"beyond Payload Length"),
            ),
            V6,
        ),
    ],
    ids=[
        "plain",
        "vlan",
        "two vlans",
        "options",
        "padded v4",
        "padded v6",
        "udp length v4",
        "udp length v6",
        "ip length v4",
        "ip length v6",
    ],
)
def test_finds_the_datagram(frame: bytes, datagram: Datagram) -> None:
    assert dissect(frame) == datagram


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        around(V4_IP, V4_UDP)[:33],
        around(V4_IP, V4_UDP)[:41],
        around(V6_IP, V6_UDP)[:53],
        around(IP(src=V4.source, dst=V4.destination, proto=6), Raw(bytes(V4_UDP))),
        around(IPv6(src=V6.source, dst=V6.destination, nh=6), Raw(bytes(V6_UDP))),
        around(IP(src=V4.source, dst=V4.destination, frag=3, proto=17), Raw(bytes(V4_UDP))),
        around(IP(src=V4.source, dst=V4.destination, version=6), V4_UDP),
        around(IP(src=V4.source, dst=V4.destination, ihl=4), V4_UDP),
        around(IPv6(src=V6.source, dst=V6.destination, version=4), V6_UDP),
        around(V4_IP, UDP(len=7) / Raw(V4.payload)),
        around(V6_IP, IPv6ExtHdrDestOpt(), V6_UDP),
        bytes(Ether(src=HERE, dst=THERE, type=0x0806) / Raw(bytes(V4_IP / V4_UDP))),
    ],
    ids=[
        "empty",
        "ip header cut",
        "udp header cut",
        "ipv6 header cut",
        "tcp",
        "tcp over ipv6",
        "later fragment",
        "wrong version in ipv4",
        "header length below 20",
        "wrong version in ipv6",
        "udp length below 8",
        "extension header",
        "arp",
    ],
)
def test_finds_none(frame: bytes) -> None:
    assert dissect(frame) is None


def test_first_fragment_yields_what_it_holds() -> None:
    frame = around(IP(**V4_IP.fields | {"flags": "MF", "len": 44}), V4_UDP)
    assert dissect(frame) == dataclasses.replace(V4, payload=V4.payload[:16])


@given(st.binary(max_size=120), st.sampled_from([b"\x08\x00", b"\x86\xdd", b"\x81\x00", b""]))
def test_any_bytes_are_read(tail: bytes, ethertype: bytes) -> None:
    datagram = dissect(bytes(12) + ethertype + tail)
    assert datagram is None or datagram.payload in tail


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"destination": "2001:db8::2"}, "source 192.0.2.1 and destination 2001:db8::2: allowed are two IPv4"),
        ({"source": "fe80::1%eth0", "destination": "fe80::2"}, "without a zone"),
        ({"source": "r1"}, "'r1' does not appear to be an IPv4 or IPv6 address"),
        ({"ttl": 256}, "ttl=256: allowed is 0 to 255"),
        ({"source_port": -1}, "source_port=-1: allowed is 0 to 65535"),
        ({"destination_port": 65536}, "destination_port=65536: allowed is 0 to 65535"),
        ({"payload": bytes(65508)}, "bytes of payload=65508: allowed is 0 to 65507"),
    ],
)
def test_impossible_datagram_is_refused(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        build(dataclasses.replace(V4, **change), HERE, THERE)


@pytest.mark.parametrize("mac", ["", "02:00:00:00:00", "02:00:00:00:00:100", "02:00:00:00:00:xx"])
def test_impossible_mac_is_refused(mac: str) -> None:
    with pytest.raises(ValueError, match=r"MAC address .* six hexadecimal bytes"):
        build(V4, mac, THERE)


def test_steady_state_is_remembered() -> None:
    frame = build(V4, HERE, THERE)
    assert build(dataclasses.replace(V4), HERE, THERE) is frame
    assert dissect(bytes(bytearray(frame))) is dissect(frame)
