"""tshark, which shares no code with this project, reads every packet that the wire layers can build."""

import shutil
import subprocess
from pathlib import Path

import pytest
from scapy.utils import PcapWriter

from refimpl.core.constants import AuthType, Diag, State
from refimpl.wire.frames import Datagram, build
from refimpl.wire.layers import Auth, Control, KeyedDigest, SimplePassword

FIELDS = {
    "version": "bfd.version",
    "diag": "bfd.diag",
    "state": "bfd.sta",
    "poll": "bfd.flags.p",
    "final": "bfd.flags.f",
    "control_plane_independent": "bfd.flags.c",
    "authentication_present": "bfd.flags.a",
    "demand": "bfd.flags.d",
    "multipoint": "bfd.flags.m",
    "detect_mult": "bfd.detect_time_multiplier",
    "length": "bfd.message_length",
    "my_discriminator": "bfd.my_discriminator",
    "your_discriminator": "bfd.your_discriminator",
    "desired_min_tx_interval": "bfd.desired_min_tx_interval",
    "required_min_rx_interval": "bfd.required_min_rx_interval",
    "required_min_echo_rx_interval": "bfd.required_min_echo_interval",
}
AUTH_FIELDS = {
    "type": "bfd.auth.type",
    "len": "bfd.auth.len",
    "key_id": "bfd.auth.key",
    "password": "bfd.auth.password",
    "sequence": "bfd.auth.seq_num",
    "digest": "bfd.checksum",
}

FLAGS = ("poll", "final", "control_plane_independent", "authentication_present", "demand", "multipoint")
SECTIONS = [
    SimplePassword(key_id=1, password=b"p"),
    SimplePassword(key_id=255, password=b"sixteen bytes ok"),
    *(
        KeyedDigest(type=auth_type, key_id=3, sequence=0xFFFFFFFE, digest=bytes(range(200, 200 + size)))
        for auth_type, size in (
            (AuthType.KEYED_MD5, 16),
            (AuthType.METICULOUS_KEYED_MD5, 16),
            (AuthType.KEYED_SHA1, 20),
            (AuthType.METICULOUS_KEYED_SHA1, 20),
        )
    ),
]
PACKETS = [
    *(Control(state=state, my_discriminator=1, your_discriminator=2**32 - 1) for state in State),
    *(Control(diag=diag, my_discriminator=0xDEADBEEF) for diag in Diag),
    *(Control(**{flag: 1}, my_discriminator=1) for flag in FLAGS if flag != "authentication_present"),
    Control(
        detect_mult=255, desired_min_tx_interval=1, required_min_rx_interval=0, required_min_echo_rx_interval=2**32 - 1
    ),
    *(Control(state=State.UP, my_discriminator=9, authentication_present=1, auth=section) for section in SECTIONS),
]
V4_CHECKSUMS = ("ip.checksum.status", "udp.checksum.status")
V6_CHECKSUMS = ("udp.checksum.status",)  # IPv6 has no header checksum
COLUMNS = [*FIELDS.values(), *AUTH_FIELDS.values(), *V4_CHECKSUMS]
PATHS = [
    ("192.0.2.1", "192.0.2.2", 3784, V4_CHECKSUMS),
    ("2001:db8::1", "2001:db8::2", 3784, V6_CHECKSUMS),
    ("192.0.2.1", "198.51.100.2", 4784, V4_CHECKSUMS),
]


def as_built(packet: Control) -> dict[str, int | bytes]:
    """Column -> value, of every field that the built packet has."""
    wire = Control(bytes(packet))
    row = {column: wire.getfieldval(name) for name, column in FIELDS.items()}
    if isinstance(wire.auth, Auth):
        names = [field.name for field in wire.auth.fields_desc if field.name in AUTH_FIELDS]
        row |= {AUTH_FIELDS[name]: wire.auth.getfieldval(name) for name in names}
    return row


def number(text: str) -> int:
    """A number or a truth value; newer versions of tshark print flags as words."""
    return {"True": 1, "False": 0}[text] if text in ("True", "False") else int(text, 0)


def as_seen(line: str) -> dict[str, int | bytes]:
    """Column -> value, of every column that tshark filled."""
    filled = {column: text for column, text in zip(COLUMNS, line.split("\t"), strict=True) if text}
    readers = {"bfd.auth.password": str.encode, "bfd.checksum": lambda text: bytes.fromhex(text.removeprefix("0x"))}
    return {column: readers.get(column, number)(text) for column, text in filled.items()}


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed: no independent decoder to ask")
@pytest.mark.parametrize(("source", "destination", "port", "checksums"), PATHS)
def test_tshark_sees_what_was_built(
    source: str, destination: str, port: int, checksums: tuple[str, ...], tmp_path: Path
) -> None:
    capture = tmp_path / "built.pcap"
    with PcapWriter(str(capture), linktype=1) as writer:
        for packet in PACKETS:
            datagram = Datagram(source, destination, 49152, port, 255, bytes(packet))
            writer.write(build(datagram, "02:00:00:00:00:01", "02:00:00:00:00:02"))

    columns = [argument for column in COLUMNS for argument in ("-e", column)]
    checked = ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"]
    command = ["tshark", "-n", "-r", str(capture), *checked, "-T", "fields", *columns]
    seen = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()

    good: dict[str, int | bytes] = dict.fromkeys(checksums, 1)
    assert [as_seen(line) for line in seen] == [as_built(packet) | good for packet in PACKETS]
