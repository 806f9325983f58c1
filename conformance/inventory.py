"""All cases there are, found by importing the case modules: no list is kept by hand.

Works without a pytest run, because reports, deviants and `bfdspec test --list` need the cases, too.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import conformance
from conformance.bench.cases import Case
from conformance.catalogue import Catalogue

CASE_PACKAGES = "rfc"


class InventoryError(Exception):
    """The cases contradict each other or the catalogue. One line: which case, what is wrong."""


@dataclass(frozen=True, slots=True)
class Runnable:
    """A case and what to call: `body(bench)` runs it."""

    case: Case
    body: Callable[..., None]
    module: str


def collect() -> dict[str, Runnable]:
    """Every case by id. Raises InventoryError for an id that is used twice."""
    found: dict[str, Runnable] = {}
    for module in _case_modules():
        for runnable in _cases_of(module):
            if runnable.case.id in found:
                raise InventoryError(f"case id {runnable.case.id} is used twice, in {module.__name__}")
            found[runnable.case.id] = runnable
    return dict(sorted(found.items(), key=lambda item: sort_key(item[0])))


def check(cases: dict[str, Runnable], catalogue: Catalogue) -> None:
    """Raises InventoryError where a case judges a requirement that the catalogue does not have."""
    for runnable in cases.values():
        for requirement in runnable.case.judges:
            if requirement not in catalogue.requirements:
                raise InventoryError(f"case {runnable.case.id} judges {requirement}, which is not in the catalogue")


def sort_key(case_id: str) -> tuple[int, list[int], int]:
    """Order of the RFCs' text: RFC, section by section, number."""
    rfc, section, number = case_id.split("-")
    return int(rfc), [int(part) for part in section.split(".")], int(number)


def case_folders() -> list[Path]:
    """Where the case files are."""
    root = Path(conformance.__file__).parent
    return sorted(root.glob(f"{CASE_PACKAGES}[0-9]*"))


def _case_modules() -> Iterator[ModuleType]:
    for folder in case_folders():
        for info in pkgutil.iter_modules([str(folder)]):
            if info.name.startswith("test_"):
                yield importlib.import_module(f"conformance.{folder.name}.{info.name}")


def _cases_of(module: ModuleType) -> Iterator[Runnable]:
    for name, function in vars(module).items():
        if not name.startswith("test_"):
            continue
        marks: list[Any] = getattr(function, "pytestmark", [])
        for mark in marks:
            if mark.name == "case":
                yield Runnable(mark.args[0], function, module.__name__)
            elif mark.name == "parametrize":
                names, parameters = mark.args
                for parameter in parameters:
                    declared = next(inner.args[0] for inner in parameter.marks if inner.name == "case")
                    values = dict(zip(names, parameter.values, strict=True))
                    yield Runnable(declared, partial(function, **values), module.__name__)
