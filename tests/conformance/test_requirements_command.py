"""`bfdspec requirements`: what is covered, and what is not."""

import json
import re

from click.testing import CliRunner

from bfdspec.cli import main
from conformance import inventory
from conformance.bench.cases import Case
from conformance.catalogue import Catalogue, Requirement, Section, load_catalogue
from conformance.coverage import by_rfc, coverage, orphans


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


# ---------------------------------------------------------------- the gate


def small(*observable: str) -> Catalogue:
    """A catalogue of one section, a requirement for each observability."""
    requirements = [
        Requirement.model_validate(
            {
                "id": f"9999-1-r0{number}",
                "level": "MUST",
                "keyword": "MUST",
                "summary": f"the {number}. thing",
                "actor": "session",
                "observable": each.split("+"),
                "reason": "" if "wire" in each else "nobody sees it",
            }
        )
        for number, each in enumerate(observable, start=1)
    ]
    section = Section(rfc=9999, section="1", title="Made up", requirements=requirements)
    return Catalogue({each.id: each for each in requirements}, {(9999, "1"): section})


def judging(*requirements: str) -> dict[str, inventory.Runnable]:
    case = Case("9999-1-01", requirements, (), "a case")
    return {case.id: inventory.Runnable(case, lambda bench: None, __name__)}


def test_nothing_is_an_orphan_where_all_that_can_be_seen_is_judged() -> None:
    assert orphans(small("wire", "wire+pcap", "none", "api"), judging("9999-1-r01", "9999-1-r02")) == []


def test_what_can_be_seen_and_is_not_judged_is_an_orphan() -> None:
    assert orphans(small("wire", "wire+pcap", "none"), judging("9999-1-r01")) == [
        "9999-1-r02 has no case: the 2. thing"
    ]


def test_a_case_whose_requirement_is_gone_is_an_orphan() -> None:
    assert orphans(small("wire"), judging("9999-1-r01", "9999-1-r02")) == [
        "case 9999-1-01 judges 9999-1-r02, which is not in the catalogue"
    ]


def test_what_cannot_be_seen_needs_a_reason() -> None:
    catalogue = small("wire", "none")
    unexplained = catalogue.requirements["9999-1-r02"].model_copy(update={"reason": ""})
    bare = Catalogue({**catalogue.requirements, "9999-1-r02": unexplained}, catalogue.sections)
    assert orphans(bare, judging("9999-1-r01")) == ["9999-1-r02 cannot be seen on the wire, and gives no reason"]


def test_the_counts_of_an_rfc() -> None:
    (counts,) = by_rfc(coverage(small("wire", "wire+pcap", "none"), judging("9999-1-r01")))
    assert (counts.rfc, counts.requirements, counts.observable, counts.covered) == ("9999", 3, 2, 1)


def test_the_gate_s_exit_code_says_whether_there_are_orphans() -> None:
    found = orphans(load_catalogue(), inventory.collect())
    done = CliRunner().invoke(main, ["requirements", "--check"])
    assert done.exit_code == (1 if found else 0)
    assert done.output.endswith(f"{len(found)} orphans\n")


def test_the_page_has_every_requirement_with_its_cases() -> None:
    done = CliRunner().invoke(main, ["requirements", "--rfc", "5881", "--format", "html"])
    assert done.exit_code == 0
    ids = re.findall(r'<article class="entry row" id="([^"]+)"', done.output)
    assert ids == [id_ for id_ in load_catalogue().requirements if id_.startswith("5881-")]
    assert "5881-5-03" in done.output
    assert done.output.count("<script>") == 1
    assert "default-src 'none'" in done.output
