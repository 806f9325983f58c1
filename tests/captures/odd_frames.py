"""Frames of every kind that carries BFD, and some that only look like it."""

from bfd_frames import A6, AUTHENTICATED, B6, A, B, control, datagram, ethernet
from scapy.contrib.geneve import GENEVE
from scapy.layers.inet import ICMP, IP, UDP, IPOption_LSRR, IPOption_NOP, IPOption_Router_Alert
from scapy.layers.inet6 import (
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)
from scapy.layers.ipsec import AH
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether
from scapy.layers.vxlan import VXLAN
from scapy.packet import Packet, Raw

MD5 = bytes([2, 24, 7, 0]) + (0xDEADBEEF).to_bytes(4, "big") + bytes(16)
CONTROL = control()
WITH_MD5 = control(flags=AUTHENTICATED, auth=MD5)


def _ip(
    payload: bytes = CONTROL, *, sport: int = 50000, dport: int = 3784, udp: int | None = None, **ip: object
) -> bytes:
    """An IPv4 packet with odd headers."""
    fields = {"src": A, "dst": B, "ttl": 255} | ip
    return ethernet(IP(**fields) / UDP(sport=sport, dport=dport, len=udp) / Raw(payload))


def _ip6(*extensions: Packet, udp: int | None = None) -> bytes:
    packet: Packet = IPv6(src=A6, dst=B6, hlim=255)
    for extension in extensions:
        packet /= extension
    return ethernet(packet / UDP(sport=50000, dport=3784, len=udp) / Raw(CONTROL))


def _typed(frame: bytes, before: bytes) -> bytes:
    """With other bytes instead of the Ethernet type."""
    return frame[:12] + before + frame[14:]


def _authenticated(section: bytes, **fields: int) -> bytes:
    return ethernet(datagram(control(flags=AUTHENTICATED, auth=section, **fields)))


def _cut(frame: bytes, missing: int) -> tuple[bytes, int]:
    """As a snap length leaves it."""
    return frame[:-missing], len(frame)


def odd_frames() -> dict[str, bytes | tuple[bytes, int]]:
    """By what is odd; of some, the capture holds only a part, and their length comes with it."""
    good, padded = ethernet(datagram(CONTROL)), ethernet(datagram(CONTROL + bytes(10)))
    good6 = ethernet(datagram(CONTROL, A6, B6))
    outer, ether = IP(src="198.51.100.1", dst="198.51.100.2"), Ether(src="02:00:00:00:00:03", dst="02:00:00:00:00:04")
    vxlan, geneve = outer / UDP(sport=999) / VXLAN(vni=5), outer / UDP(sport=999, dport=6081)
    nested = vxlan / ether / outer / UDP(sport=998) / VXLAN(vni=6) / ether / datagram(CONTROL)
    quote = IP(src=B, dst=A) / ICMP(type=3, code=3) / datagram(CONTROL)
    return {
        "IPv4": good,
        "IPv6": good6,
        "multihop": ethernet(datagram(CONTROL, dport=4784)),
        "micro": ethernet(datagram(CONTROL, dport=6784)),
        "s-bfd": ethernet(datagram(CONTROL, dport=7784)),
        "s-bfd reply": ethernet(datagram(CONTROL, B, A, dport=49152, sport=7784)),
        "dns from port 7784": ethernet(datagram(bytes(30), B, A, dport=53, sport=7784)),
        "echo": ethernet(datagram(CONTROL, dport=3785)),
        "port of another protocol as source": _ip(sport=53),
        "its own port as source": _ip(sport=3784, dport=9999),
        "no bfd": ethernet(datagram(b"hello", dport=53)),
        "quoted in icmp": ethernet(quote),
        "vlan": ethernet(Dot1Q(vlan=5) / datagram(CONTROL)),
        "qinq": ethernet(Dot1AD(vlan=10) / Dot1Q(vlan=20) / datagram(CONTROL)),
        "four tags": _typed(good, bytes.fromhex("88a8 0001 9100 0002 88a8 0003 8100 0004 0800")),
        "mpls": _typed(good, bytes.fromhex("8847 000641ff")),
        "two labels and IPv6": _typed(good6, bytes.fromhex("8847 000640ff 000651ff")),
        "label without end": _typed(good, bytes.fromhex("8847 000640ff")),
        "mpls in a vlan": _typed(good, bytes.fromhex("8100 0005 8847 000641ff")),
        "another tag": _typed(good, bytes.fromhex("9200 0001 0800")),
        "802.3 length": _typed(good, bytes.fromhex("0040")),
        "vxlan": ethernet(vxlan / ether / datagram(CONTROL)),
        "vlan around vxlan around vlan": ethernet(Dot1Q(vlan=7) / vxlan / ether / Dot1Q(vlan=9) / datagram(CONTROL)),
        "vxlan in vxlan": ethernet(nested),
        "vxlan with nothing in it": ethernet(vxlan),
        "geneve": ethernet(geneve / GENEVE(vni=77) / ether / datagram(CONTROL, A6, B6)),
        "geneve options": ethernet(
            geneve / GENEVE(vni=78, options=bytes.fromhex("01020001 00000000")) / ether / datagram(CONTROL)
        ),
        "geneve without frame": ethernet(geneve / GENEVE(vni=79, proto=0x0800) / datagram(CONTROL)),
        "don't fragment": _ip(flags="DF"),
        "first fragment": _ip(flags="MF", udp=80),
        "later fragment": _ip(frag=4, proto=17),
        "IPv4 options": _ip(options=[IPOption_NOP(), IPOption_Router_Alert()]),
        "IPv4 source route": _ip(options=[IPOption_LSRR(routers=["203.0.113.9"])]),
        "IPv4 header of 16": _ip(ihl=4),
        "IPv4 length 0": _ip(len=0),
        "IPv4 length 10": _ip(len=10),
        "IPv4 length 24": _ip(len=24),
        "IPv4 length 30": _ip(len=30),
        "IPv4 length 200": _ip(len=200),
        "IPv4 authentication header": ethernet(
            IP(src=A, dst=B, ttl=255, proto=51)
            / AH(nh=17, payloadlen=4, icv=bytes(12))
            / UDP(sport=50000, dport=3784)
            / CONTROL
        ),
        "UDP length 80": _ip(udp=80),
        "UDP length 20": _ip(udp=20),
        "UDP length 8": _ip(udp=8),
        "UDP length 5": _ip(udp=5),
        "UDP length 0": _ip(udp=0),
        "IPv6 length 0": good6[:18] + bytes(2) + good6[20:],
        "IPv6 UDP length 0": _ip6(udp=0),
        "IPv6 extensions": _ip6(
            IPv6ExtHdrHopByHop(), IPv6ExtHdrDestOpt(), IPv6ExtHdrRouting(addresses=["2001:db8::9"])
        ),
        "IPv6 first fragment": _ip6(IPv6ExtHdrFragment(m=1, id=3), udp=90),
        "IPv6 whole fragment": _ip6(IPv6ExtHdrFragment(id=4)),
        "IPv6 later fragment": _ip6(IPv6ExtHdrFragment(offset=3, nh=17, id=5)),
        "IPv6 authentication header": _ip6(AH(nh=17, payloadlen=4, icv=bytes(12))),
        "IPv6 as IPv4": _typed(good6, b"\x08\x00"),
        "IPv4 as IPv6": _typed(good, b"\x86\xdd"),
        "trailer": good + b"trailer",
        "version 0": ethernet(datagram(control(version=0))),
        "version 2": ethernet(datagram(control(version=2))),
        "Length 100": ethernet(datagram(control(length=100))),
        "Length 0": ethernet(datagram(control(length=0))),
        "padding": padded,
        "padding that is not zero": ethernet(datagram(CONTROL + bytes(9) + b"\1")),
        "padding cut": _cut(padded, 4),
        "23 bytes": ethernet(datagram(CONTROL[:23])),
        "nothing": ethernet(datagram(b"")),
        "md5": ethernet(datagram(WITH_MD5)),
        "md5, Reserved 9": _authenticated(MD5[:3] + b"\x09" + MD5[4:]),
        "md5 in version 0": _authenticated(MD5, version=0),
        "md5 in version 3": _authenticated(MD5, version=3),
        "md5 behind Length": _authenticated(MD5, length=24),
        **{f"md5, {size} bytes of it": _authenticated(MD5[:size]) for size in (0, 1, 2, 3, 4, 7, 8, 12)},
        **{f"md5, {size} bytes cut off": _cut(ethernet(datagram(WITH_MD5)), size) for size in (4, 18, 22, 23, 24)},
        "password": _authenticated(bytes([1, 9, 5]) + b"secret"),
        **{f"password, Auth Len {size}": _authenticated(bytes([1, size, 9]) + b"secret") for size in (0, 2, 3, 40)},
        "sha1": _authenticated(bytes([5, 28, 9, 0, 1, 2, 3, 4]) + bytes(20)),
        "sha1 with Auth Len of md5": _authenticated(bytes([4, 24, 9, 0, 1, 2, 3, 4]) + bytes(20)),
        "auth type 0": _authenticated(bytes([0, 4, 9, 1])),
        "auth type 9": _authenticated(bytes([9, 4, 9, 1]) + bytes(6)),
        "auth type 9, Auth Len 100": _authenticated(bytes([9, 100, 9, 1]) + bytes(6)),
        "cut in the Mandatory Section": _cut(good, 4),
        "cut behind UDP": _cut(good, 24),
        "cut in UDP": _cut(good, 28),
        "cut in IP": _cut(good, 40),
        "cut in Ethernet": _cut(good, 60),
    }
