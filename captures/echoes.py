"""Echo packets in a capture (RFC 5881 section 4): when, in which direction, and the bytes by which one is known again.

What is in an Echo packet is its sender's own business (RFC 5880 section 5), so nothing is decoded.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from captures.read import CaptureError

ECHO_PORT = 3785

_FIELDS = ("frame.number", "frame.time_epoch", "frame.packet_flags_direction", "udp.payload")
_OUTBOUND = 2


@dataclass(frozen=True, slots=True)
class Echo:
    """An Echo packet on an interface. `time_ns` is nanoseconds since the Unix epoch, `payload` in hexadecimal."""

    frame: int
    time_ns: int
    outbound: bool
    payload: str


def read_echoes(path: Path) -> list[Echo]:
    """Every Echo packet of a capture that holds directions, as this project's recorder writes it. Raises
    CaptureError."""
    columns = [word for field in _FIELDS for word in ("-e", field)]
    selection = ["-Y", f"udp.dstport == {ECHO_PORT} && !icmp && !icmpv6"]
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "separator=/t", *selection, *columns]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    except FileNotFoundError:
        raise CaptureError(f"{path}: tshark was not found in PATH") from None
    if done.returncode != 0:
        raise CaptureError(f"{path}: {(done.stderr.strip().splitlines() or ['tshark failed'])[-1]}")
    return [_echo(*line.split("\t")) for line in done.stdout.splitlines()]


def _echo(number: str, epoch: str, direction: str, payload: str) -> Echo:
    seconds, _, fraction = epoch.partition(".")
    time_ns = int(seconds) * 10**9 + int(fraction.ljust(9, "0"))
    return Echo(int(number), time_ns, int(direction or "0", 0) == _OUTBOUND, payload)
