"""The fast reader and Wireshark's dissector see the same."""

import gzip
import random
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from bfd_frames import A6, B6, A, control, datagram, ethernet, needs_tshark
from containers import START_S, block, enhanced, interface, obsolete, options, pcap, pcapng, section, simple
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_frames import odd_frames

from captures.digests import Keys
from captures.fast import read_fast
from captures.read import CaptureError, read_pyshark, read_tshark
from captures.rows import Digest, Row, Undecoded
from captures.table import to_packets

FRAME = ethernet(datagram(control()))
IP4, IP6 = bytes(datagram(control())), bytes(datagram(control(), A6, B6))
Packets = list[Row | Undecoded]


def some_keys() -> Keys:
    """For some of the odd frames, and right for none of them."""
    keys = Keys()
    for key_id, auth_type in ((5, 1), (7, 2), (9, 4)):
        keys.add(key_id, auth_type, b"wrong!")
    return keys


KEYS = some_keys()


def fast(path: Path) -> Packets:
    return [packet for chunk in read_fast(path, keys=KEYS) for packet in to_packets(chunk)]


def dissected(path: Path) -> Packets:
    reading = read_tshark(path, keys=KEYS)
    return sorted([*reading.rows, *reading.undecoded], key=lambda packet: packet.frame)


def agreed(path: Path, frames: Sequence[int]) -> Packets:
    """What both readers see: packets in those frames and no others."""
    packets = fast(path)
    assert packets == dissected(path)
    assert [packet.frame for packet in packets] == list(frames)
    return packets


@needs_tshark
def test_three_readers_agree_on_odd_frames(tmp_path: Path) -> None:
    frames = odd_frames()
    path = pcap(tmp_path / "x.pcap", frames.values())
    names = dict(enumerate(frames, start=1))
    reading = read_tshark(path, keys=KEYS)
    assert read_pyshark(path, keys=KEYS) == reading
    assert {names[packet.frame]: packet for packet in fast(path)} == {
        names[packet.frame]: packet for packet in dissected(path)
    }
    seen = {names[packet.frame] for packet in (*reading.rows, *reading.undecoded)}
    assert set(frames) - seen == {
        "dns from port 7784",
        "echo",
        "no bfd",
        "quoted in icmp",
        "label without end",
        "another tag",
        "802.3 length",
        "vxlan with nothing in it",
        "later fragment",
        "IPv4 header of 16",
        "IPv4 length 10",
        "IPv4 length 24",
        "UDP length 5",
        "UDP length 0",
        "IPv6 length 0",
        "IPv6 later fragment",
        "IPv4 as IPv6",
        "cut in UDP",
        "cut in IP",
        "cut in Ethernet",
    }
    rows = {names[row.frame]: row for row in reading.rows}
    places = {name: row.place for name, row in rows.items() if row.place}
    assert places == {
        "vlan": "vlan 5",
        "qinq": "vlan 10.20",
        "mpls in a vlan": "vlan 5",
        "four tags": "vlan 1.2.3.4",
        "vxlan": "vxlan 5",
        "vlan around vxlan around vlan": "vlan 7 vxlan 5 vlan 9",
        "vxlan in vxlan": "vxlan 5 vxlan 6",
        "geneve": "geneve 77",
        "geneve options": "geneve 78",
        "geneve without frame": "geneve 79",
    }
    assert [name for name, row in rows.items() if row.dont_fragment] == ["don't fragment"]
    assert {name: str(row.padding) for name, row in rows.items() if row.padding != "none"} == {
        "first fragment": "cut",
        "IPv6 first fragment": "cut",
        "UDP length 80": "cut",
        "padding": "zero",
        "padding that is not zero": "nonzero",
        "padding cut": "cut",
        "md5 behind Length": "nonzero",
    }
    assert {name: row.auth_reserved for name, row in rows.items() if row.auth_reserved} == {"md5, Reserved 9": 9}
    assert {name for name, row in rows.items() if row.digest is Digest.WRONG} == {
        "md5",
        "md5, Reserved 9",
        "md5 in version 3",
        "password",
        "sha1",
    }
    assert [name for name, row in rows.items() if row.malformed] == [
        "md5 behind Length",
        *(f"md5, {size} bytes of it" for size in (0, 1, 2, 3, 4, 7, 8, 12)),
        *(f"password, Auth Len {size}" for size in (0, 2, 3, 40)),
        "sha1 with Auth Len of md5",
        "auth type 9, Auth Len 100",
    ]


@needs_tshark
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("nano", [False, True])
@pytest.mark.parametrize("compressed", [False, True])
def test_pcap_in_both_byte_orders(tmp_path: Path, order: str, nano: bool, compressed: bool) -> None:
    path = pcap(tmp_path / "x.pcap", [FRAME] * 10, order=order, nano=nano)
    if compressed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    packets = agreed(path, range(1, 11))
    assert packets[9].time_ns == (START_S + 9) * 10**9 + 9 * (1 if nano else 1000)


def cooked(kind: int) -> bytes:
    return struct.pack(">HHH8sH", 0, 1, 6, bytes.fromhex("0200000000010000"), kind)


def cooked_2(kind: int) -> bytes:
    return struct.pack(">HHIHBB8s", kind, 0, 3, 1, 0, 6, bytes.fromhex("0200000000010000"))


VLAN_5 = bytes.fromhex("00050800")
FAMILIES = [(family, packet) for family, packet in ((2, IP4), (24, IP6), (28, IP6), (30, IP6), (7, IP4))]


@needs_tshark
@pytest.mark.parametrize(
    ("link_type", "frames", "seen"),
    [
        (0, [struct.pack(order + "I", family) + packet for order in "<>" for family, packet in FAMILIES], 8),
        (108, [struct.pack(">I", family) + packet for family, packet in FAMILIES], 4),
        (108, [struct.pack("<I", 2) + IP4], 0),
        (12, [IP4, IP6, b"", b"P" * 40], 2),
        (14, [IP4, IP6, b"", b"P" * 40], 2),
        (101, [IP4, IP6, b"", b"P" * 40], 2),
        (228, [IP4], 1),
        (229, [IP6], 1),
        (113, [cooked(0x800) + IP4, cooked(0x86DD) + IP6, cooked(0x8100) + VLAN_5 + IP4, cooked(0x800)[:10]], 3),
        (276, [cooked_2(0x800) + IP4, cooked_2(0x86DD) + IP6, cooked_2(0x8100) + VLAN_5 + IP4], 3),
    ],
)
def test_link_types(tmp_path: Path, link_type: int, frames: list[bytes], seen: int) -> None:
    path = pcap(tmp_path / "x.pcap", frames, link_type=link_type)
    packets = fast(path)
    assert packets == dissected(path)
    assert len(packets) == seen
    assert {packet.ip_version for packet in packets} <= {4, 6}


def test_a_link_type_that_is_not_known_is_told(tmp_path: Path) -> None:
    reading = read_fast(pcap(tmp_path / "x.pcap", [b"?"] * 3, link_type=105))
    assert list(reading) == []
    assert reading.frames == 3
    assert reading.warning == "3 frames of link type 105 were left out (tshark may know it)"


@needs_tshark
@pytest.mark.parametrize("order", "<>")
def test_all_blocks_of_pcapng(tmp_path: Path, order: str) -> None:
    other = "><"["><".index(order) ^ 1]
    path = pcapng(
        tmp_path / "x.pcapng",
        [
            section(order),
            interface(order),
            interface(order, "eth1", resolution=9),
            interface(order, resolution=0x80 | 20),
            interface(order, "eth3", resolution=3, offset_s=-100),
            interface(order, "eth4", resolution=10),
            interface(order, "eth5", resolution=0),
            enhanced(order, 0, START_S * 10**6 + 123, FRAME),
            enhanced(order, 1, START_S * 10**9 + 7, FRAME),
            enhanced(order, 2, (START_S << 20) + 12345, FRAME),
            enhanced(order, 3, START_S * 1000 + 5, FRAME),
            enhanced(order, 4, START_S * 10**10 + 1999, FRAME),
            enhanced(order, 5, START_S, FRAME),
            simple(order, FRAME),
            obsolete(order, 1, START_S * 10**9, FRAME),
            block(order, 77, b"unknown"),
            block(order, 5, bytes(12)),
            enhanced(order, 0, 5, FRAME, more=options(order, (1, b"a comment"))),
            section(other),
            interface(other),
            enhanced(other, 0, START_S * 10**6, FRAME),
            block(other, 9, b"__REALTIME_TIMESTAMP=1\n\n"),
            block(other, 0xBAD, bytes(8)),
            block(other, 4, bytes(4)),
            *[enhanced(other, 0, START_S * 10**6 + number, FRAME) for number in range(9)],
        ],
    )
    packets = agreed(path, [*range(1, 11), *range(13, 22)])
    assert [packet.place for packet in packets[:8]] == ["", "eth1", "interface 2", "eth3", "eth4", "eth5", "", "eth1"]
    assert [packet.time_ns - START_S * 10**9 for packet in packets[:6]] == [
        123_000,
        7,
        12345 * 10**9 // 2**20,
        5_000_000 - 100 * 10**9,
        199,
        0,
    ]
    assert read_pyshark(path).rows == packets


def test_packets_that_interfaces_dropped_are_counted(tmp_path: Path) -> None:
    statistics = struct.pack("<III", 0, 0, 0) + options("<", (5, struct.pack("<Q", 3)), (7, struct.pack("<Q", 4)))
    reading = read_fast(
        pcapng(
            tmp_path / "x.pcapng",
            [section(), interface(name="eth0"), enhanced("<", 0, 5, FRAME), block("<", 5, statistics)],
        )
    )
    list(reading)
    assert reading.drops == {"eth0": 7}


def test_echo_packets_are_counted(tmp_path: Path) -> None:
    frames = [
        ethernet(datagram(b"echo", *ends, dport=3785, ttl=ttl))
        for ends, ttl in (((A, A), 255), ((A6, B6), 64), ((A, A), 254))
    ]
    reading = read_fast(pcap(tmp_path / "x.pcap", frames))
    assert list(reading) == []
    assert {path: (count.packets, count.ttls) for path, count in reading.echoes.items()} == {
        ("", A, A): (2, {254, 255}),
        ("", A6, B6): (1, {64}),
    }


@needs_tshark
@pytest.mark.parametrize("missing", [1, 4, 5, 20, 60, 101])
@pytest.mark.parametrize("kind", ["pcap", "pcapng", "gzip"])
def test_a_file_cut_within_a_packet_says_so_as_tshark_does(tmp_path: Path, kind: str, missing: int) -> None:
    path = tmp_path / "x.pcap"
    if kind == "pcapng":
        pcapng(path, [section(), interface(name="eth0"), *[enhanced("<", 0, 5, FRAME)] * 9])
    else:
        pcap(path, [FRAME] * 9)
    content = path.read_bytes()[:-missing]
    path.write_bytes(gzip.compress(content) if kind == "gzip" else content)
    reading = read_fast(path)
    packets = [packet for chunk in reading for packet in to_packets(chunk)]
    assert packets == dissected(path)
    assert len(packets) in (7, 8)
    assert reading.warning == read_tshark(path).warning


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello\n", "not a capture"),
        (b"", "empty"),
        (b"\n\r\r\n\x00\x00", "cut short"),
        (section()[:20], "cut short"),
        (section()[:-4] + b"", "cut short"),
        (b"\x28\xb5\x2f\xfd" + bytes(100), "compressed by zstd"),
        (gzip.compress(b"hello", mtime=0), "not a capture"),
        (gzip.compress(b"", mtime=0), "empty"),
        (None, "No such file"),
    ],
)
def test_a_file_that_is_no_capture_is_one_clear_line(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "x.pcapng"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CaptureError, match=words) as caught:
        list(read_fast(path))
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


def test_chunks_are_bounded_and_share_the_names_of_places(tmp_path: Path) -> None:
    frames = [FRAME, FRAME[:12] + b"\x81\x00" + VLAN_5 + FRAME[14:]] * 40_000
    chunks = list(read_fast(pcap(tmp_path / "x.pcap", frames), chunk_packets=33_000))
    assert [len(chunk.packets) for chunk in chunks] == [32768, 32768, 80_000 - 2 * 32768]
    assert np.concatenate([chunk.packets["frame"] for chunk in chunks]).tolist() == list(range(1, 80_001))
    assert all(list(chunk.places) == ["", "vlan 5"] for chunk in chunks)


def test_standard_input(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from captures.fast import read_fast; reading = read_fast(Path('-'))\n"
        "print(sum(len(chunk.packets) for chunk in reading), reading.frames, reading.warning)"
    )
    content = pcap(tmp_path / "x.pcap", [FRAME] * 20_000).read_bytes()
    for given_bytes in (content, gzip.compress(content)):
        done = subprocess.run([sys.executable, "-c", program], input=given_bytes, capture_output=True, check=True)
        assert done.stdout.decode().strip() == "20000 20000"


KNOWN = {"eth", "ethertype", "ip", "ipv6", "udp", "bfd", "vlan", "ieee8021ad", "vxlan", "geneve", "data", "ah", "mpls"}
TELLING = (0, 1, 2, 3, 4, 5, 8, 17, 20, 24, 25, 26, 27, 28, 32, 36, 51, 64, 255)


FRAGILE = ("IPv4 options", "IPv4 source route", "IPv6 extensions")
"""Options that Wireshark gives up on when they are damaged."""


def _edited(dice: random.Random, given: bytes | tuple[bytes, int]) -> tuple[bytes, int]:
    frame, length = given if isinstance(given, tuple) else (given, len(given))
    content = bytearray(frame)
    for _ in range(dice.choice((1, 1, 2, 4))):
        at = dice.randrange(len(content)) if dice.random() < 0.4 else max(0, len(content) - 1 - dice.randrange(40))
        edit = dice.randrange(5)
        if edit < 2:
            content[at] = dice.choice(TELLING)
        elif edit == 2:
            content[at] ^= 1 << dice.randrange(8)
        elif edit == 3:
            del content[at]
        else:
            content.insert(at, dice.randrange(256))
    length = max(length, len(content))
    if dice.random() < 0.2:
        length, content = len(content), content[: dice.randrange(len(content))]
    return bytes(content), length


@needs_tshark
@settings(max_examples=4, deadline=None)
@given(seed=st.integers())
def test_readers_agree_on_edited_frames(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    dice = random.Random(seed)
    given_frames = [frame for name, frame in odd_frames().items() if name not in FRAGILE]
    frames = [_edited(dice, dice.choice(given_frames)) for _ in range(1000)]
    path = pcap(tmp_path_factory.mktemp("edited") / "x.pcap", frames)
    mine = {packet.frame: packet for packet in fast(path)}
    theirs = {packet.frame: packet for packet in dissected(path)}
    if mine != theirs:
        strange = _strange(path)
        mine, theirs = ({frame: found[frame] for frame in found if frame not in strange} for found in (mine, theirs))
    assert mine == theirs


def _strange(path: Path) -> set[int]:
    """Frames with protocols that only Wireshark knows, and those whose extension headers are an exception for it."""
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-e", "frame.number", "-e", "frame.protocols"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    protocols = {int(number): set(names.split(":")) for number, names in (line.split("\t") for line in lines)}
    return {number for number, names in protocols.items() if names - KNOWN}
