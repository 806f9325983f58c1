"""What all result files have in common: which kind they are, by which version of the schema, and who made them when.

One version for all kinds: it changes when a reader of an older version could misread, or would refuse, a newer file.
Times are integer microseconds.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_VERSION = "1.1"


class Model(BaseModel):
    """Whatever is part of a result file: fixed once made, and nothing in it that the schema does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Document(Model):
    """A result file. Each kind derives from it and gives `kind` its one value."""

    kind: str
    schema_version: str = SCHEMA_VERSION
    generator: str = Field(description='for example "bfdspec 0.1.0"')
    command: str = Field(description="the command line that made it")
    started: datetime
    duration_us: int = Field(default=0, description="0 where it says nothing")


@dataclass(frozen=True, slots=True)
class Made:
    """By what, by which command line and when a document is made of others."""

    generator: str
    command: str
    started: datetime


def save(document: Document, path: Path) -> None:
    """Write `document` as JSON. Raises OSError."""
    path.write_text(document.model_dump_json(indent=1) + "\n", encoding="utf-8")
