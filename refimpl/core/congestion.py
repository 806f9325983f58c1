"""Congestion control (RFC 5880 section 7): after each sign of congestion the session's load is halved.

What counts as a sign is left to whoever drives a session (`Session.congested`), except for the one that only the
session sees: a failure of the session itself, which over several hops may be the first thing known of a congested path
(`Profile.failure_means_congestion`). The means is the one that section 7 names, the two intervals: they are announced
like any other change, with a Poll Sequence (6.8.3), and the Detection Time grows with them. When a while has passed
without another sign, the load is doubled again, step by step, until it is what the operator wants.
"""

from dataclasses import dataclass

LONGEST_US = (1 << 32) - 1
"""The greatest interval that a packet can carry, microseconds."""


@dataclass(slots=True)
class Backoff:
    """By how much a session holds back. `level` is how often its intervals are doubled, 0 to `greatest_level`.

    Signs that follow one another within `same_us` are one sign: the first step must be given time to work. After
    `relief_us` without a sign a step is taken back.
    """

    level: int = 0
    greatest_level: int = 4
    same_us: int = 3_000_000
    relief_us: int = 30_000_000
    _last_step: int | None = None

    @property
    def factor(self) -> int:
        """What intervals are multiplied with."""
        return 1 << self.level

    def slowed(self, interval_us: int) -> int:
        """An interval as it should be announced; zero, which asks for no packets at all (6.8.18), stays zero."""
        return min(interval_us << self.level, LONGEST_US)

    def sign(self, now: int) -> bool:
        """Take note of a sign of congestion. True when it makes a difference."""
        if self._last_step is not None and now < self._last_step + self.same_us and self.level > 0:
            return False
        self._last_step = now
        if self.level == self.greatest_level:
            return False
        self.level += 1
        return True

    def deadline(self) -> int | None:
        """When a step is to be taken back; None when there is none."""
        return self._last_step + self.relief_us if self.level and self._last_step is not None else None

    def relieve(self, now: int) -> bool:
        """Take a step back if it is time. True when it was."""
        deadline = self.deadline()
        if deadline is None or now < deadline:
            return False
        self._last_step = now
        self.level -= 1
        return True

    def end(self) -> bool:
        """The congestion is known to be over. True when that makes a difference."""
        before, self.level = self.level, 0
        return before > 0
