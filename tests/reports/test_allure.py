"""Allure results: what the report says, in Allure's words, with the evidence attached."""

import json
from pathlib import Path
from typing import Any

import pytest
from sample_run import hostile, run_of, sample_run

from reports import allure
from reports.model import Run, Verdict


def results(run: Run, folder: Path, captured: int = 3) -> dict[str, dict[str, Any]]:
    captures = folder / "report"
    for result in run.results[:captured]:
        path = captures / result.capture
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"capture of " + result.id.encode())
    allure.empty(folder / "allure")
    allure.write(run, captures, folder / "allure")
    found = [json.loads(path.read_text("utf-8")) for path in (folder / "allure").glob("*-result.json")]
    return {each["fullName"]: each for each in found}


def labels(result: dict[str, Any], name: str) -> list[str]:
    return [label["value"] for label in result["labels"] if label["name"] == name]


def test_every_case_is_there_with_the_status_of_its_verdict(tmp_path: Path) -> None:
    run = sample_run()
    found = results(run, tmp_path)
    assert {case_id: each["status"] for case_id, each in found.items()} == {
        each.id: allure.STATUS[each.verdict] for each in run.results
    }
    assert allure.STATUS == {
        Verdict.PASS: "passed",
        Verdict.PASS_ALTERNATIVE: "passed",
        Verdict.WARN: "passed",
        Verdict.FAIL: "failed",
        Verdict.INCONCLUSIVE: "broken",
        Verdict.UNSUPPORTED: "skipped",
    }


def test_a_case_hangs_under_its_rfc_its_section_and_its_requirements(tmp_path: Path) -> None:
    case = results(sample_run(), tmp_path)["5880-6.8.6-04"]
    assert labels(case, "epic") == ["RFC 5880"]
    assert labels(case, "feature") == ["6.8.6 Reception of BFD Control Packets"]
    assert labels(case, "story") == [
        "5880-6.8.6-length-minimum A packet with a Length below the minimum for its A bit is discarded.",
        "5880-6.8.6-discard-no-effect A discarded packet changes no state variable.",
    ]
    assert labels(case, "severity") == ["critical"]
    assert labels(case, "tag") == ["FAIL", "unexpected"]
    assert case["statusDetails"]["message"].startswith("frame 14 answers the damaged packet")


def test_what_was_expected_is_told(tmp_path: Path) -> None:
    found = results(sample_run(), tmp_path)
    known, warned, surprise = (found[f"5880-6.8.{each}"] for each in ("6-11", "3-02", "16-03"))
    assert known["statusDetails"]["known"] is True
    assert known["statusDetails"]["message"].startswith("known deviation: the session is looked up by address alone")
    assert [link["url"] for link in known["links"]] == ["https://example.net/issues/1234"]
    assert (warned["status"], labels(warned, "tag")) == ("passed", ["WARN", "known"])
    assert (surprise["status"], labels(surprise, "tag")) == ("passed", ["unexpected"])
    assert found["5880-6.8.7-09"]["statusDetails"]["message"] == "cannot be configured as 0"


def test_capture_and_packet_table_are_attached_where_there_are_any(tmp_path: Path) -> None:
    run = sample_run()
    found = results(run, tmp_path)
    attached = found[run.results[0].id]["attachments"]
    assert [each["name"] for each in attached] == ["5880-6.8.6-04.pcapng", "packets"]
    capture, table = ((tmp_path / "allure" / each["source"]).read_bytes() for each in attached)
    assert capture == b"capture of 5880-6.8.6-04"
    rows = table.decode().splitlines()
    assert rows[0] == 'frame,"time, ms",direction,packet,evidence'
    assert len(rows) == 25
    assert [row.split(",")[0] for row in rows if row.endswith("the verdict rests on it")] == ["13", "14"]
    assert "attachments" not in found["5883-4.1-01"]


def test_results_of_an_earlier_run_are_gone_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "allure"
    results(sample_run(), tmp_path)
    for name in ("notes.txt", "my-attachment.txt", "categories.json"):
        (folder / name).touch()
    assert list(results(run_of(sample_run().results[:1]), tmp_path)) == ["5880-6.8.6-04"]
    left = {path.name for path in folder.iterdir()}
    assert {"notes.txt", "my-attachment.txt", "categories.json", "environment.properties"} <= left
    assert len(left) == 4 + 1 + 2


@pytest.mark.parametrize("text", ["\x00<&>\x1b[31m", "../secret"])
def test_whatever_a_daemon_says_is_only_text(text: str, tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "secret").touch()
    (case,) = results(hostile(text), tmp_path, captured=0).values()
    assert [each["name"] for each in case["attachments"]] == ["packets"]
    assert "\x1b" not in json.dumps(case, ensure_ascii=False)
    assert case["status"] == "failed"
