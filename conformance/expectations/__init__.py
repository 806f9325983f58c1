"""Known deviations of real targets, one YAML file an implementation, each with clause, evidence and date.

An entry says that a case FAILs or WARNs and how; a case that then does something else, a PASS included, is not as
expected. It is about all releases of the implementation or about those that it names; where they differ, a case has a
list of entries.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

FOLDER = Path(__file__).parent


class ExpectationError(Exception):
    """An expectations file cannot be used. One line: file, key path, value, what is allowed."""


class KnownDeviation(BaseModel):
    """What a target is known to do in a case. `violates` is the requirement, `seen` a part of what the report says.

    INCONCLUSIVE is for a case that cannot judge the target, because it never does what the case begins with. `seen` is
    needed there, lest a machine that was too slow be excused with it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    verdict: Literal["FAIL", "WARN", "PASS_ALTERNATIVE", "INCONCLUSIVE", "UNSUPPORTED"]
    violates: str = ""
    seen: str = ""
    why: str = Field(min_length=20)
    evidence: str = Field(default="", description="the frames that show it, in words")
    link: str = ""
    since: str = Field(min_length=1, description="the version in which it was seen first")
    releases: tuple[str, ...] = Field(default=(), description="the releases that do so; none means all")

    @model_validator(mode="after")
    def _tells_what_is_in_the_way(self) -> Self:
        if self.verdict == "INCONCLUSIVE" and not self.seen:
            raise ValueError("INCONCLUSIVE needs a part of the reason in `seen`")
        return self


def load(
    implementation: str, release: str, releases: Collection[str], folder: Path = FOLDER
) -> dict[str, KnownDeviation]:
    """Known deviations of a release by case id; none where there is no file. Raises ExpectationError."""
    path = folder / f"{implementation}.yaml"
    return read(path, release, releases) if path.exists() else {}


def read(path: Path, release: str = "", releases: Collection[str] = ()) -> dict[str, KnownDeviation]:
    """Known deviations of a release by case id, from a file about `releases`. Raises ExpectationError."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ExpectationError(f"{path}: {' '.join(str(error).split())}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ExpectationError(f"{path}: a mapping from case ids to known deviations is needed")
    known = {}
    for case_id, value in document.items():
        entries = _entries(value, f"{path}: {case_id}")
        named = [name for entry in entries for name in entry.releases or releases]
        for name in named:
            if name not in releases:
                allowed = ", ".join(releases) or "none"
                raise ExpectationError(f"{path}: {case_id}.releases: {name!r} is no release; there are: {allowed}")
            if named.count(name) > 1:
                raise ExpectationError(f"{path}: {case_id}.releases: two entries are about {name}")
        known.update({str(case_id): entry for entry in entries if release in (entry.releases or (release,))})
    return known


def _entries(value: Any, where: str) -> list[KnownDeviation]:
    """The entries of one case; `where` is their place in the file."""
    several = isinstance(value, list)
    entries = []
    for number, entry in enumerate(value if several else [value]):
        try:
            entries.append(KnownDeviation.model_validate(entry))
        except ValidationError as error:
            first = error.errors()[0]
            path = ".".join(str(part) for part in ([number] if several else []) + list(first["loc"]))
            raise ExpectationError(f"{where}{path and '.'}{path}: {first['msg']}") from error
    return entries
