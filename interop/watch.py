"""Both ends of a session while it runs: their captures are written, and what was said last is known at once.

The captures decide what is judged, later and with another decoder (`interop.evidence`); what is decoded here only tells
a scenario when to go on.
"""

import os
import select
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from captures.record import Recorder
from captures.sniff import Sniffed, Tap
from refimpl.core.packet import ControlPacket
from refimpl.wire import codec, frames

CONTROL_PORTS = (3784, 4784)
"""Single hop (RFC 5881 section 4) and multihop (RFC 5883 section 5)."""

_SLICE_S = 0.02
"""The watch wakes at least this often, if only to see how late it is."""
_STEP_NS = 1_000_000
"""A wall clock that moves this much against the monotonic one was set, and timestamps cannot be compared."""
_STOP_S = 5.0


@dataclass(frozen=True, slots=True)
class Said:
    """A Control packet that left an end."""

    time_ns: int
    packet: ControlPacket


class Watch:
    """Captures at the ends `taps`, one file of `paths` each, from its making to `stop`. Raises OSError."""

    def __init__(self, taps: Sequence[Tap], paths: Sequence[Path]) -> None:
        self._taps = list(taps)
        self._recorders = [Recorder(path, tap.interface) for tap, path in zip(taps, paths, strict=True)]
        self._said: list[list[Said]] = [[] for _ in taps]
        self._changed = threading.Condition()
        self._ended = False
        self._error = ""
        self.lateness_us = 0
        """The worst lateness of this machine's timers so far, microseconds."""
        self._offset_ns = time.time_ns() - time.monotonic_ns()
        self._read_wake, self._write_wake = os.pipe()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def said(self, side: int) -> Sequence[Said]:
        """What left an end so far, in order."""
        return tuple(self._said[side])

    def last(self, side: int) -> ControlPacket | None:
        """What left an end last."""
        sent = self._said[side]
        return sent[-1].packet if sent else None

    def until(self, condition: Callable[[], bool], within_s: float) -> bool:
        """Wait until the condition holds; it is asked again after each packet. False after `within_s` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self._error) or condition(), within_s) and not self._error

    def stop(self) -> str:
        """End both captures, which are then complete, and return what is wrong with them: "" for nothing."""
        if self._thread.is_alive():
            os.write(self._write_wake, b"\0")
            self._thread.join(_STOP_S)
        trouble = self._error or self._trouble()
        if not self._ended:
            self._ended = True
            for tap, recorder in zip(self._taps, self._recorders, strict=True):
                tap.close()
                recorder.close()
            os.close(self._read_wake)
            os.close(self._write_wake)
        return trouble

    def _trouble(self) -> str:
        if self._ended:
            return ""
        lost = sum(tap.lost() for tap in self._taps)
        if lost:
            return f"the kernel dropped {lost} frames before they were captured"
        moved = abs(time.time_ns() - time.monotonic_ns() - self._offset_ns)
        return f"the wall clock was set by {moved // 1000} µs meanwhile" if moved > _STEP_NS else ""

    def _run(self) -> None:
        try:
            while self._round():
                pass
        except OSError as error:
            with self._changed:
                self._error = f"the capture ended early: {error}"
                self._changed.notify_all()

    def _round(self) -> bool:
        """Take what has come, or wait for it. False after the last frame before `stop`."""
        begun = time.monotonic()
        sources: list[Tap | int] = [*self._taps, self._read_wake]
        ready, _, _ = select.select(sources, [], [], _SLICE_S)
        if not ready:
            self.lateness_us = max(self.lateness_us, round((time.monotonic() - begun - _SLICE_S) * 1e6))
        for side, tap in enumerate(self._taps):
            while (frame := tap.read()) is not None:
                self._take(side, frame)
        return self._read_wake not in ready

    def _take(self, side: int, frame: Sniffed) -> None:
        self._recorders[side].write(frame.data, frame.time_ns, outbound=frame.outbound)
        datagram = frames.dissect(frame.data) if frame.outbound else None
        if datagram is None or datagram.destination_port not in CONTROL_PORTS:
            return
        packet = codec.decode(datagram.payload)
        if isinstance(packet, ControlPacket):
            with self._changed:
                self._said[side].append(Said(frame.time_ns, packet))
                self._changed.notify_all()
