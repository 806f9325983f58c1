"""`bfdspec verify` that is ended before its time: one line, the exit code that is documented, and nothing left."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "bfdspec", "verify"]
HEADER = bytes.fromhex("d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000")
"""Of a pcap file: little-endian, microseconds, Ethernet."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_with_one_line_and_nothing_left(tmp_path: Path, number: signal.Signals) -> None:
    """It waits for the packets of a pipe that somebody still writes to."""
    pipe, folder = tmp_path / "pipe", tmp_path / "out"
    os.mkfifo(pipe)
    folder.mkdir()
    with (
        subprocess.Popen(
            [*COMMAND, str(pipe), "--json", str(folder / "v.json"), "--html", str(folder / "v.html")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as run,
        pipe.open("wb") as written,
    ):  # opens when the command does
        written.write(HEADER)
        written.flush()
        run.send_signal(number)
        said = run.communicate(timeout=30)
    assert (run.returncode, *said) == (130, "", "Error: interrupted\n")
    assert list(folder.iterdir()) == []
    with pytest.raises(ProcessLookupError):  # its process group is gone: no worker stayed
        os.killpg(run.pid, 0)
