"""Whatever a file holds, the fast reader gives packets, a warning or one line of refusal, in little memory."""

import gzip
import random
import struct
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from bfd_frames import control, datagram, ethernet, needs_tshark
from containers import block, enhanced, interface, obsolete, options, pcap, section, simple
from hypothesis import given, settings
from hypothesis import strategies as st
from odd_frames import odd_frames

from captures.fast import read_fast
from captures.read import CaptureError, read_tshark
from captures.rows import Row, Undecoded
from captures.table import to_packets

FRAME = ethernet(datagram(control()))
BLOCKS = {
    order: [
        *(section(order), interface(order, "eth0"), *[enhanced(order, 0, 5, FRAME)] * 6),
        *(simple(order, FRAME), obsolete(order, 0, 5, FRAME)),
        *(interface(order, "eth1", resolution=0xFF), enhanced(order, 1, 2**63, FRAME)),
    ]
    for order in "<>"
}
MAGIC = (b"\n\r\r\n", b"\xa1\xb2\xc3\xd4", b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1", b"\x1f\x8b\x08")
LENGTHS = (0, 1, 3, 8, 11, 12, 13, 20, 31, 65535, 262145, 1 << 24, (1 << 24) + 4, 1 << 31, (1 << 32) - 1)


def survives(path: Path, content: bytes) -> list[Row | Undecoded]:
    """Packets, as far as there are any."""
    path.write_bytes(content)
    reading = read_fast(path)
    packets: list[Row | Undecoded] = []
    try:
        for chunk in reading:
            packets += to_packets(chunk)
    except CaptureError as error:
        assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
    assert "\n" not in reading.warning
    return packets


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damage") / "x"


@cache
def whole() -> list[bytes]:
    """Files without damage."""
    with TemporaryDirectory() as folder:
        files = [pcap(Path(folder) / "x", odd_frames().values(), order=order).read_bytes() for order in "<>"]
    files += [b"".join(blocks) for blocks in BLOCKS.values()]
    return [*files, *(gzip.compress(file) for file in files)]


@settings(deadline=None)
@given(start=st.sampled_from(MAGIC), rest=st.binary(max_size=300))
def test_any_bytes(path: Path, start: bytes, rest: bytes) -> None:
    survives(path, start + rest)


@settings(deadline=None)
@given(number=st.integers(0, 7), seed=st.integers())
def test_damaged_files(path: Path, number: int, seed: int) -> None:
    dice = random.Random(seed)
    content = bytearray(whole()[number])
    for _ in range(dice.randrange(1, 6)):
        at = dice.randrange(max(1, len(content)))
        edit = dice.randrange(5)
        if edit == 0 and content:
            content[at] ^= 1 << dice.randrange(8)
        elif edit == 1:
            del content[at : at + dice.randrange(1, 40)]
        elif edit == 2:
            content[at:at] = dice.randbytes(dice.randrange(1, 40))
        elif edit == 3:
            at &= ~3
            content[at : at + 4] = struct.pack(dice.choice("<>") + "I", dice.choice(LENGTHS))
        else:
            del content[at + 1 :]
    survives(path, bytes(content))


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("order", "<>")
def test_lengths_that_lie(path: Path, length: int, order: str) -> None:
    lie = struct.pack(f"{order}I", length)
    good = b"".join(BLOCKS[order][:3])
    for kind in (0x0A0D0D0A, 1, 2, 3, 5, 6, 9, 77, 0xBAD):
        head = struct.pack(f"{order}I", kind) + lie
        assert len(survives(path, good + head + bytes(100) + good)) == 1
        survives(path, head + bytes(100) + good)
    survives(path, good + block(order, 6, bytes(12) + lie + bytes(100)))
    survives(path, good + block(order, 5, bytes(12) + options(order) + lie))
    head = struct.pack(f"{order}IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, length, 1)
    survives(path, head + struct.pack(f"{order}IIII", 1, 2, length, length) + FRAME)


@needs_tshark
def test_what_comes_before_damage_is_what_tshark_sees(path: Path) -> None:
    good = b"".join(BLOCKS["<"])
    wrong = [
        enhanced("<", 5, 5, FRAME),
        block("<", 6, struct.pack("<5I", 0, 0, 0, 99, 99)),
        struct.pack("<II", 6, 13) + bytes(64),
        struct.pack("<II", 6, 64) + bytes(64),
        simple("<", FRAME, 1000),
        block("<", 0x0A0D0D0A, bytes(16)),
    ]
    for damage in wrong:
        packets = survives(path, good + damage + good)
        reading = read_tshark(path)
        assert packets == sorted([*reading.rows, *reading.undecoded], key=lambda packet: packet.frame)
        assert len(packets) == 9
        assert reading.warning


def test_a_name_of_an_interface_cannot_write_to_the_terminal(path: Path) -> None:
    (packet,) = survives(path, section() + interface(name="e\x1b[2J\nth") + enhanced("<", 0, 5, FRAME))
    assert packet.place == "e\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}th"


def test_a_compressed_file_that_ends_early_or_breaks_gives_what_comes_before(path: Path) -> None:
    dice = random.Random(1)
    frames = [FRAME[:-4] + dice.randbytes(4) for _ in range(2000)]
    content = gzip.compress(pcap(path, frames).read_bytes())
    half = len(content) // 2
    assert 900 < len(survives(path, content[:half])) < 1100
    assert 900 < len(survives(path, content[:half] + bytes(9) + content[half:])) < 1100
    assert len(survives(path, content + b"more")) == 2000


def test_memory_is_bounded_by_the_chunk(tmp_path: Path) -> None:
    """A capture of a hundred million bytes out of one of a hundred thousand, which is all that is there of it."""
    path = tmp_path / "x.pcap.gz"
    content = pcap(tmp_path / "x.pcap", [FRAME] * 10_000).read_bytes()
    body = content[24:]
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(content[:24])
        for _ in range(120):
            file.write(body)
    program = (
        "import re, sys; from pathlib import Path; from captures.fast import read_fast\n"
        "print(sum(len(chunk.packets) for chunk in read_fast(Path(sys.argv[1]))))\n"
        # Not getrusage: what it tells begins with what the process had that started this one.
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    packets, megabytes = map(int, done.stdout.split())
    assert packets == 1_200_000
    assert megabytes < 200
