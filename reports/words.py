"""How reports speak: the order of sections, the standing of a result, and figures in words.

Lives here: whatever two renderings would otherwise say in two ways. Must not live here: markup of any format.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from reports.model import CaseResult, Expectation, Noise, Run, Verdict

DEVIATIONS = frozenset({Verdict.WARN, Verdict.FAIL, Verdict.INCONCLUSIVE})
"""Verdicts that a reader has to know about."""


class Standing(StrEnum):
    """What a result means for the run as a whole."""

    ORDINARY = "ordinary"
    KNOWN = "known"
    UNEXPECTED = "unexpected"


class Judged(Protocol):
    """Whatever has a verdict that was expected or not."""

    @property
    def verdict(self) -> Verdict:
        """What was found."""

    @property
    def as_expected(self) -> bool:
        """False makes the run fail."""


def standing(result: Judged) -> Standing:
    """Unexpected results make the run fail; known ones deviate, as was expected; the others need no attention."""
    if not result.as_expected:
        return Standing.UNEXPECTED
    return Standing.KNOWN if result.verdict in DEVIATIONS else Standing.ORDINARY


def excuse(expectation: Expectation | None) -> str:
    """Why a deviation that was expected does not make the run fail."""
    if expectation is None:
        return "not counted against the run"
    return f"{expectation.why} (since {expectation.since})" if expectation.since else expectation.why


def account(result: CaseResult) -> list[tuple[str, str]]:
    """What happened, as rows of label (at most 8 characters) and sentence. Rows with nothing to say are left out."""
    rows = [("expected", result.expected), ("actual", result.actual), ("reason", result.reason)]
    if standing(result) is Standing.KNOWN:
        rows.append(("known", excuse(result.expectation)))
    elif result.expectation is not None:
        rows.append(("note", f"{result.expectation.verdict} was expected here: {result.expectation.why}"))
    return [(label, sentence) for label, sentence in rows if sentence]


@dataclass(frozen=True, slots=True)
class Section:
    """One section of one RFC, with its results in order of case id."""

    rfc: str
    number: str
    title: str
    results: tuple[CaseResult, ...]

    @property
    def name(self) -> str:
        """For example `RFC 5880 section 6.8.6`."""
        return f"RFC {self.rfc} section {self.number}"

    @property
    def anchor(self) -> str:
        """Where it stands in the page of its run."""
        return f"section-{self.rfc}-{self.number}"

    def count(self, verdict: Verdict) -> int:
        """Number of cases with `verdict`."""
        return sum(result.verdict is verdict for result in self.results)


def sections(run: Run) -> list[Section]:
    """The sections that the run has cases of, in the order of the RFCs: 6.8.6 before 6.8.16."""
    grouped: dict[tuple[str, str], list[CaseResult]] = {}
    for result in sorted(run.results, key=lambda result: natural_key(result.id)):
        grouped.setdefault((result.rfc, result.section), []).append(result)
    return [
        Section(rfc, number, _title(results), tuple(results))
        for (rfc, number), results in sorted(grouped.items(), key=lambda item: tuple(map(natural_key, item[0])))
    ]


def _title(results: list[CaseResult]) -> str:
    return next((result.section_title for result in results if result.section_title), "")


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key in which a number inside of `text` counts as a number: separators, then numbers, then words."""
    return tuple(
        (1, int(number), "") if number else (0, 0, separator) if separator else (2, 0, word)
        for number, separator, word in re.findall(r"(\d+)|([.-])|([^\d.-]+)", text)
    )


def duration(microseconds: int) -> str:
    """`microseconds` in the unit that a person would choose: 750 µs, 3.2 ms, 1.50 s, 2 min 05 s."""
    if microseconds < 1_000:
        return f"{microseconds} µs"
    if microseconds < 999_950:  # what one decimal still shows as less than 1000.0 ms
        return f"{microseconds / 1_000:.1f} ms"
    if microseconds < 59_995_000:  # and two decimals as less than 60.00 s
        return f"{microseconds / 1_000_000:.2f} s"
    minutes, seconds = divmod(round(microseconds / 1_000_000), 60)
    return f"{minutes} min {seconds:02d} s"


def noise(run: Run) -> str:
    """The noise budget of the run in words: how late the tester was, and what tolerance that cost."""
    if run.clock == "virtual":
        return "Virtual clock: time is simulated and nobody is late; 0.2 ms of tolerance cover the link's own delay."
    if run.noise is None:
        return "The tester's own lateness was not measured in this run."
    return _measured(run.noise)


def _measured(seen: Noise) -> str:
    text = (
        f"The tester itself was at worst {duration(seen.worst_us)} late (median {duration(seen.median_us)}, "
        f"{seen.samples:,} samples). Permitted ranges of time were widened by at most {duration(seen.tolerance_us)}."
    )
    if seen.worst_us > seen.tolerance_us:
        text += " The worst lateness is more than that tolerance: mind the lateness of each case."
    return text


def covered(run: Run) -> str:
    """How much of the RFCs the suite as a whole covers, in a sentence."""
    each = ", ".join(f"RFC {line.rfc} {line.covered} of {line.observable}" for line in run.coverage)
    return f"The suite's cases, those that were not selected included, cover of what can be seen on the wire: {each}."


def count(number: int, noun: str) -> str:
    """`1 case`, `2 cases`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def printable(text: str) -> str:
    """`text` with each control character (except newline and tab) and each code point that XML forbids as U+FFFD.

    What a daemon says about itself may end up in a report; it must not steer a terminal or break a file.
    """
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", "\ufffd", text)


def shortened(names: Sequence[str], noun: str) -> str:
    """Up to three names, or the first and how many more there are."""
    if len(names) <= 3:
        return ", ".join(names)
    return f"{names[0]} and {count(len(names) - 1, f'more {noun}')}"
