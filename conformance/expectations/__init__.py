"""Known deviations of real targets, one YAML file a target, each with clause, evidence and date.

An entry says that a case FAILs or WARNs and how; a case that then does something else, a PASS included, is not as
expected.
"""

from pathlib import Path
from typing import Literal, Self

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

    @model_validator(mode="after")
    def _tells_what_is_in_the_way(self) -> Self:
        if self.verdict == "INCONCLUSIVE" and not self.seen:
            raise ValueError("INCONCLUSIVE needs a part of the reason in `seen`")
        return self


def load(target: str, folder: Path = FOLDER) -> dict[str, KnownDeviation]:
    """Known deviations of `target` by case id; none where there is no file. Raises ExpectationError."""
    path = folder / f"{target}.yaml"
    return read(path) if path.exists() else {}


def read(path: Path) -> dict[str, KnownDeviation]:
    """Known deviations by case id, from a file. Raises ExpectationError."""
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ExpectationError(f"{path}: {' '.join(str(error).split())}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ExpectationError(f"{path}: a mapping from case ids to known deviations is needed")
    known = {}
    for case_id, entry in document.items():
        try:
            known[str(case_id)] = KnownDeviation.model_validate(entry)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in (case_id, *first["loc"]))
            raise ExpectationError(f"{path}: {where}: {first['msg']}") from error
    return known
