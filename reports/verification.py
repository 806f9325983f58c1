"""What `bfdspec verify` found in captures, complete enough to be read without them.

Times are integer microseconds; those of a conversation count from its file's first BFD packet.
"""

from collections import Counter
from enum import StrEnum
from typing import Literal

from pydantic import Field

from reports.document import Document, Model
from reports.words import count


class Ruling(StrEnum):
    """What captures say about a requirement."""

    CONFIRMED = "confirmed"
    VIOLATED = "violated"
    UNDECIDED = "undecided"


MEANINGS: dict[Ruling, str] = {
    Ruling.CONFIRMED: "packets that could have broken the rule were seen, and none did",
    Ruling.VIOLATED: "at least one packet breaks the rule",
    Ruling.UNDECIDED: "the capture holds nothing that could decide it",
}

GLYPHS: dict[Ruling, str] = {Ruling.CONFIRMED: "✓", Ruling.VIOLATED: "✗", Ruling.UNDECIDED: "·"}


class FileRead(Model):
    """A capture file, as far as it could be read."""

    name: str
    packets: int = Field(description="BFD Control packets, unreadable ones included")
    undecoded: int = Field(description="packets to a BFD port without a complete Mandatory Section")
    started_ns: int = Field(description="time of the first BFD packet, nanoseconds since the Unix epoch; 0 if none")
    duration_us: int = Field(description="from the first BFD packet to the last one")
    warning: str = Field(default="", description="why only a part could be read")
    speakers: list[str] = Field(default=[], description="addresses that sent BFD, in order of appearance")


class CheckInfo(Model):
    """A check, with the requirement of the catalogue that it is named after."""

    id: str
    clause: str
    level: Literal["MUST", "SHOULD"]


class Where(Model):
    """Equal packets of one speaker that prove a finding."""

    frame: int
    last_frame: int
    packets: int
    time_us: int


class Finding(Model):
    """Something that breaks a requirement."""

    check: str
    level: Literal["MUST", "SHOULD"]
    conversation: int = Field(description="index into conversations")
    speaker: str
    expected: str
    seen: str
    where: list[Where] = Field(description="the first places, in the order of the capture")
    more: int = Field(default=0, description="further places that are not listed")


class Judged(Model):
    """What one check says of speakers in one file, the same of each of them."""

    file: int = Field(description="index into files")
    speakers: list[str]
    check: str
    ruling: Ruling
    examined: int = Field(description="packets or steps of each that could have broken the rule")
    reason: str = Field(default="", description="why undecided")
    notes: list[str] = Field(default=[])


class StateChange(Model):
    """From here on an end says this state. `last_us` is when it said so last: what it did after that is not known."""

    time_us: int
    last_us: int
    frame: int
    state: Literal["AdminDown", "Down", "Init", "Up"]
    diag: int


class Rate(Model):
    """How often an end sent while one negotiated interval governed it: gaps between packets without P and F."""

    interval_us: int
    least_percent: int = Field(description="what RFC 5880 section 6.8.7 permits, in percent of the interval")
    most_percent: int
    gaps: list[int] = Field(description="how many gaps were 0 to 2.5 % of the interval, 2.5 to 5 %, and so on; 64 bins")
    shortest_us: int
    longest_us: int


class Silence(Model):
    """A Down by Detection Time (Diag 1): the last packet heard before, the time allowed, and when Down was said."""

    heard_us: int
    detection_us: int
    down_us: int
    frame: int


class EndSeen(Model):
    """One end of a session."""

    address: str
    discriminator: int
    packets: int
    first_us: int
    last_us: int
    states: list[StateChange]
    rates: list[Rate] = Field(default=[])
    silences: list[Silence] = Field(default=[])


class Line(Model):
    """A packet, and how many like it followed from the same end before anybody said something else."""

    time_us: int
    frame: int
    side: int = Field(description="0 or 1, as in addresses")
    words: str
    packets: int = 1
    marked: bool = Field(default=False, description="a finding rests on it")


class ConversationSeen(Model):
    """All that two addresses sent each other on one port in one place of a file. Where a file has very many of them,
    those without findings have neither ends nor lines."""

    file: int
    place: str = Field(description="interface, VLANs, tunnel; empty if there is none to name")
    addresses: tuple[str, str]
    destination_port: int
    packets: int
    ends: list[EndSeen] = Field(default=[])
    handshakes: list[str] = Field(default=[], description="each session, in words")
    lines: list[Line] = Field(default=[])
    lines_left_out: int = 0

    @property
    def title(self) -> str:
        """For example "192.0.2.1 and 192.0.2.2, port 3784, eth0"."""
        one, other = self.addresses
        return f"{one} and {other}, port {self.destination_port}" + (f", {self.place}" if self.place else "")


class Verification(Document):
    """One run of `bfdspec verify`."""

    kind: Literal["verification"] = "verification"
    engine: str
    files: list[FileRead]
    checks: list[CheckInfo]
    conversations: list[ConversationSeen]
    judged: list[Judged]
    findings: list[Finding]

    def totals(self) -> dict[Ruling, int]:
        """Number of answers per ruling."""
        counts: Counter[Ruling] = Counter()
        for each in self.judged:
            counts[each.ruling] += len(each.speakers)
        return {ruling: counts[ruling] for ruling in Ruling}

    def answers(self, file: int) -> dict[tuple[str, str], Judged]:
        """What was said in a file, by speaker and check."""
        return {(speaker, each.check): each for each in self.judged if each.file == file for speaker in each.speakers}

    def broken(self, level: str) -> list[Finding]:
        """The findings of a level, MUST or SHOULD."""
        return [finding for finding in self.findings if finding.level == level]


def in_one_line(run: Verification) -> str:
    """The outcome, for a terminal or another report."""
    packets = sum(each.packets for each in run.files)
    speakers = sum(len(each.speakers) for each in run.files)
    found = ", ".join(
        f"{count(len(broken), word)}"
        for level, word in (("MUST", "violation"), ("SHOULD", "recommendation"))
        if (broken := run.broken(level))
    )
    return (
        f"{count(packets, 'packet')} of {count(speakers, 'speaker')} in "
        f"{count(len(run.conversations), 'conversation')}: {found or 'nothing breaks a requirement'}"
    )
