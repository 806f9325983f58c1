"""A link in memory: frames between two ends, with delay, loss, duplication and reordering from a seeded generator."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from refimpl.runtime.clock import VirtualClock

Deliver = Callable[[bytes], None]


@dataclass(frozen=True, slots=True)
class Impairments:
    """What the link does to frames. `delay_us` and `jitter_us` (added uniformly) are microseconds; the others are
    probabilities from 0 to 1. A reordered frame is held back for `reorder_by_us`."""

    delay_us: int = 50
    jitter_us: int = 0
    loss: float = 0.0
    duplication: float = 0.0
    reordering: float = 0.0
    reorder_by_us: int = 1_000


class LinkEnd:
    """One end: `send` puts a frame on the link, `deliver` is called with each frame that arrives."""

    def __init__(self, clock: VirtualClock, rng: Random, impairments: Impairments) -> None:
        self._clock = clock
        self._rng = rng
        self.impairments = impairments
        self.deliver: Deliver | None = None
        self.other: LinkEnd | None = None
        self._earliest = 0

    def send(self, frame: bytes) -> None:
        """Put a frame on the link. What happens to it is this end's business: impairments are per direction."""
        how, rng = self.impairments, self._rng
        copies = 2 if how.duplication and rng.random() < how.duplication else 1
        for _ in range(copies):
            if how.loss and rng.random() < how.loss:
                continue
            arrival = self._clock.now + how.delay_us + (rng.randint(0, how.jitter_us) if how.jitter_us else 0)
            if how.reordering and rng.random() < how.reordering:
                arrival += how.reorder_by_us
            else:
                # Delay alone keeps frames in order, as a queue would.
                self._earliest = arrival = max(arrival, self._earliest)
            self._clock.call_at(arrival, lambda: self._arrive(frame))

    def _arrive(self, frame: bytes) -> None:
        if self.other is not None and self.other.deliver is not None:
            self.other.deliver(frame)


def connect(clock: VirtualClock, rng: Random, impairments: Impairments | None = None) -> tuple[LinkEnd, LinkEnd]:
    """A link with the same impairments in both directions; change `end.impairments` while it runs to cut or bend
    one."""
    how = impairments or Impairments()
    ends = LinkEnd(clock, rng, how), LinkEnd(clock, rng, how)
    ends[0].other, ends[1].other = ends[1], ends[0]
    return ends
