"""A clock that stands still until it is told to move: simulated time in integer microseconds."""

import heapq
from collections.abc import Callable
from itertools import count


class VirtualClock:
    """Runs callbacks in order of their time; callbacks of the same time run in the order in which they were asked
    for."""

    def __init__(self, now: int = 0) -> None:
        self._now = now
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()

    @property
    def now(self) -> int:
        """The current time, microseconds."""
        return self._now

    def call_at(self, when: int, callback: Callable[[], None]) -> None:
        """Run `callback` at `when`; a time that has passed means as soon as the clock moves."""
        heapq.heappush(self._queue, (max(when, self._now), next(self._order), callback))

    def next_event(self) -> int | None:
        """Time of the next callback."""
        return self._queue[0][0] if self._queue else None

    def step(self, until: int) -> bool:
        """Run the next callback if it is due by `until`; otherwise move to `until` and return False."""
        if self._queue and self._queue[0][0] <= until:
            self._now, _, callback = heapq.heappop(self._queue)
            callback()
            return True
        self._now = max(self._now, until)
        return False

    def advance(self, until: int) -> None:
        """Run everything that is due by `until`, and stand there."""
        while self.step(until):
            pass
