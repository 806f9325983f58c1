"""`bfdspec test --allure`: the results have the verdicts of the report, and their evidence."""

import json
from pathlib import Path

from cli_runs import bfdspec, complaint

from reports.kinds import load_as
from reports.model import Run

CASE = ("test", "--case", "5880-6.8.6-01", "--seed", "1", "--report", "report", "--allure")


def test_allure_results_are_those_of_the_report(tmp_path: Path) -> None:
    assert bfdspec(*CASE, "allure", cwd=tmp_path).returncode == 0
    (result,) = load_as(Run, tmp_path / "report" / "results.json").results
    (path,) = (tmp_path / "allure").glob("*-result.json")
    told = json.loads(path.read_text(encoding="utf-8"))
    assert (told["fullName"], told["status"]) == (result.id, "passed")
    capture = path.with_name(told["attachments"][0]["source"])
    assert capture.read_bytes() == (tmp_path / "report" / result.capture).read_bytes()


def test_a_folder_that_cannot_be_made_is_one_line_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = bfdspec(*CASE, "file/allure", cwd=tmp_path)
    assert done.returncode == 2
    assert complaint(done) == "Allure folder file/allure: Not a directory: file/allure"
