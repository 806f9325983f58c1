"""The requirement catalogue: its model and its loader.

Here lives what a requirement is and how the files of conformance/requirements/ are read and checked. No requirement
stands here (they are data), and nothing here knows of cases, targets or verdicts. Covers no RFC section itself; the
levels are those of RFC 2119.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

REQUIREMENTS = Path(__file__).parent / "requirements"

Level = Literal["MUST", "SHOULD", "MAY"]
Keyword = Literal[
    "MUST",
    "MUST NOT",
    "SHALL",
    "SHALL NOT",
    "REQUIRED",
    "SHOULD",
    "SHOULD NOT",
    "RECOMMENDED",
    "NOT RECOMMENDED",
    "MAY",
    "OPTIONAL",
    "none",
]
Actor = Literal["transmitter", "receiver", "session", "operator-interface", "implementation", "system"]
Visibility = Literal["wire", "pcap", "api", "none"]
SectionNumber = Annotated[str, Field(pattern=r"^\d+(\.\d+)*$")]

LEVEL_OF_KEYWORD: dict[str, Level] = {
    "MUST": "MUST",
    "MUST NOT": "MUST",
    "SHALL": "MUST",
    "SHALL NOT": "MUST",
    "REQUIRED": "MUST",
    "SHOULD": "SHOULD",
    "SHOULD NOT": "SHOULD",
    "RECOMMENDED": "SHOULD",
    "NOT RECOMMENDED": "SHOULD",
    "MAY": "MAY",
    "OPTIONAL": "MAY",
}
"""RFC 2119. A sentence without a keyword has the level of its content: an order is a MUST, a permission a MAY."""

VISIBILITIES = (("wire",), ("wire", "pcap"), ("api",), ("none",))
"""What may stand in `observable`: whatever a capture shows can be provoked and seen by a tester as well."""


class CatalogueError(Exception):
    """The catalogue cannot be used. The message is one line: file, key path, value, what is allowed."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Requirement(_Model):
    """One thing that an RFC demands, recommends or permits, in our own words."""

    id: str = Field(description="permanent, for example 5880-6.8.6-r01; never renumbered, never given to another one")
    level: Level
    keyword: Keyword = Field(description='the keyword in the text, "none" for a sentence or procedure step without one')
    summary: str = Field(min_length=1)
    actor: Actor = Field(description="who has to do it")
    observable: Annotated[
        tuple[Visibility, ...], BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else (value,))
    ] = Field(description="wire: a tester can provoke and see it; pcap: a passive capture shows it; api: clients only")
    reason: str = Field(default="", description="why it cannot be seen on the wire")
    also: Annotated[
        tuple[SectionNumber, ...], BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)
    ] = Field(default=(), description="other sections of the same RFC that state the same")

    @model_validator(mode="after")
    def _consistent(self) -> "Requirement":
        demanded = LEVEL_OF_KEYWORD.get(self.keyword, self.level)
        if self.level != demanded:
            raise ValueError(f"level {self.level} does not go with keyword {self.keyword} (allowed: {demanded})")
        if self.observable not in VISIBILITIES:
            allowed = ", ".join("+".join(names) for names in VISIBILITIES)
            raise ValueError(f"observable {'+'.join(self.observable)} is not a combination (allowed: {allowed})")
        if ("wire" in self.observable) == bool(self.reason):
            raise ValueError("reason has to be given where observable is api or none, and only there")
        return self


class Section(_Model):
    """One file: the requirements of one RFC section in the order of its text."""

    rfc: int
    section: SectionNumber
    title: str = Field(min_length=1)
    requirements: list[Requirement] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All requirements by id, and all sections by (RFC number, section number), both in the order of the RFCs."""

    requirements: dict[str, Requirement]
    sections: dict[tuple[int, str], Section]


def load_catalogue(root: Path | None = None) -> Catalogue:
    """Read every rfcNNNN/SECTION.yaml below `root`, by default the catalogue of this package.

    Raises CatalogueError for the first thing that is wrong.
    """
    root = REQUIREMENTS if root is None else root
    files = sorted(root.glob("rfc*/*.yaml"), key=_text_order)
    if not files:
        raise CatalogueError(f"{root}: no requirement files (expected: rfcNNNN/SECTION.yaml)")
    requirements: dict[str, Requirement] = {}
    sections: dict[tuple[int, str], Section] = {}
    for file in files:
        section = _read(file)
        sections[section.rfc, section.section] = section
        requirements.update((requirement.id, requirement) for requirement in section.requirements)
    return Catalogue(requirements, sections)


def _text_order(file: Path) -> tuple[str, list[int], str]:
    return file.parent.name, [int(part) for part in file.stem.split(".") if part.isdigit()], file.name


def _read(file: Path) -> Section:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's own parser is ten times as fast
    try:
        section = Section.model_validate(yaml.load(file.read_text(encoding="utf-8"), Loader=loader))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{file}: not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        raise CatalogueError(f"{file}: {_explain(error.errors()[0])}") from None
    complaint = next(_misplaced(file, section), None)
    if complaint is not None:
        raise CatalogueError(f"{file}: {complaint}")
    return section


def _misplaced(file: Path, section: Section) -> Iterator[str]:
    """What contradicts the file's place. Ids that follow their file and position are unique in the whole catalogue."""
    if file.parent.name != f"rfc{section.rfc}":
        yield f"rfc: {section.rfc} is not the folder's (allowed: {file.parent.name.removeprefix('rfc')})"
    if file.stem != section.section:
        yield f'section: "{section.section}" is not the file\'s (allowed: "{file.stem}")'
    seen: set[str] = set()
    for position, requirement in enumerate(section.requirements):
        expected = f"{section.rfc}-{section.section}-r{position + 1:02}"
        if requirement.id in seen:
            yield f"requirements[{position}].id: {requirement.id} is a duplicate (allowed: {expected})"
        if requirement.id != expected:
            yield f"requirements[{position}].id: {requirement.id} is out of sequence (allowed: {expected})"
        seen.add(requirement.id)


def _explain(error: ErrorDetails) -> str:
    """One line for pydantic's first complaint."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).lstrip(".")
    match error["type"]:
        case "extra_forbidden":
            model = Requirement if path.startswith("requirements[") else Section
            return f"{path}: unknown key (allowed: {', '.join(model.model_fields)})"
        case "missing":
            return f"{path}: missing"
        case "literal_error":
            return f"{path}: {error['input']!r} is unknown (allowed: {error['ctx']['expected']})"
        case "value_error":
            return f"{path}: {error['ctx']['error']}"
        case _:
            return f"{path or 'top level'}: {error['input']!r} is wrong ({error['msg']})"
