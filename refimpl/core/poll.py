"""The Poll Sequence from the side that asks (RFC 5880 sections 6.5 and 6.8.3).

A second change must not start a second Poll whose Final could be taken for the first one's. Of the three ways that
6.8.3 offers, this speaker takes the third: after a Poll Sequence it waits for a packet with the Final bit clear. In
Demand mode, where no such packet need ever come, it takes the second: it waits until a round trip time has passed since
its last Poll.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class PollSequence:
    """`active`: periodic packets carry the Poll bit. `first_sent` and `last_sent`: when the first and the latest one
    that did left, None before. `settling`: the Final came, but a second Poll could still be taken for this one;
    `settles_at` is when that is over by the second way. Times are microseconds."""

    active: bool = False
    first_sent: int | None = None
    last_sent: int | None = None
    settling: bool = False
    settles_at: int = 0

    @property
    def asked(self) -> bool:
        """A packet with the Poll bit has left, so that a Final may answer it."""
        return self.first_sent is not None

    @property
    def idle(self) -> bool:
        """A new Poll Sequence may begin."""
        return not self.active and not self.settling

    def start(self) -> None:
        """Begin a Poll Sequence, or go on with one about new contents."""
        self.active = True
        self.first_sent = self.last_sent = None
        self.settling = False

    def transmitted(self, now: int) -> None:
        """Take note that a packet with the Poll bit has left."""
        self.first_sent = now if self.first_sent is None else self.first_sent
        self.last_sent = now

    def received(self, now: int, *, final: bool, demand: bool) -> bool:
        """Take note of an accepted packet; `demand` is whether Demand mode is active on either system. True when the
        Final bit ended the Poll Sequence."""
        if not final:
            self.settling = self.settling and demand
            return False
        if not self.active or self.first_sent is None or self.last_sent is None:
            return False
        self.active = False
        self.settling = True
        # A Final that answers the first of several Polls took the longest: no round trip is longer than this one.
        self.settles_at = self.last_sent + (now - self.first_sent)
        self.first_sent = self.last_sent = None
        if demand:
            self.settle(now)
        return True

    def settle(self, now: int) -> None:
        """In Demand mode time alone keeps two Poll Sequences apart."""
        self.settling = self.settling and now < self.settles_at
