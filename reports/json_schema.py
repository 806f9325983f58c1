"""The JSON schemas of what is written here, for readers that are not written in Python.

They are generated from the models and kept under version control as `schema/NAME-<version>.json`; to renew them:
`python -m reports.json_schema`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from reports import comparison, interop, kill_matrix, model, verification

_FOLDER = Path(__file__).parent / "schema"


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema of one kind of file."""

    name: str
    version: str
    model: type[BaseModel]

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return _FOLDER / f"{self.name}-{self.version}.json"

    def text(self) -> str:
        """Its content by the model as it is now, JSON Schema draft 2020-12."""
        schema = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"urn:bfdspec:{self.name}:{self.version}",
            **self.model.model_json_schema(),
        }
        return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"

    def committed(self) -> dict[str, Any]:
        """The schema that ships with this version. Raises OSError when it is missing."""
        schema: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        return schema


RESULTS = Schema("results", model.SCHEMA_VERSION, model.Run)
COMPARISON = Schema("comparison", comparison.SCHEMA_VERSION, comparison.Comparison)
INTEROP = Schema("interop", interop.SCHEMA_VERSION, interop.Interop)
KILL_MATRIX = Schema("kill-matrix", kill_matrix.SCHEMA_VERSION, kill_matrix.KillMatrix)
VERIFICATION = Schema("verification", verification.SCHEMA_VERSION, verification.Verification)


if __name__ == "__main__":
    for each in (RESULTS, COMPARISON, INTEROP, KILL_MATRIX, VERIFICATION):
        each.path.write_text(each.text(), encoding="utf-8")
