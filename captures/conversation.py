"""What a capture holds, folded: who spoke with whom, and what each end said for how long.

Lives here: conversations, their ends, and what an end said. Must not live here: how packets come to be folded (see
captures.fold), judging. A session that is Up sends the same packet thousands of times; so an end is a short list of
what it `said`, each with the stretches of time in which it repeated that.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from captures.rows import Row, Undecoded

BINS = 64
BIN_PERCENT = 2.5
"""A histogram of gaps: how many were 0 to 2.5 % of the interval that governs them, how many 2.5 to 5 % ... The last bin
holds whatever is 157.5 % or more."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing came from an end in between: nanoseconds, and the frame that ended it."""

    ns: int
    frame: int


@dataclass(slots=True)
class Steps:
    """The sequence numbers of a stretch (RFC 5880 sections 6.7.3, 6.7.4), and the steps inside from packet to packet,
    on the circle of 2**32: a step by up to half of it is forth, by more it is back.

    `repeated` and `back` count steps; the frames are the first that show one, 0 if none does. `forth` is the greatest.
    """

    first: int
    last: int
    repeated: int
    repeated_frame: int
    back: int
    back_frame: int
    forth: int


@dataclass(slots=True)
class Stretch:
    """Packets of one end that differ in nothing but time and sequence number, while no other end of the conversation
    began to say something else. `epoch` counts what was newly said in the conversation, by whomever.

    `lead_ns` is the gap between the end's packet before and the first one here, None at its very first packet.
    `lead_step` is the step of the sequence number into the stretch, negative if it went back. `interval_us` is what
    RFC 5880 section 6.8.2 gives for the end: the greater of its Desired Min TX Interval and the Required Min RX
    Interval of `heard`, what its peer had said last; where no peer is known, the former alone. `gaps` is the histogram
    of the gaps inside the stretch, None if there are none or the interval is zero.
    """

    epoch: int
    first_frame: int
    first_ns: int
    last_frame: int
    last_ns: int
    count: int
    lead_ns: int | None
    interval_us: int
    heard: "Said | None"
    lead_step: int = 0
    shortest: Gap | None = None
    longest: Gap | None = None
    gaps: NDArray[Any] | None = None
    steps: Steps | None = None


@dataclass(slots=True)
class Said:
    """One content, and the stretches in which an end repeated it without saying anything else in between. `row` is the
    first packet, `count` the number of all. Where an end has no discriminator, `row` is an Undecoded: `packet` says so,
    and whoever asks for `row` knows that it is one."""

    row: Row
    stretches: list[Stretch] = field(default_factory=list)
    count: int = 0

    @property
    def packet(self) -> Row | Undecoded:
        """The first packet, whatever it is."""
        return self.row

    @property
    def first_ns(self) -> int:
        """When it was said first, nanoseconds since the Unix epoch."""
        return self.stretches[0].first_ns

    @property
    def first_frame(self) -> int:
        """The frame in which it was said first."""
        return self.stretches[0].first_frame

    @property
    def last_ns(self) -> int:
        """When it was said last."""
        return self.stretches[-1].last_ns

    @property
    def last_frame(self) -> int:
        """The frame in which it was said last."""
        return self.stretches[-1].last_frame


@dataclass(slots=True, eq=False)
class End:
    """One party of a conversation, known by its address and discriminator: a session has two. `discriminator` is None
    for the packets from an address that could not be read as rows."""

    conversation: "Conversation"
    address: str
    discriminator: int | None
    said: list[Said] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Number of packets."""
        return sum(said.count for said in self.said)

    def stretches(self) -> Iterator[tuple[Said, Stretch]]:
        """All stretches in the order of time, with what was said."""
        for said in self.said:
            for stretch in said.stretches:
                yield said, stretch


@dataclass(slots=True, eq=False)
class Conversation:
    """All that two addresses sent each other on one destination port, seen in one place. Sessions that share these
    (parallel ones, or one after a restart) share the conversation; they differ in their discriminators."""

    place: str
    addresses: tuple[str, str]
    destination_port: int
    ends: dict[tuple[str, int | None], End] = field(default_factory=dict)
    epoch: int = 0

    def of(self, address: str) -> list[End]:
        """The ends with an address whose packets could be read, in order of appearance."""
        return [end for end in self.ends.values() if end.address == address and end.discriminator is not None]

    def other(self, address: str) -> str:
        """The address at the other side; the same one if somebody speaks with itself."""
        one, two = self.addresses
        return two if address == one else one

    def peer(self, end: End, row: Row) -> End | None:
        """The end that `row` of `end` names by its Your Discriminator."""
        if not row.your_discriminator:
            return None
        return self.ends.get((self.other(end.address), row.your_discriminator))
