"""What the recorder writes is what Wireshark shows: times to the nanosecond, direction, comment, interface, numbers."""

import subprocess
from pathlib import Path

import pytest
from bfd_frames import START_NS, control, datagram, ethernet, needs_tshark

from captures.record import Recorder


def tshark_fields(path: Path, *fields: str) -> list[list[str]]:
    columns = [word for field in fields for word in ("-e", field)]
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=|", *columns]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.split("|") for line in done.stdout.splitlines()]


@needs_tshark
def test_wireshark_shows_times_directions_comments_and_numbers(tmp_path: Path) -> None:
    frame = ethernet(datagram(control()))
    with Recorder(tmp_path / "x.pcapng", "veth-tester") as recorder:
        numbers = [
            recorder.write(frame, START_NS, outbound=True, comment="the good packet, für später"),
            recorder.write(frame + b"\0", START_NS + 1, outbound=False),
            recorder.write(frame, 2**63 - 1, outbound=False, comment="late"),
        ]
    assert numbers == [1, 2, 3]
    seen = tshark_fields(
        tmp_path / "x.pcapng",
        *("frame.number", "frame.time_epoch", "frame.packet_flags_direction", "frame.comment", "frame.interface_name"),
        "frame.len",
    )
    assert [[*row[:2], int(row[2], 16), *row[3:]] for row in seen] == [
        ["1", "1700000000.123456789", 2, "the good packet, für später", "veth-tester", str(len(frame))],
        ["2", "1700000000.123456790", 1, "", "veth-tester", str(len(frame) + 1)],
        ["3", "9223372036.854775807", 1, "late", "veth-tester", str(len(frame))],
    ]


@needs_tshark
def test_frames_of_two_interfaces_in_one_file(tmp_path: Path) -> None:
    frame = ethernet(datagram(control()))
    with Recorder(tmp_path / "x.pcapng", "tester0", "tester1") as recorder:
        recorder.write(frame, START_NS, outbound=True, interface=1)
        recorder.write(frame, START_NS, outbound=False)
        with pytest.raises(ValueError, match="interface: 2 is out of range, allowed are 0 to 1"):
            recorder.write(frame, START_NS, outbound=True, interface=2)
    assert tshark_fields(tmp_path / "x.pcapng", "frame.interface_name") == [["tester1"], ["tester0"]]


@needs_tshark
def test_a_run_that_is_killed_leaves_all_frames_so_far(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "x.pcapng", "lab0")
    recorder.write(ethernet(datagram(control())), START_NS, outbound=True)
    assert tshark_fields(tmp_path / "x.pcapng", "frame.number") == [["1"]]
    recorder.close()


@needs_tshark
def test_the_section_names_the_application(tmp_path: Path) -> None:
    Recorder(tmp_path / "x.pcapng", "lab0").close()
    header = (tmp_path / "x.pcapng").read_bytes()
    assert header.startswith(b"\n\r\r\n") and b"bfdspec" in header
    assert tshark_fields(tmp_path / "x.pcapng", "frame.number") == []


@pytest.mark.parametrize("time_ns", [-1, 2**64])
def test_a_time_out_of_range_is_refused_and_nothing_written(tmp_path: Path, time_ns: int) -> None:
    with Recorder(tmp_path / "x.pcapng", "lab0") as recorder:
        size = (tmp_path / "x.pcapng").stat().st_size
        with pytest.raises(ValueError, match=r"time_ns: .* allowed are 0 to"):
            recorder.write(b"frame", time_ns, outbound=True)
        assert (tmp_path / "x.pcapng").stat().st_size == size
        assert recorder.write(b"frame", 0, outbound=True) == 1


def test_a_comment_too_long_for_the_format_is_refused(tmp_path: Path) -> None:
    with Recorder(tmp_path / "x.pcapng", "lab0") as recorder, pytest.raises(ValueError, match="65536 bytes"):
        recorder.write(b"frame", 0, outbound=True, comment="x" * 65536)


def test_a_closed_recorder_writes_nothing_and_closes_again(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "x.pcapng", "lab0")
    recorder.close()
    recorder.close()
    with pytest.raises(ValueError, match="closed"):
        recorder.write(b"frame", 0, outbound=True)
