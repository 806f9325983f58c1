"""The result model: what one run of the suite found, complete enough to be read without the machine that made it.

Times are integer microseconds.
"""

from collections import Counter
from enum import StrEnum
from typing import Literal

from pydantic import Field

from reports.document import Document, Model


class Verdict(StrEnum):
    """What may be said about a case."""

    PASS = "PASS"
    PASS_ALTERNATIVE = "PASS_ALTERNATIVE"
    WARN = "WARN"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"
    UNSUPPORTED = "UNSUPPORTED"


VERDICT_MEANINGS: dict[Verdict, str] = {
    Verdict.PASS: "the behaviour that the clause asks for was seen",
    Verdict.PASS_ALTERNATIVE: "another behaviour that the clause allows was seen; the case says which",
    Verdict.WARN: "a SHOULD was not followed",
    Verdict.FAIL: "a MUST was not followed",
    Verdict.INCONCLUSIVE: (
        "the bench was late, or the target was not sane before the probe: nothing is said about the target"
    ),
    Verdict.UNSUPPORTED: "the target lacks what the case needs; that was checked, or there is no way to try",
}


class RequirementRef(Model):
    """A requirement that a case judges, copied from the catalogue so that a report stands on its own."""

    id: str
    level: Literal["MUST", "SHOULD", "MAY"]
    summary: str


class PacketLine(Model):
    """One line of the packet table. `frame` is the number that Wireshark shows for the case's capture file."""

    frame: int
    time_us: int = Field(description="microseconds since the first frame of the case")
    direction: Literal["to_target", "from_target"]
    summary: str = Field(description="the packet in words: state, flags, timers, discriminators")
    marked: bool = Field(default=False, description="a frame that the verdict rests on")


class Measurement(Model):
    """Something that was measured on the wire, with what was permitted."""

    name: str
    unit: str
    minimum: float
    median: float
    maximum: float
    count: int
    permitted: str = Field(description="the permitted range in words, tolerance included")


class Expectation(Model):
    """A known deviation of this target, from conformance/expectations/."""

    verdict: Verdict
    why: str
    link: str = ""
    since: str = ""


class CaseResult(Model):
    """One case, judged."""

    id: str
    title: str
    rfc: str = Field(description='the RFC number, for example "5880"')
    section: str = Field(description='the section number, for example "6.8.6"')
    section_title: str = ""
    verdict: Verdict
    requirements: list[RequirementRef]
    violated: str = Field(default="", description="id of the requirement that was not followed, with FAIL and WARN")
    expected: str = Field(default="", description="what the clause permits, in words")
    actual: str = Field(default="", description="what was seen instead, in words")
    reason: str = Field(default="", description="why INCONCLUSIVE or UNSUPPORTED, or which alternative was seen")
    expectation: Expectation | None = None
    as_expected: bool = Field(description="False makes the run fail")
    packets: list[PacketLine] = Field(default=[])
    measurements: list[Measurement] = Field(default=[])
    notes: list[str] = Field(default=[])
    capture: str = Field(default="", description="path of the case's pcapng, relative to results.json")
    witness: list[str] = Field(
        default=[], description="what tshark's independent reading of the capture confirmed or not"
    )
    repeat: str = Field(description="the one command that repeats this case")
    duration_us: int = 0
    lateness_us: int = Field(default=0, description="the tester's own worst lateness during the case")
    attempts: int = 1


class Noise(Model):
    """How late the tester itself was, and the tolerance it therefore judged with."""

    worst_us: int
    median_us: int
    samples: int
    tolerance_us: int = Field(description="the greatest tolerance added to a permitted range of time, microseconds")


class TargetInfo(Model):
    """Who was tested."""

    name: str
    version: str
    description: str = ""
    lacks: dict[str, str] = Field(default={})


class RfcCoverage(Model):
    """How much of one RFC the suite covers, whatever was selected for this run."""

    rfc: str
    requirements: int = Field(description="in the catalogue")
    observable: int = Field(description="those that can be seen on the wire")
    covered: int = Field(description="those of them that have a case")


class Run(Document):
    """One run of the suite against one target."""

    kind: Literal["conformance"] = "conformance"
    target: TargetInfo
    clock: Literal["virtual", "real"]
    seed: int
    noise: Noise | None = None
    coverage: list[RfcCoverage] = Field(default=[])
    results: list[CaseResult]

    def totals(self) -> dict[Verdict, int]:
        """Number of cases per verdict, every verdict present."""
        counts = Counter(result.verdict for result in self.results)
        return {verdict: counts[verdict] for verdict in Verdict}

    def unexpected(self) -> list[CaseResult]:
        """The cases that make the run fail."""
        return [result for result in self.results if not result.as_expected]
