"""The kinds of result files: one entry each, and a reader that finds out which of them a file is.

A new kind is a `Document`, its items, its page and its table for the terminal, and one entry here.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from rich.console import Console

from reports import (
    comparison_html,
    diff,
    diff_html,
    html,
    interop_html,
    items,
    kill_matrix,
    kill_matrix_html,
    verification_html,
    words,
)
from reports.comparison import Comparison
from reports.comparison_terminal import print_comparison
from reports.diff import Diff
from reports.diff_terminal import print_diff
from reports.document import SCHEMA_VERSION, Document
from reports.interop import Interop
from reports.interop_terminal import print_interop
from reports.items import Item
from reports.kill_matrix import KillMatrix
from reports.kill_matrix_terminal import print_matrix
from reports.model import Run, Verdict
from reports.terminal import print_run
from reports.verification import Verification
from reports.verification_terminal import print_verification

D = TypeVar("D", bound=Document)


class LoadError(Exception):
    """One line: which file, what is wrong with it, what would be right."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What can be made of a document of one kind. All functions take such a document first."""

    model: type[Document]
    subject: Callable[[Any], str]
    """Who or what was judged, in a few words."""
    items: Callable[[Any], Iterable[Item]]
    page: Callable[[Any, Path], str]
    """The HTML page, for the folder that it will lie in."""
    show: Callable[[Any, Console], None]
    """Print it for a terminal of 80 columns."""
    page_name: str
    """What the page beside such a file is usually called."""
    properties: Callable[[Any], Mapping[str, str]] = lambda _: {}
    """What else a reader of JUnit XML should know."""


KINDS: dict[str, Kind] = {
    "conformance": Kind(
        model=Run,
        subject=lambda run: f"{run.target.name} {run.target.version}".rstrip(),
        items=items.of_run,
        page=lambda run, folder: html.render(run, kill_matrix.beside(folder)),
        show=print_run,
        page_name="report.html",
        properties=lambda run: {
            "target": run.target.name,
            "version": run.target.version,
            "seed": str(run.seed),
            "clock": run.clock,
            "noise": words.noise(run),
        },
    ),
    "interop": Kind(
        model=Interop,
        subject=lambda run: ", ".join(f"{party.name} {party.version}".rstrip() for party in run.parties),
        items=items.of_interop,
        page=lambda run, _: interop_html.render(run),
        show=print_interop,
        page_name="interop.html",
        properties=lambda run: {"driver": run.driver},
    ),
    "kill-matrix": Kind(
        model=KillMatrix,
        subject=lambda matrix: f"the suite, by {words.count(len(matrix.kills), 'deviant')}",
        items=items.of_kill_matrix,
        page=lambda matrix, _: kill_matrix_html.render(matrix),
        show=print_matrix,
        page_name="kill-matrix.html",
        properties=lambda matrix: {"seed": str(matrix.seed)},
    ),
    "verification": Kind(
        model=Verification,
        subject=lambda run: words.shortened([file.name for file in run.files], "capture"),
        items=items.of_verification,
        page=lambda run, _: verification_html.render(run),
        show=print_verification,
        page_name="verification.html",
        properties=lambda run: {"engine": run.engine},
    ),
    "comparison": Kind(
        model=Comparison,
        subject=lambda compared: ", ".join(f"{each.target} {each.version}".rstrip() for each in compared.columns),
        items=items.of_comparison,
        page=lambda compared, _: comparison_html.render(compared),
        show=print_comparison,
        page_name="comparison.html",
    ),
    "diff": Kind(
        model=Diff,
        subject=lambda difference: f"{difference.old.subject} → {difference.new.subject}",
        items=diff.items,
        page=lambda difference, _: diff_html.render(difference),
        show=print_diff,
        page_name="diff.html",
    ),
}

_BEFORE_KINDS = {
    "results": "conformance",
    "meetings": "interop",
    "kills": "kill-matrix",
    "judged": "verification",
}
"""Files of schema 1.0 do not say their kind; each has a list that no other has."""


def of(document: Document) -> Kind:
    """The kind of `document`."""
    return KINDS[document.kind]


def write_page(document: Document, path: Path) -> None:
    """Write the HTML page of `document` to `path`: a file that needs nothing else. Raises OSError."""
    path.write_text(of(document).page(document, path.parent), encoding="utf-8")


def totals(found: Iterable[Item]) -> dict[Verdict, int]:
    """Number of items per verdict, every verdict present."""
    counts = Counter(item.verdict for item in found)
    return {verdict: counts[verdict] for verdict in Verdict}


def load(path: Path) -> Document:
    """Read a result file of whatever kind, as the newest schema has it. Raises LoadError."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LoadError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise LoadError(f"{path}: not UTF-8 text; a result file of bfdspec is JSON") from error
    except json.JSONDecodeError as error:
        raise LoadError(f"{path}: invalid JSON in line {error.lineno}: {error.msg}") from error
    except RecursionError as error:
        raise LoadError(f"{path}: JSON that is nested too deeply") from error
    kind = _kind(data)
    if kind is None:
        raise LoadError(f"{path}: no result file of bfdspec; a kind is one of: {', '.join(KINDS)}")
    version = str(data.get("schema_version"))
    if not re.fullmatch(r"\d{1,4}\.\d{1,4}", version):
        raise LoadError(f"{path}: no schema version, such as {SCHEMA_VERSION}")
    if _numbers(version) > _numbers(SCHEMA_VERSION):
        raise LoadError(f"{path}: schema version {version}; this bfdspec reads up to {SCHEMA_VERSION}")
    try:
        return KINDS[kind].model.model_validate(data | {"kind": kind, "schema_version": SCHEMA_VERSION})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "whole file"
        raise LoadError(f"{path}: not a whole {kind} file: {where}: {first['msg']}") from error


def load_as(model: type[D], path: Path) -> D:
    """Read a result file that has to be of the kind of `model`. Raises LoadError."""
    document = load(path)
    if not isinstance(document, model):
        wanted = next(name for name, kind in KINDS.items() if kind.model is model)
        raise LoadError(f"{path}: a file of kind {document.kind}; {wanted} is needed")
    return document


def _kind(data: object) -> str | None:
    if not isinstance(data, dict):
        return None
    if "kind" in data:
        return next((kind for kind in KINDS if kind == data["kind"]), None)
    if data.get("schema_version") != "1.0":
        return None
    return next((kind for sign, kind in _BEFORE_KINDS.items() if sign in data), None)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
