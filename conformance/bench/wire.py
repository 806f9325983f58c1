"""The link under the bench, whichever clock turns: send a frame, wait for the next one until a time.

Two wires exist: `conformance.bench.live` on a real interface, `conformance.targets.reference` on the virtual clock.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol


@dataclass(frozen=True, slots=True)
class Link:
    """The two ends of the link between tester and target: addresses by family (4 and 6), MACs, interface names."""

    tester_interface: str
    target_interface: str
    tester_mac: str
    target_mac: str
    tester_addresses: dict[int, str]
    target_addresses: dict[int, str]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame on the link; `sent` is True for the tester's own."""

    frame: bytes
    time_ns: int
    sent: bool


class Late(NamedTuple):
    """The tester wanted to wake at `due_us`, and woke `late_us` after it."""

    due_us: int
    late_us: int


class Wire(Protocol):
    """A link seen from the tester's end. Times are microseconds on the scale of the frames' timestamps."""

    link: Link
    real: bool

    def now(self) -> int:
        """The current time."""

    def send(self, frame: bytes) -> None:
        """Put a frame on the link; it comes back from `receive` as the tester's own, with its timestamp."""

    def receive(self, until: int) -> Arrival | None:
        """The next frame in either direction, or None when `until` has come. Blocks (or moves the virtual clock)."""

    def lateness(self) -> list[Late]:
        """How late the tester woke up, each time it waited for a moment, so far; empty on the virtual clock."""

    def trouble(self) -> str:
        """What went wrong with the bench itself so far (lost frames, a clock that was set), in words; "" for
        nothing."""

    def close(self) -> None:
        """Release sockets."""
