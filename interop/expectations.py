"""Known failures of implementations with each other (`expectations.yaml`). They change no verdict: they say what is
known, so that the exit code tells what is new.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from interop.scenarios import SCENARIOS
from reports.interop import Known, Meeting
from reports.model import Verdict

FILE = Path(__file__).parent / "expectations.yaml"

_GOOD = (Verdict.PASS, Verdict.UNSUPPORTED)


class ExpectationError(Exception):
    """The file cannot be used. One line: file, entry, key, what is allowed."""


class KnownFailure(BaseModel):
    """What is known of a scenario between releases. `actor` and `other` list those of which it is true, none for
    anybody; `seen` is a part of what the report says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scenario: str
    actor: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    verdict: Literal["FAIL", "WARN", "INCONCLUSIVE"]
    seen: str = ""
    sometimes: bool = Field(default=False, description="it depends on the moment: success is as expected, too")
    why: str = Field(min_length=20)
    evidence: str = Field(default="", description="the frames that show it, in words")
    since: str = Field(min_length=1, description="the version in which it was seen first")

    def speaks_of(self, meeting: Meeting) -> bool:
        """Whether this is about the scenario and these two, whoever of them acts in one that is not directed."""
        pairs = [(meeting.actor, meeting.other)]
        if not SCENARIOS[self.scenario].directed:
            pairs.append((meeting.other, meeting.actor))
        return meeting.scenario == self.scenario and any(
            (not self.actor or actor in self.actor) and (not self.other or other in self.other)
            for actor, other in pairs
        )


def load(path: Path = FILE) -> Sequence[KnownFailure]:
    """The entries of a file. Raises ExpectationError."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        entries = TypeAdapter(list[KnownFailure]).validate_python(document or [])
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ExpectationError(f"{path}: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise ExpectationError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    for number, entry in enumerate(entries):
        if entry.scenario not in SCENARIOS:
            raise ExpectationError(f"{path}: {number}.scenario: {entry.scenario!r}: allowed is {', '.join(SCENARIOS)}")
    return entries


def compare(meeting: Meeting, known: Sequence[KnownFailure]) -> Meeting:
    """The meeting with what is known of it, and whether it is as expected. Of several entries the first that agrees
    counts, and the most particular ones should stand first."""
    entries = [entry for entry in known if entry.speaks_of(meeting)]
    if not entries:
        return meeting.model_copy(update={"as_expected": meeting.verdict in _GOOD, "known": None})
    said = f"{meeting.actual} {meeting.reason}"
    entry = next((each for each in entries if each.verdict == meeting.verdict and each.seen in said), None)
    told = entry or entries[0]
    # What a scenario needs may be lacking in a version that never comes to the failure.
    spared = meeting.verdict is Verdict.PASS and any(each.sometimes for each in entries)
    fine = entry is not None or spared or meeting.verdict is Verdict.UNSUPPORTED
    excuse = Known(verdict=Verdict(told.verdict), why=told.why, evidence=told.evidence, since=told.since)
    return meeting.model_copy(update={"as_expected": fine, "known": excuse})
