"""A recording that goes over to another file when one is full, and keeps no more than so many."""

from collections import deque
from pathlib import Path

from captures.record import Recorder
from captures.sniff import Sniffed


class Recording:
    """Frames of one interface into `path`; with `limit`, in bytes, into as many files as it takes, numbered before the
    suffix (`bfd-00001.pcapng`), of which the newest `keep` stay (0: all). Raises OSError."""

    def __init__(self, path: Path, interface: str, *, limit: int = 0, keep: int = 0) -> None:
        self._path, self._interface = path, interface
        self._limit, self._keep = limit, keep
        self._number = 0
        self.files: deque[Path] = deque()
        self.frames = 0
        self._recorder = self._next()

    def write(self, frame: Sniffed) -> None:
        """Append a frame."""
        if self._limit and self._recorder.size >= self._limit:
            self._recorder.close()
            self._recorder = self._next()
        self._recorder.write(frame.data, frame.time_ns, outbound=frame.outbound)
        self.frames += 1

    def close(self) -> None:
        """Close the last file; closing twice is harmless."""
        self._recorder.close()

    def _next(self) -> Recorder:
        self._number += 1
        path = self._path
        if self._limit:
            path = path.with_name(f"{path.stem}-{self._number:05}{path.suffix}")
        recorder = Recorder(path, self._interface)
        self.files.append(path)
        if self._keep and len(self.files) > self._keep:
            self.files.popleft().unlink(missing_ok=True)
        return recorder
