"""Two readers, the same rows; and one line of explanation for every file that is no whole capture."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from bfd_frames import (
    A6,
    AUTHENTICATED,
    B6,
    DOWN,
    FINAL,
    MULTIPOINT,
    POLL,
    START_NS,
    STEP_NS,
    A,
    B,
    control,
    datagram,
    ethernet,
    needs_tshark,
    record,
)
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import Dot1Q, Ether
from scapy.layers.vxlan import VXLAN
from scapy.utils import PcapWriter

from captures.read import CaptureError, Reading, read_pyshark, read_tshark
from captures.record import Recorder
from captures.rows import Row, conversations

pytestmark = needs_tshark

READERS = pytest.mark.parametrize("read", [read_tshark, read_pyshark])
Reader = Callable[[Path], Reading]

MD5 = bytes([2, 24, 7, 0]) + (0xDEADBEEF).to_bytes(4, "big") + bytes(16)
PASSWORD = bytes([1, 9, 5]) + b"secret"


@READERS
def test_every_field_is_as_it_was_packed(tmp_path: Path, read: Reader) -> None:
    payload = control(
        DOWN,
        diag=5,
        flags=0x3A,
        mult=7,
        my=0xFFFFFFFE,
        your=0x01020304,
        tx=0xFFFFFFFF,
        rx=0,
        echo=123_456_789,
    )
    reading = read(record(tmp_path / "x.pcapng", [ethernet(datagram(payload, A6, B6, ttl=254, sport=65535))]))
    assert reading == Reading(
        [
            Row(
                frame=1,
                time_ns=START_NS,
                source=A6,
                destination=B6,
                ttl=254,
                source_port=65535,
                destination_port=3784,
                ip_version=6,
                udp_length=32,
                version=1,
                diag=5,
                state=DOWN,
                poll=True,
                final=True,
                control_plane_independent=True,
                authentication_present=False,
                demand=True,
                multipoint=False,
                detect_mult=7,
                length=24,
                my_discriminator=0xFFFFFFFE,
                your_discriminator=0x01020304,
                desired_min_tx_interval_us=0xFFFFFFFF,
                required_min_rx_interval_us=0,
                required_min_echo_rx_interval_us=123_456_789,
                auth_type=None,
                auth_length=None,
                auth_key_id=None,
                auth_sequence=None,
                malformed=False,
                place="lab0",
            )
        ],
        [],
    )
    assert reading.rows[0].payload_length == 24


@READERS
@pytest.mark.parametrize(("bit", "name"), [(POLL, "poll"), (FINAL, "final"), (MULTIPOINT, "multipoint")])
def test_each_flag_is_a_field_of_its_own(tmp_path: Path, read: Reader, bit: int, name: str) -> None:
    flags = ("poll", "final", "control_plane_independent", "authentication_present", "demand", "multipoint")
    (row,) = read(record(tmp_path / "x.pcapng", [ethernet(datagram(control(flags=bit)))])).rows
    assert [flag for flag in flags if getattr(row, flag)] == [name]


@READERS
def test_authentication_sections(tmp_path: Path, read: Reader) -> None:
    sections = [MD5, PASSWORD]
    frames = [ethernet(datagram(control(flags=AUTHENTICATED, auth=auth))) for auth in sections]
    rows = read(record(tmp_path / "x.pcapng", frames)).rows
    assert [(row.auth_type, row.auth_length, row.auth_key_id, row.auth_sequence) for row in rows] == [
        (2, 24, 7, 0xDEADBEEF),
        (1, 9, 5, None),
    ]
    assert all(row.authentication_present and not row.malformed for row in rows)


def odd_frames() -> dict[str, bytes]:
    quote = IP(src=B, dst=A) / ICMP(type=3, code=3) / datagram(control())
    inner = Ether(src="02:00:00:00:00:03", dst="02:00:00:00:00:04") / datagram(control(my=0x77), A6, B6)
    return {
        "good": ethernet(datagram(control())),
        "multihop": ethernet(datagram(control(), dport=4784)),
        "micro": ethernet(datagram(control(), dport=6784)),
        "s-bfd": ethernet(datagram(control(), dport=7784)),
        "s-bfd reply": ethernet(datagram(control(), B, A, dport=49152, sport=7784)),
        "vlan": ethernet(Dot1Q(vlan=5) / datagram(control())),
        "vxlan": ethernet(IP(src="198.51.100.1", dst="198.51.100.2") / UDP(sport=999) / VXLAN(vni=5) / inner),
        "version 0": ethernet(datagram(control(version=0))),
        "version 2": ethernet(datagram(control(version=2))),
        "padding": ethernet(datagram(control() + bytes(26))),
        "lying auth length": ethernet(datagram(control(flags=AUTHENTICATED, auth=b"\x02\x64" + bytes(22)))),
        "no auth section": ethernet(datagram(control(flags=AUTHENTICATED))),
        "23 bytes": ethernet(datagram(control()[:23])),
        "nothing": ethernet(datagram(b"")),
        "quoted in icmp": ethernet(quote),
        "echo": ethernet(datagram(control(), dport=3785)),
        "no bfd": ethernet(datagram(b"hello", dport=53)),
    }


def test_readers_agree_on_odd_packets(tmp_path: Path) -> None:
    frames = odd_frames()
    with Recorder(tmp_path / "x.pcapng", "lab0") as recorder:
        for number, (name, frame) in enumerate(frames.items()):
            comment = name if number % 2 else ""
            recorder.write(frame, START_NS + number * STEP_NS, outbound=True, comment=comment)
    reading = read_tshark(tmp_path / "x.pcapng")
    assert read_pyshark(tmp_path / "x.pcapng") == reading
    names = list(frames)
    rows = {names[row.frame - 1]: row for row in reading.rows}
    assert list(rows) == names[:12]
    assert [names[packet.frame - 1] for packet in reading.undecoded] == ["23 bytes", "nothing"]
    assert [packet.payload_length for packet in reading.undecoded] == [23, 0]
    assert [name for name, row in rows.items() if row.malformed] == ["lying auth length", "no auth section"]
    inner = rows["vxlan"]
    assert (inner.source, inner.destination_port, inner.ttl, inner.udp_length) == (A6, 3784, 255, 32)
    assert [rows[name].version for name in ("version 0", "version 2")] == [0, 2]
    assert rows["version 0"].state == 3
    assert rows["padding"].payload_length - rows["padding"].length == 26


@READERS
def test_other_ports_on_request(tmp_path: Path, read: Callable[..., Reading]) -> None:
    path = record(tmp_path / "x.pcapng", [ethernet(datagram(control(my=5), dport=5000))])
    assert read(path).rows == []
    assert [row.my_discriminator for row in read(path, ports=[5000]).rows] == [5]


@READERS
def test_pcap_files_compressed_or_not(tmp_path: Path, read: Reader) -> None:
    path = tmp_path / "x.pcap"
    with PcapWriter(str(path), nano=True) as writer:
        packet = Ether(ethernet(datagram(control())))
        packet.time = 1_700_000_000
        writer.write(packet)
    (tmp_path / "x.pcap.gz").write_bytes(gzip.compress(path.read_bytes()))
    reading = read(path)
    assert [row.time_ns for row in reading.rows] == [1_700_000_000_000_000_000]
    assert read(tmp_path / "x.pcap.gz") == reading


@READERS
def test_a_capture_cut_within_a_packet_gives_the_packets_before_and_says_so(tmp_path: Path, read: Reader) -> None:
    path = record(tmp_path / "x.pcapng", [ethernet(datagram(control()))] * 3)
    path.write_bytes(path.read_bytes()[:-20])
    reading = read(path)
    assert [row.frame for row in reading.rows] == [1, 2]
    assert "cut short" in reading.warning and "\n" not in reading.warning


@READERS
@pytest.mark.parametrize(
    ("content", "words"),
    [(b"hello\n", "not a capture"), (b"", "empty"), (b"\n\r\r\n\x00\x00", "cut short"), (None, "No such file")],
)
def test_a_file_that_is_no_capture_is_one_clear_line(
    tmp_path: Path, read: Reader, content: bytes | None, words: str
) -> None:
    path = tmp_path / "x.pcapng"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CaptureError, match=words) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


@READERS
def test_a_missing_tshark_is_one_clear_line(tmp_path: Path, read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    path = record(tmp_path / "x.pcapng", [ethernet(datagram(control()))])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CaptureError, match="tshark was not found"):
        read(path)


def test_conversations_hold_both_directions_of_a_session(tmp_path: Path) -> None:
    ends = [(A, B, 3784), (A6, B6, 3784), (B, A, 3784), (A, B, 4784), (B6, A6, 3784)]
    frames = [ethernet(datagram(control(), source, to, dport=port)) for source, to, port in ends]
    found = conversations(read_tshark(record(tmp_path / "x.pcapng", frames)).rows)
    assert [(each.addresses, each.destination_port, [row.frame for row in each.rows]) for each in found] == [
        ((A, B), 3784, [1, 3]),
        ((A6, B6), 3784, [2, 5]),
        ((A, B), 4784, [4]),
    ]
    assert [row.frame for row in found[0].sent_by(B)] == [3]
