"""Which cases a run is about: by RFC, section, id and level, all of them together."""

from typing import Any

import pytest

from conformance import inventory
from conformance.bench.cases import Case
from conformance.catalogue import Catalogue, load_catalogue
from conformance.selection import Selection


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return load_catalogue()


def chosen(catalogue: Catalogue, **options: Any) -> set[str]:
    selection = Selection(**options)
    return {id_ for id_, each in inventory.collect().items() if selection.includes(each.case, catalogue)}


def test_no_option_selects_everything(shipped: Catalogue) -> None:
    assert chosen(shipped) == set(inventory.collect())


def test_rfc(shipped: Catalogue) -> None:
    assert chosen(shipped, rfc="5881") == {id_ for id_ in inventory.collect() if id_.startswith("5881-")} != set()
    assert chosen(shipped, rfc="9999") == set()


def test_a_section_includes_what_is_below_it(shipped: Catalogue) -> None:
    below = chosen(shipped, section="6.8")
    assert {id_.split("-")[1] for id_ in below} >= {"6.8.1", "6.8.6", "6.8.16"}
    assert all(id_.split("-")[1].startswith("6.8.") for id_ in below)


def test_a_section_is_no_prefix_of_a_longer_number(shipped: Catalogue) -> None:
    assert {id_.split("-")[1] for id_ in chosen(shipped, section="6.8.1")} == {"6.8.1"}
    assert chosen(shipped, section="6.8.") == set()


def test_cases_by_id(shipped: Catalogue) -> None:
    assert chosen(shipped, cases=("5880-6.8.6-04", "5881-3-01")) == {"5880-6.8.6-04", "5881-3-01"}


def test_options_narrow_each_other(shipped: Catalogue) -> None:
    assert chosen(shipped, rfc="5881", cases=("5880-6.8.6-04", "5881-3-01")) == {"5881-3-01"}
    assert chosen(shipped, rfc="5881", section="6.8") == set()


def test_level_is_that_of_any_requirement_that_is_judged(shipped: Catalogue) -> None:
    must, should, may = (chosen(shipped, level=level) for level in ("must", "should", "may"))
    assert must
    assert should
    assert must | should | may == set(inventory.collect())
    mixed = next(id_ for id_, req in shipped.requirements.items() if req.level == "SHOULD")
    only_should = Case("9999-1-01", (mixed,), (), "made up")
    assert Selection(level="should").includes(only_should, shipped)
    assert not Selection(level="must").includes(only_should, shipped)
