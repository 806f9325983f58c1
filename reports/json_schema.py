"""The JSON schema of results.json, for readers that are not written in Python.

The schema is generated from `reports.model` and kept under version control as `schema/results-<version>.json`; to
renew it: `python -m reports.json_schema`.
"""

import json
from pathlib import Path
from typing import Any

from reports.model import SCHEMA_VERSION, Run

SCHEMA_PATH = Path(__file__).parent / "schema" / f"results-{SCHEMA_VERSION}.json"


def generate() -> dict[str, Any]:
    """The schema of the model as it is now, JSON Schema draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:bfdspec:results:{SCHEMA_VERSION}",
        **Run.model_json_schema(),
    }


def text() -> str:
    """The content of the schema file."""
    return json.dumps(generate(), indent=2, ensure_ascii=False) + "\n"


def committed() -> dict[str, Any]:
    """The schema file that ships with this version. Raises OSError when it is missing."""
    schema: dict[str, Any] = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    return schema


if __name__ == "__main__":
    SCHEMA_PATH.write_text(text(), encoding="utf-8")
