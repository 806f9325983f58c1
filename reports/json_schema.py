"""The JSON schemas of the result files, for readers that are not written in Python.

They are generated from the models and kept under version control as `schema/KIND-<version>.json`; to renew them:
`python -m reports.json_schema`.
"""

import json
from pathlib import Path
from typing import Any

from reports.document import SCHEMA_VERSION
from reports.kinds import KINDS

_FOLDER = Path(__file__).parent / "schema"


def path(kind: str) -> Path:
    """Where the schema of `kind` is kept."""
    return _FOLDER / f"{kind}-{SCHEMA_VERSION}.json"


def text(kind: str) -> str:
    """The schema of `kind` by the model as it is now, JSON Schema draft 2020-12."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:bfdspec:{kind}:{SCHEMA_VERSION}",
        **KINDS[kind].model.model_json_schema(),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def committed(kind: str) -> dict[str, Any]:
    """The schema that ships with this version. Raises OSError when it is missing."""
    schema: dict[str, Any] = json.loads(path(kind).read_text(encoding="utf-8"))
    return schema


if __name__ == "__main__":
    for each in KINDS:
        path(each).write_text(text(each), encoding="utf-8")
