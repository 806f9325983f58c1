"""`bfdspec watch` and `bfdspec capture`: what they tell, what they keep, how they end."""

import io
import os
import shutil
import signal
import struct
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from bfdspec.cli import main
from bfdspec.live.news import News
from bfdspec.live.record import Recording
from bfdspec.live.screen import screen
from captures.fast.reader import read_fast
from captures.sniff import Sniffed

COMMAND = (sys.executable, "-m", "bfdspec")
START_NS = 1_700_000_000 * 10**9
A, B = "10.0.0.1", "10.0.0.2"
DOWN, INIT, UP = 1, 2, 3


def frame(seconds: float, source: str, state: int, own: int, other: int, *, ttl: int = 255) -> Sniffed:
    interval = 300_000 if state == UP else 1_000_000
    control = struct.pack(">4B5I", 0x20, state << 6, 3, 24, own, other, interval, 300_000, 0)
    packet = IP(src=source, dst=B if source == A else A, ttl=ttl) / UDP(sport=49152 + own, dport=3784) / control
    return Sniffed(bytes(Ether(dst="02:00:00:00:00:02") / packet), START_NS + int(seconds * 1e9), outbound=source == A)


STORY = [
    frame(0.0, A, DOWN, 1, 0),
    frame(0.5, B, INIT, 2, 1),
    frame(0.6, A, UP, 1, 2),
    frame(0.7, B, UP, 2, 1),
    frame(0.75, A, UP, 1, 2),
    frame(0.9, A, UP, 1, 2),
    frame(1.0, B, UP, 2, 1, ttl=64),
]


@pytest.fixture
def story(tmp_path: Path) -> Path:
    recording = Recording(tmp_path / "story.pcapng", "eth0")
    for each in STORY:
        recording.write(each)
    recording.close()
    return recording.files[0]


def lines(output: str) -> list[str]:
    """Without the time of day, which depends on the time zone."""
    return [line.partition(" ")[2] for line in output.splitlines()]


TOLD = [
    "10.0.0.1 to 10.0.0.2: says Down",
    "10.0.0.2 to 10.0.0.1: says Init",
    "10.0.0.1 to 10.0.0.2: Down → Up",
    "10.0.0.2 to 10.0.0.1: Init → Up",
    "10.0.0.2: 5881-5-r01 (MUST): expected TTL or Hop Limit 255, seen TTL 64, frame 7",
]


def test_a_file_is_told_line_by_line(story: Path) -> None:
    said = CliRunner().invoke(main, ["watch", str(story)])
    assert (said.exit_code, lines(said.output)) == (1, TOLD)


def test_a_pipe_is_told_as_it_comes(story: Path) -> None:
    """The events of what was written so far are told while the pipe is still open."""
    with subprocess.Popen(
        [*COMMAND, "watch", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as watch:
        assert watch.stdin is not None and watch.stdout is not None
        watch.stdin.write(story.read_bytes())
        watch.stdin.flush()
        told = [watch.stdout.readline().decode().rstrip("\n") for _ in TOLD[:4]]
        assert lines("\n".join(told)) == TOLD[:4]
        watch.stdin.close()
        assert lines(watch.stdout.read().decode()) == TOLD[4:]
        assert watch.wait(30) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_watch_that_is_ended_says_what_it_found(story: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [*COMMAND, "watch", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as watch:
        assert watch.stdin is not None and watch.stdout is not None and watch.stderr is not None
        watch.stdin.write(story.read_bytes())
        watch.stdin.flush()
        for _ in TOLD:  # judging comes some seconds after the packets
            watch.stdout.readline()
        watch.send_signal(number)
        assert watch.wait(30) == 1
        assert watch.stderr.read() == b""


def test_the_screen_shows_both_ends_in_80_columns() -> None:
    news = News()
    recording = io.StringIO()
    for chunk in _chunks(STORY):
        events = news.add(chunk)
    events += news.judge()
    console = Console(width=80, file=recording, force_terminal=False)
    console.print(screen(news, events, START_NS + 10**9, 40, "7 packets"))
    shown = recording.getvalue().splitlines()
    assert all(len(line) <= 80 for line in shown)
    (one, other) = [line.split() for line in shown if "→" in line and " ms " in line]
    assert one == ["10.0.0.1", "→", "10.0.0.2", "Up", "300", "ms", "50–50", "%", "4", "0.1", "s"]
    assert other == ["10.0.0.2", "→", "10.0.0.1", "Up", "300", "ms", "3", "0.0", "s", "1"]
    assert any("5881-5-r01" in line for line in shown)


def _chunks(frames: list[Sniffed]) -> Iterator[object]:
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"{uuid.uuid4()}.pcapng"
    recording = Recording(path, "")
    try:
        for each in frames:
            recording.write(each)
        recording.close()
        yield from read_fast(path)
    finally:
        path.unlink()


def test_a_full_file_is_followed_by_another_and_old_ones_go(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "r.pcapng", "eth0", limit=600, keep=2)
    for _ in range(5):
        for each in STORY:
            recording.write(each)
    recording.close()
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == 2 and names[0] < names[1]
    assert [path.name for path in recording.files] == names
    assert all(600 <= path.stat().st_size < 800 for path in recording.files)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["watch", "no-such-if0"], 3, "no-such-if0: No such device"),
        (["capture", "no-such-if0"], 3, "no-such-if0: No such device"),
        (["capture", "lo", "--files", "2"], 2, "--files: it is about the files of --size, which is missing"),
    ],
)
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_what_cannot_be_heard_is_one_line(arguments: list[str], code: int, words: str) -> None:
    said = CliRunner().invoke(main, arguments)
    assert (said.exit_code, said.output.splitlines()) == (code, [f"Error: {words}"])


def test_what_is_no_capture_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("hello")
    said = CliRunner().invoke(main, ["watch", str(path)])
    assert (said.exit_code, said.output.splitlines()) == (
        2,
        [f"Error: {path}: not a capture, a pcap or pcapng file is needed"],
    )


@pytest.fixture
def namespace() -> Iterator[str]:
    name = f"bfds-live-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=True)


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("ip") is None, reason="needs root and iproute2")
def test_an_interface_is_recorded_and_watched(namespace: str, tmp_path: Path) -> None:
    """Packets to a BFD port are kept, others are not; the file is one that `verify` reads."""
    inside = ["ip", "netns", "exec", namespace]
    path = tmp_path / "live.pcapng"
    with subprocess.Popen(
        [*inside, *COMMAND, "capture", "lo", "-w", str(path), "--packets", "4"], stderr=subprocess.PIPE, text=True
    ) as capture:
        assert capture.stderr is not None
        assert capture.stderr.readline().startswith("recording BFD on lo")
        sender = (
            "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
            "for port in (9, 3784, 3785, 53): s.sendto(bytes.fromhex('2040031800000001'+'0'*32), ('127.0.0.1', port))"
        )
        subprocess.run([*inside, sys.executable, "-c", sender], check=True)
        assert capture.wait(30) == 0
        assert capture.stderr.read() == f"4 packets in {path}\n"  # each is seen going out and coming in
    reading = read_fast(path)
    ports = [port for chunk in reading for port in chunk.packets["destination_port"].tolist()]
    assert (reading.frames, ports) == (4, [3784, 3784])
