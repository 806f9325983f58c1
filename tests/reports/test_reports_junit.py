"""JUnit XML as a CI system reads it."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from junitparser import Failure, JUnitXml, Skipped, TestCase
from sample_run import SEED, case, hostile, passing_run, run_of, sample_run

from reports import junit
from reports.model import Run, Verdict


def read(run: Run, folder: Path) -> JUnitXml:
    junit.write(run, folder / "junit.xml")
    return JUnitXml.fromfile(str(folder / "junit.xml"))


def by_id(xml: JUnitXml) -> dict[str, TestCase]:
    return {test.name.split()[0]: test for suite in xml for test in suite}


def test_one_suite_per_section_in_the_order_of_the_rfc_with_right_counts(tmp_path: Path) -> None:
    xml = read(sample_run(), tmp_path)
    assert [(suite.name.split()[1], suite.name.split()[3]) for suite in xml] == [
        ("5880", "6.8.3"),
        ("5880", "6.8.6"),
        ("5880", "6.8.7"),
        ("5880", "6.8.16"),
        ("5881", "5"),
        ("5883", "4.1"),
    ]
    assert (xml.tests, xml.failures, xml.errors) == (15, 4, 0)
    counts = {suite.name.split()[3]: (suite.tests, suite.failures, suite.skipped) for suite in xml}
    assert counts["6.8.6"] == (4, 1, 1)
    assert counts["6.8.7"] == (3, 1, 1)


def test_an_unexpected_result_is_a_failure_that_tells_the_whole_story(tmp_path: Path) -> None:
    [failure] = by_id(read(sample_run(), tmp_path))["5880-6.8.6-04"].result
    assert isinstance(failure, Failure)
    assert failure.type == "FAIL"
    assert failure.message.startswith("FAIL: frame 14 answers the damaged packet")
    assert "expected: the packet is discarded" in failure.text
    assert "5880-6.8.6-length-minimum (MUST)" in failure.text
    assert f"repeat: bfdspec test --target frr --seed {SEED} 5880-6.8.6-04" in failure.text


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_unexpected_verdict_fails_even_a_pass(tmp_path: Path, verdict: Verdict) -> None:
    xml = read(run_of([case("5880-6.8.6-01", "A case", verdict, as_expected=False)]), tmp_path)
    [outcome] = by_id(xml)["5880-6.8.6-01"].result
    assert isinstance(outcome, Failure)
    assert outcome.type == verdict


def test_known_deviations_and_unsupported_cases_are_skipped_with_the_reason(tmp_path: Path) -> None:
    tests = by_id(read(passing_run(), tmp_path))
    [known] = tests["5880-6.8.6-11"].result
    [unsupported] = tests["5880-6.8.7-09"].result
    assert isinstance(known, Skipped)
    assert isinstance(unsupported, Skipped)
    assert known.message == "known deviation: the session is looked up by address alone (since 10.0)"
    assert unsupported.message == "unsupported: cannot be configured as 0"


def test_the_suites_say_what_was_tested_and_how(tmp_path: Path) -> None:
    for suite in read(sample_run(), tmp_path):
        properties = {item.name: item.value for item in suite.properties()}
        assert properties["seed"] == str(SEED)
        assert properties["target"] == "frr"
        assert properties["version"] == "10.2.1"
        assert properties["clock"] == "real"


def test_each_suite_and_case_says_where_when_and_how_long(tmp_path: Path) -> None:
    junit.write(sample_run(), tmp_path / "junit.xml")
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    for suite in root:
        assert {"skipped", "time", "hostname"} <= set(suite.attrib)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
        for test in suite.iter("testcase"):
            assert "time" in test.attrib
            assert re.fullmatch(r"rfc\d+\.s[0-9_]+", test.attrib["classname"])


def test_text_that_xml_forbids_does_not_break_the_file(tmp_path: Path) -> None:
    xml = read(hostile("nul \x00 escape \x1b[31m ]]> <&> \ufffe"), tmp_path)
    [test] = by_id(xml).values()
    assert "\ufffd" in test.result[0].message


def test_a_run_without_cases_is_a_valid_file(tmp_path: Path) -> None:
    assert read(run_of([]), tmp_path).tests == 0
