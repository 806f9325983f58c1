"""A chunk of packets, cut into pieces: the parts in which an end goes on saying one thing and is not interrupted.

Lives here: what numpy does for each packet. Must not live here: what becomes of a piece (see captures.fold). All arrays
have one element per packet in the order of ends, or one per piece; times and gaps are nanoseconds.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from captures.conversation import BIN_PERCENT, BINS, Steps
from captures.table import AUTH_SEQUENCE, PACKET, constant

Array = NDArray[Any]

NEVER = np.iinfo(np.int64).max
"""The shortest gap of a piece without gaps; its longest is -1."""

_BINS_PER_INTERVAL = int(100 / BIN_PERCENT)
_FACTORS = np.random.default_rng().integers(1 << 62, 1 << 63, 8, dtype=np.uint64) | np.uint64(1)
"""Drawn anew in each process, so that nobody can make a capture whose ends are mixed up by equal hashes."""


def hashes(packets: Array) -> Array:
    """A number for each packet that is the same for all packets of an end: place, both addresses, destination port,
    whether it could be read, and My Discriminator."""
    words = np.ascontiguousarray(packets).view(np.uint64).reshape(len(packets), PACKET.itemsize // 8)
    sums = words[:, 2] * _FACTORS[0] + _mixed(words[:, 3]) * _FACTORS[1]  # the source, see PACKET
    sums += words[:, 4] * _FACTORS[2] + _mixed(words[:, 5]) * _FACTORS[3]  # the destination
    rest = packets["place"].astype(np.uint64) << np.uint64(32) | packets["my_discriminator"]
    port = packets["destination_port"].astype(np.uint64) << np.uint64(1) | packets["decoded"]
    return _mixed(sums + _mixed(rest) * _FACTORS[4] + port * _FACTORS[5])


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    words = (words ^ (words >> np.uint64(32))) * _FACTORS[6]
    words = (words ^ (words >> np.uint64(29))) * _FACTORS[7]
    return words ^ (words >> np.uint64(32))


def ordered(numbers: Array) -> Array:
    """The indices that put `numbers` in order, equal ones as they were. Small ones are sorted ten times as fast."""
    if len(numbers) and int(numbers.max()) < 1 << 16:
        numbers = numbers.astype(np.uint16)
    return np.argsort(numbers, kind="stable")


@dataclass(frozen=True, slots=True)
class Pieces:
    """The pieces of a chunk. `packets` are in the order of ends, `begins` the index of each piece's first, and
    `positions` where in the chunk that was.

    `anew` is whether a piece says what its end did not say before it; `epochs` count what was said anew in the
    conversation since the chunk began. `lead` is the gap before the first packet, NEVER if the end is new, and
    `lead_step` the step of the sequence number. `gaps` has an element per packet, -1 for the first of each piece.
    """

    packets: Array
    positions: Array
    own: Array
    begins: Array
    anew: Array
    epochs: Array
    lead: Array
    gaps: Array
    lead_step: Array

    @property
    def counts(self) -> Array:
        """Number of packets of each piece."""
        return np.diff(self.begins, append=len(self.packets))

    @property
    def which(self) -> Array:
        """The piece of each packet."""
        return np.repeat(np.arange(len(self.begins)), self.counts)

    def shortest(self) -> tuple[Array, Array]:
        """Of each piece the shortest gap inside, and the frame that ended it."""
        gaps = np.where(self.gaps < 0, NEVER, self.gaps)
        return self._extreme(gaps, np.minimum.reduceat(gaps, self.begins))

    def longest(self) -> tuple[Array, Array]:
        """Of each piece the longest gap inside, and the frame that ended it."""
        return self._extreme(self.gaps, np.maximum.reduceat(self.gaps, self.begins))

    def _extreme(self, gaps: Array, extremes: Array) -> tuple[Array, Array]:
        return extremes, self._first_frames(gaps == np.repeat(extremes, self.counts))

    def histograms(self, intervals_ns: Array) -> dict[int, Array]:
        """Of each piece with gaps inside: how many gaps fell into which part of the piece's interval."""
        wanted = np.flatnonzero((self.counts > 1) & (intervals_ns > 0))
        if not len(wanted):
            return {}
        line = np.full(len(self.begins), -1)
        line[wanted] = np.arange(len(wanted))
        inside = np.flatnonzero((self.gaps >= 0) & (line[self.which] >= 0))
        which = self.which[inside]
        parts = np.minimum(self.gaps[inside] * _BINS_PER_INTERVAL // intervals_ns[which], BINS - 1)
        counted = np.bincount(line[which] * BINS + parts, minlength=len(wanted) * BINS)
        return dict(zip(wanted.tolist(), counted.reshape(-1, BINS).astype(np.uint32), strict=True))

    def sequences(self) -> dict[int, Steps]:
        """Of each piece with sequence numbers, how they went on inside."""
        wanted = np.flatnonzero(self.packets["auth_fields"][self.begins] & AUTH_SEQUENCE)
        if not len(wanted):
            return {}
        numbers, inside = self.packets["auth_sequence"], self.gaps >= 0
        forth = np.diff(numbers, prepend=np.uint32(0)).view(np.int32)
        repeated, back = inside & (forth == 0), inside & (forth < 0)
        columns = (
            numbers[self.begins],
            numbers[self.begins + self.counts - 1],
            np.add.reduceat(repeated, self.begins, dtype=np.int64),
            self._first_frames(repeated),
            np.add.reduceat(back, self.begins, dtype=np.int64),
            self._first_frames(back),
            np.maximum.reduceat(np.where(inside, forth, 0), self.begins),
        )
        lines = zip(*(column[wanted].tolist() for column in columns), strict=True)
        return {piece: Steps(*line) for piece, line in zip(wanted.tolist(), lines, strict=True)}

    def _first_frames(self, hits: Array) -> Array:
        """Of each piece the first frame that was hit, 0 if none was."""
        at = np.flatnonzero(hits)[::-1]
        frames = np.zeros(len(self.begins), np.uint32)
        frames[self.which[at]] = self.packets["frame"][at]  # the earliest is written last
        return frames


def cut(packets: Array, own: Array, group_of: Array, last: Array, known: int) -> Pieces:
    """Cut a chunk. `packets` are in file order, `own` is the number of each packet's end and `group_of` the number of
    an end's conversation; `last` has the last packet of each end by its number, where that is less than `known`."""
    by_end = ordered(own)
    groups = group_of[own]
    packets, own = _taken(packets, by_end), own[by_end]
    firsts = np.flatnonzero(np.diff(own, prepend=-1))
    before = last[own[firsts]]
    fresh = own[firsts] >= known

    anew = _anew(packets, before, firsts, fresh)
    epochs = _epochs(anew, by_end, groups)
    cuts = anew.copy()
    cuts[1:] |= epochs[1:] != epochs[:-1]
    cuts[firsts] = True
    begins = np.flatnonzero(cuts)

    gaps = np.diff(packets["time_ns"], prepend=0)
    gaps[firsts] = np.where(fresh, NEVER, packets["time_ns"][firsts] - before["time_ns"])
    lead = gaps[begins]
    gaps = np.maximum(gaps, 0)  # a clock that was set back, or several interfaces in one file
    gaps[begins] = -1
    steps = np.diff(packets["auth_sequence"], prepend=np.uint32(0))
    steps[firsts] = np.where(fresh, 0, packets["auth_sequence"][firsts] - before["auth_sequence"])
    lead_step = steps[begins].view(np.int32)
    return Pieces(packets, by_end[begins], own[begins], begins, anew[begins], epochs[begins], lead, gaps, lead_step)


def _taken(packets: Array, indices: Array) -> Array:
    """packets[indices], which numpy does four times as fast for plain numbers."""
    words = np.ascontiguousarray(packets).view(np.uint64).reshape(len(packets), PACKET.itemsize // 8)
    return np.take(words, indices, axis=0).reshape(-1).view(PACKET)


def _anew(packets: Array, before: Array, firsts: Array, fresh: Array) -> Array:
    """Whether a packet differs from its end's packet before."""
    contents = constant(packets)
    anew = np.zeros(len(packets), bool)
    anew[1:] = contents[1:] != contents[:-1]
    anew[firsts] = fresh | (contents[firsts] != constant(before))
    return anew


def _epochs(anew: Array, by_end: Array, groups: Array) -> Array:
    """How often something was said anew in a packet's conversation since the chunk began, with the packet itself."""
    in_file = np.empty(len(anew), bool)
    in_file[by_end] = anew
    by_group = ordered(groups)
    sums = np.cumsum(in_file[by_group])
    firsts = np.flatnonzero(np.diff(groups[by_group], prepend=-1))
    base = np.where(firsts > 0, sums[firsts - 1], 0)
    sums -= np.repeat(base, np.diff(firsts, append=len(sums)))
    epochs = np.empty(len(anew), np.int64)
    epochs[by_group] = sums
    return epochs[by_end]
