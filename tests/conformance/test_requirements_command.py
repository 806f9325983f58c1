"""`bfdspec requirements`: what is covered, and what is not."""

import json

from click.testing import CliRunner

from bfdspec.cli import main
from conformance import inventory
from conformance.catalogue import load_catalogue
from conformance.coverage import coverage


def test_a_case_is_shown_with_its_requirement() -> None:
    result = CliRunner().invoke(main, ["requirements", "--rfc", "5881", "--format", "json"])
    rows = {row["id"]: row for row in json.loads(result.output)}
    assert "5881-5-03" in rows["5881-5-r02"]["cases"]
    assert rows["5881-5-r04"]["cases"] == []


def test_uncovered_lists_only_what_could_be_seen_and_has_no_case() -> None:
    cases = inventory.collect()
    del cases["5881-4-07"]
    uncovered = {each.requirement.id for each in coverage(load_catalogue(), cases) if each.uncovered}
    assert "5881-4-r05" in uncovered
    assert "5881-4-r01" not in uncovered  # has cases
    assert "5881-4-r06" not in uncovered  # nobody could see it


def test_an_rfc_without_catalogue_is_refused_in_one_line() -> None:
    result = CliRunner().invoke(main, ["requirements", "--rfc", "1"])
    assert result.exit_code == 2
    assert "no requirement of RFC 1 in the catalogue" in result.output
