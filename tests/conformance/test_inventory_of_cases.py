"""The cases that ship: every one declared, in its place, with a title, judging requirements that exist."""

import importlib
import re
from collections import Counter
from functools import partial
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from scripted_target import MUST, catalogue, runnable

from conformance import inventory
from conformance.bench.bench import Bench
from conformance.bench.cases import Row, case, cases
from conformance.catalogue import Catalogue, load_catalogue
from conformance.inventory import InventoryError, Runnable
from refimpl.core.constants import State
from refimpl.wire import damage
from topologies.node import Capability

FILE = re.compile(r"test_s(\d+(?:_\d+)*)_[a-z][a-z0-9_]*")
LONGEST_FILE = 400

FOUND = inventory.collect()


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return load_catalogue()


def case_files() -> list[Path]:
    return [file for folder in inventory.case_folders() for file in folder.glob("test_*.py")]


def module_of(file: Path) -> ModuleType:
    return importlib.import_module(f"conformance.{file.parent.name}.{file.stem}")


def test_there_are_cases_of_both_rfcs() -> None:
    assert {each.case.rfc for each in FOUND.values()} >= {"5880", "5881"}
    assert len(FOUND) >= 150


def test_cases_are_in_the_order_of_the_rfcs() -> None:
    assert list(FOUND) == sorted(FOUND, key=inventory.sort_key)
    assert inventory.sort_key("5880-6.8.7-02") < inventory.sort_key("5880-6.8.16-01") < inventory.sort_key("5881-3-01")


def misplaced(each: Runnable) -> bool:
    """A case stands with its section, or with the section of a requirement that it judges."""
    package, module = each.module.split(".")[-2:]
    name = FILE.fullmatch(module)
    sections = {each.case.section, *(judged.split("-")[1] for judged in each.case.judges)}
    return name is None or package != f"rfc{each.case.rfc}" or name[1].replace("_", ".") not in sections


def test_every_case_is_where_its_id_says() -> None:
    assert [(id_, each.module) for id_, each in FOUND.items() if misplaced(each)] == []


def test_every_id_is_well_formed() -> None:
    assert [id_ for id_ in FOUND if not re.fullmatch(r"\d{4}-[1-9]\d*(\.[1-9]\d*)*-\d{2,3}", id_)] == []


def test_every_title_is_a_sentence_for_people() -> None:
    titles = {id_: each.case.title for id_, each in FOUND.items()}
    assert [id_ for id_, title in titles.items() if len(title) <= 10] == []
    raw = re.compile(r"[{}]|<\w+|object at 0x|\b(State|Diag|Damage|Row)[.(]")
    assert {id_: title for id_, title in titles.items() if raw.search(title)} == {}


def test_what_every_case_judges_can_be_judged(shipped: Catalogue) -> None:
    judged = [(id_, shipped.requirements[each]) for id_, found in FOUND.items() for each in found.case.judges]
    # A case of a MUST or SHOULD may claim a permission besides; one of permissions alone shows them used, and nobody is
    # accused of one.
    levels = {id_: [shipped.requirements[each].level for each in found.case.judges] for id_, found in FOUND.items()}
    assert [id_ for id_, found in levels.items() if found[0] == "MAY" and set(found) != {"MAY"}] == []
    assert [(id_, each.id) for id_, each in judged if "wire" not in each.observable] == []
    assert [id_ for id_, each in FOUND.items() if len(set(each.case.judges)) != len(each.case.judges)] == []


def test_titles_tell_cases_apart() -> None:
    counts = Counter((each.case.rfc, each.case.section, each.case.title) for each in FOUND.values())
    assert [title for title, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("file", case_files(), ids=lambda file: file.stem)
def test_case_file(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
    declared = {getattr(each.body, "func", each.body) for each in FOUND.values()}
    written = {function for name, function in vars(module_of(file)).items() if name.startswith("test_")}
    assert written, "a case file without cases"
    assert written <= declared, "a test without @case, which no run would ever judge by"


def test_shipped_cases_pass_their_check(shipped: Catalogue) -> None:
    inventory.check(FOUND, shipped)


def test_a_requirement_that_is_gone_is_an_error() -> None:
    unknown = runnable(print, judges=[MUST, "9999-1-r99"])
    with pytest.raises(InventoryError, match="case 9999-1-01 judges 9999-1-r99, which is not in the catalogue"):
        inventory.check({unknown.case.id: unknown}, catalogue())


def test_an_id_that_is_used_twice_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    module = module_of(case_files()[0])
    monkeypatch.setattr(inventory, "_case_modules", lambda: iter([module, module]))
    with pytest.raises(InventoryError, match=rf"case id \S+ is used twice, in {re.escape(module.__name__)}"):
        inventory.collect()


# ---------------------------------------------------------------- how cases are declared


def titled(bench: Bench, flaw: Any = None, state: Any = None) -> None:
    """A packet with {flaw} in {state} is discarded.

    More of this is not the title's business.
    """


def untitled(bench: Bench) -> None:
    pass


def declared_in(function: Any) -> list[Runnable]:
    return list(inventory._cases_of(SimpleNamespace(__name__="made_up", test_it=function)))  # type: ignore[arg-type]


def test_one_declared_case() -> None:
    def body(bench: Bench) -> None:
        """A title."""

    (found,) = declared_in(case("9999-1.2-03", judges=[MUST], needs=[Capability.IPV6], seconds=9)(body))
    assert (found.case.id, found.case.rfc, found.case.section, found.case.seconds) == ("9999-1.2-03", "9999", "1.2", 9)
    assert (found.case.title, found.case.judges, found.case.needs) == ("A title", (MUST,), (Capability.IPV6,))
    assert found.body is body


def test_a_table_of_cases_fills_titles_and_arguments() -> None:
    rows = [
        Row("9999-1-01", [MUST], {"flaw": damage.field(version=0), "state": State.UP}),
        Row("9999-1-02", [MUST], {"flaw": "a hole", "state": 3}, needs=[Capability.IPV6]),
    ]
    first, second = declared_in(cases(*rows, needs=[Capability.SHOW])(titled))
    assert first.case.title == "A packet with version=0 in Up is discarded"
    assert second.case.title == "A packet with a hole in 3 is discarded"
    assert (first.case.needs, second.case.needs) == ((Capability.SHOW,), (Capability.SHOW, Capability.IPV6))
    assert isinstance(second.body, partial)
    assert second.body.keywords == {"flaw": "a hole", "state": 3}


@pytest.mark.parametrize(
    ("case_id", "judges", "body", "complaint"),
    [
        ("5880-6.8.6", [MUST], titled, "case id '5880-6.8.6': allowed is RFC-section-number, for example"),
        ("5880-6.8.6-1", [MUST], titled, "case id '5880-6.8.6-1': allowed is"),
        ("5880-6..6-01", [MUST], titled, "case id '5880-6..6-01': allowed is"),
        ("5880-6.8.6-01", [], titled, "case 5880-6.8.6-01 judges no requirement"),
        ("5880-6.8.6-01", [MUST], untitled, "case 5880-6.8.6-01 has no docstring, so no title"),
    ],
)
def test_a_declaration_that_is_not_one(case_id: str, judges: list[str], body: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=re.escape(complaint)):
        case(case_id, judges=judges)(body)
    with pytest.raises(ValueError, match=re.escape(complaint)):
        cases(Row(case_id, judges))(body)
