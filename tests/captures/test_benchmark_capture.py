"""The capture that benchmarks read is what it says it is."""

import subprocess
import sys
from pathlib import Path

import pytest

from captures.fast import read_fast
from captures.table import to_packets

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "capture_file.py"


def generated(path: Path, *options: str) -> Path:
    command = [sys.executable, str(SCRIPT), str(path), "--packets", "3000", "--conversations", "7", *options]
    subprocess.run(command, check=True)
    return path


@pytest.mark.parametrize("form", ["pcapng", "pcap"])
def test_the_same_arguments_give_the_same_packets_in_the_order_of_time(tmp_path: Path, form: str) -> None:
    one, other = (generated(tmp_path / name, "--format", form) for name in ("one", "other"))
    assert one.read_bytes() == other.read_bytes()
    packets = [packet for chunk in read_fast(one) for packet in to_packets(chunk)]
    times = [packet.time_ns for packet in packets]
    assert len(packets) == 3000 and times == sorted(times)
    assert len({frozenset((packet.source, packet.destination)) for packet in packets}) == 7
