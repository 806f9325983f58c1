"""What was heard, in the order of time, and found again by a time.

Lives here: how to look up stretches without walking through all of them; a session may change thousands of times. Must
not live here: any rule. All times are nanoseconds since the Unix epoch.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple

from captures.conversation import Said, Stretch
from captures.rows import Row


class Heard(NamedTuple):
    """What somebody said, and the stretch in which it may have been read."""

    row: Row
    stretch: Stretch


def heard_of(said: Iterable[Said]) -> Iterator[Heard]:
    """Each stretch of what was said."""
    return (Heard(each.row, stretch) for each in said for stretch in each.stretches)


def heard_by_name(said: Iterable[Said]) -> dict[int, list[Heard]]:
    """The same, by the Your Discriminator that the packets name; 0 names nobody."""
    found: dict[int, list[Heard]] = {}
    for each in said:
        found.setdefault(each.row.your_discriminator, []).extend(heard_of([each]))
    return found


def _first_ns(heard: Heard) -> int:
    return heard.stretch.first_ns


class Timeline(Sequence[Heard]):
    """Things heard, by when they were said first."""

    def __init__(self, heard: Iterable[Heard]) -> None:
        self._heard = sorted(heard, key=_first_ns)
        self._firsts = [each.stretch.first_ns for each in self._heard]

    @cached_property
    def _reach(self) -> list[int]:
        """When the last packet came of each and all before it."""
        return list(accumulate([each.stretch.last_ns for each in self._heard], max))

    @cached_property
    def _frames(self) -> list[int]:
        """The first frame of each and all behind it."""
        return list(accumulate([each.stretch.first_frame for each in reversed(self._heard)], min))[::-1]

    def __len__(self) -> int:
        return len(self._heard)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]  # as that of a list
        return self._heard[index]

    def __iter__(self) -> Iterator[Heard]:
        return iter(self._heard)

    def begun(self, until_ns: int) -> int:
        """How many had begun by then."""
        return bisect_right(self._firsts, until_ns)

    def last_ns(self, until_ns: int) -> int | None:
        """The last packet of what had begun by then, None if nothing had; it may have come later."""
        begun = self.begun(until_ns)
        return self._reach[begun - 1] if begun else None

    def next_ns(self, after_ns: int) -> int | None:
        """When the first begins after that, None if none does."""
        begun = self.begun(after_ns)
        return self._firsts[begun] if begun < len(self._firsts) else None

    def during(self, since_ns: int, until_ns: int) -> list[Heard]:
        """What was said then, or was said both before and after."""
        return self.reaching(since_ns, self.begun(until_ns))

    def reaching(self, since_ns: int, among: int) -> list[Heard]:
        """What was still said from a moment on, of the first `among`."""
        at, found = among, []
        while at and self._reach[at - 1] >= since_ns:
            at -= 1
            if self._heard[at].stretch.last_ns >= since_ns:
                found.append(self._heard[at])
        found.reverse()
        return found

    def before(self, frame: int, ns: int, *, since_ns: int) -> list[Heard]:
        """What was said from a moment on and began before a packet. Captured on several interfaces, frames may be out
        of order in the file: either order counts."""
        found = self.during(since_ns, ns)
        for at in range(self.begun(ns), len(self)):
            if self._frames[at] >= frame:
                break
            stretch = self._heard[at].stretch
            if stretch.first_frame < frame and stretch.last_ns >= since_ns:
                found.append(self._heard[at])
        return found


def first_between(stretches: Sequence[Stretch], after_ns: int, before_ns: int) -> Stretch | None:
    """The first of an end's stretches, in their order, whose first or last packet came between these moments."""
    for at in range(bisect_right(stretches, after_ns, key=attrgetter("last_ns")), len(stretches)):
        stretch = stretches[at]
        if stretch.first_ns >= before_ns:
            return None
        if after_ns < stretch.first_ns or stretch.last_ns < before_ns:
            return stretch
    return None
