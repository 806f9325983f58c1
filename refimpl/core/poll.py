"""The Poll Sequence from the side that asks (RFC 5880 sections 6.5 and 6.8.3).

A second change must not start a second Poll whose Final could be taken for the first one's. Of the three ways that
6.8.3 offers, this speaker takes the third: after a Poll Sequence it waits for a packet with the Final bit clear.
"""

from dataclasses import dataclass


@dataclass(slots=True)
class PollSequence:
    """`active`: periodic packets carry the Poll bit. `asked`: one that did has left, so that a Final may answer it.
    `settling`: the Final came, a packet without Final did not yet."""

    active: bool = False
    asked: bool = False
    settling: bool = False

    @property
    def idle(self) -> bool:
        """A new Poll Sequence may begin."""
        return not self.active and not self.settling

    def start(self) -> None:
        """Begin a Poll Sequence, or go on with one about new contents."""
        self.active = True
        self.asked = False
        self.settling = False

    def transmitted(self) -> None:
        """Take note that a packet with the Poll bit has left."""
        self.asked = True

    def received(self, *, final: bool) -> bool:
        """Take note of an accepted packet. True when its Final bit ended the Poll Sequence."""
        if not final:
            self.settling = False
            return False
        if not (self.active and self.asked):
            return False
        self.active = False
        self.settling = True
        return True
