"""Recording what a node sees of a network, by dumpcap (Debian package tshark or wireshark-common) in its namespace."""

import shutil
import time
from pathlib import Path

from topologies.errors import LabError
from topologies.processes import exited, spawn, terminate
from topologies.topology import DEFAULT_FILTER

_READY_S = 30.0
_BETWEEN_LOOKS_S = 0.02
_READY_WORD = "File: "
_FLUSH_S = 5.0
_LONG_S = 1_000_000.0


class Sniffer:
    """A running dumpcap; it ends with the laboratory, by `stop`, or when its file has the largest size allowed."""

    def __init__(
        self, namespace: str, interface: str, file: Path, *, wanted: str = DEFAULT_FILTER, limit_mb: int = 100
    ) -> None:
        """Start, and wait until every packet from now on that is `wanted`, a filter as in pcap-filter(7), is written to
        `file`, which is replaced. `limit_mb` is 1 or more. Raises LabError."""
        dumpcap = shutil.which("dumpcap")
        if dumpcap is None:
            raise LabError("command dumpcap not found: install the Debian package tshark")
        self.file = file
        self.namespace = namespace
        self._log = log = file.with_suffix(".log")
        log.unlink(missing_ok=True)
        size = ["-a", f"filesize:{limit_mb * 1000}"]
        argv = [dumpcap, "-q", "-i", interface, "-f", wanted, *size, "-w", str(file)]
        self.process = spawn(namespace, argv, log)
        try:
            self._await(log)
        except BaseException:
            terminate(namespace, [self.process])
            raise

    def wait(self, seconds: float | None = None) -> None:
        """Until it ends by itself, at most so many seconds."""
        exited(self.process, _LONG_S if seconds is None else seconds)

    def stop(self) -> None:
        """End it; the file is complete then. No error where it has ended."""
        terminate(self.namespace, [self.process], grace_s=_FLUSH_S)
        self._log.unlink(missing_ok=True)

    def _await(self, log: Path) -> None:
        deadline = time.monotonic() + _READY_S
        while _READY_WORD not in (words := _read(log)):
            if exited(self.process, _BETWEEN_LOOKS_S):
                lines = words.strip().splitlines() or ["no word"]
                raise LabError(f"capture to {self.file}: dumpcap ended: {lines[-1]}")
            if time.monotonic() > deadline:
                raise LabError(f"capture to {self.file}: dumpcap is not ready after {_READY_S:g} s")


def _read(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
