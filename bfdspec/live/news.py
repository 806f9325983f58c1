"""What is new in conversations that go on: changes of state, and findings.

Lives here: what was told already. Must not live here: how it is shown.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from captures.conversation import Conversation, End, Said
from captures.findings import Finding, in_frames
from captures.fold import Fold
from captures.handshake import STATE_NAMES
from captures.judging import judge_all, views
from captures.table import Chunk


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: `kind` is "state", "poll" or "finding"; nanoseconds since the Unix epoch."""

    time_ns: int
    kind: str
    words: str


class News:
    """Follows conversations, chunk by chunk."""

    def __init__(self) -> None:
        self.fold = Fold()
        self.findings: dict[tuple[str, str, int, str], Finding] = {}
        self._said: dict[End, int] = {}
        self._epochs: dict[Conversation, int] = {}

    def add(self, chunk: Chunk) -> list[Event]:
        """Take packets in; the changes of state that they bring."""
        self.fold.add(chunk)
        events = [event for each in self.fold.conversations for end in each.ends.values() for event in self._of(end)]
        return sorted(events, key=lambda event: event.time_ns)

    def judge(self) -> list[Event]:
        """Run the checks on the speakers that said something new; the findings that were not told yet."""
        fresh = []
        anew = {
            speaker: parts
            for speaker, parts in views(self.fold.conversations).items()
            if any(self._epochs.get(part.conversation) != part.conversation.epoch for part in parts)
        }
        for speaker, outcomes in judge_all(anew).items():
            for finding in (finding for outcome in outcomes for finding in outcome.findings):
                key = finding.check, speaker, id(finding.conversation), finding.seen
                if key not in self.findings:
                    self.findings[key] = finding
                    fresh.append(_event(finding))
        self._epochs = {each: each.epoch for each in self.fold.conversations}
        return sorted(fresh, key=lambda event: event.time_ns)

    def about(self, end: End) -> list[Finding]:
        """The findings so far about an end's address in its conversation."""
        found = self.findings.values()
        return [each for each in found if each.conversation is end.conversation and each.speaker == end.address]

    def _of(self, end: End) -> Iterator[Event]:
        told = self._said.get(end, 0)
        self._said[end] = len(end.said)
        if end.discriminator is None:
            return
        for number in range(told, len(end.said)):
            yield from _change(end, end.said[number - 1] if number else None, end.said[number])


def _change(end: End, before: Said | None, after: Said) -> Iterator[Event]:
    row = after.row
    now = f"{STATE_NAMES[row.state]}" + (f" (diag {row.diag})" if row.diag else "")
    who = f"{end.address} to {row.destination}"
    if before is None:
        yield Event(after.first_ns, "state", f"{who}: says {now}")
    elif before.row.state != row.state:
        yield Event(after.first_ns, "state", f"{who}: {STATE_NAMES[before.row.state]} → {now}")
    elif row.poll and not before.row.poll:
        yield Event(after.first_ns, "poll", f"{who}: polls, tx {row.desired_min_tx_interval_us / 1000:g} ms")


def _event(finding: Finding) -> Event:
    words = f"{finding.speaker}: {finding.check} ({finding.level}): expected {finding.expected}, seen {finding.seen}"
    return Event(finding.where[0].time_ns, "finding", f"{words}, {in_frames(finding.where, 2)}")


def latest(conversations: Sequence[Conversation]) -> int:
    """When the last packet of all came, nanoseconds since the Unix epoch; 0 if none did."""
    ends = [end for each in conversations for end in each.ends.values()]
    return max((end.said[-1].last_ns for end in ends), default=0)
