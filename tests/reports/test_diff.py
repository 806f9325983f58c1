"""Run to run: what counts as a new failure, and the command with its exit codes."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sample_diff import before_and_after, diff_of
from sample_documents import MADE, of_each_kind
from sample_run import case, run_of

from bfdspec.cli import main
from reports.diff import Change
from reports.document import Document, save
from reports.model import Verdict

CASE = "5880-6.8.6-01"


def change(before: Verdict | None, after: Verdict | None, *, violated: tuple[str, str] = ("", "")) -> Change | None:
    runs = [
        run_of([case(CASE, "A case", verdict, violated=each)] if verdict is not None else [])
        for verdict, each in zip((before, after), violated, strict=True)
    ]
    found = diff_of(runs[0], runs[1], MADE).differences
    return found[0].change if found else None


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Verdict.PASS, Verdict.FAIL, Change.NEW_FAILURE),
        (Verdict.PASS, Verdict.WARN, Change.NEW_FAILURE),
        (Verdict.WARN, Verdict.FAIL, Change.NEW_FAILURE),
        (Verdict.INCONCLUSIVE, Verdict.FAIL, Change.NEW_FAILURE),
        (Verdict.UNSUPPORTED, Verdict.WARN, Change.NEW_FAILURE),
        (None, Verdict.FAIL, Change.NEW_FAILURE),
        (Verdict.FAIL, Verdict.PASS, Change.FIXED),
        (Verdict.WARN, Verdict.PASS_ALTERNATIVE, Change.FIXED),
        (Verdict.FAIL, Verdict.WARN, Change.CHANGED),
        (Verdict.FAIL, Verdict.INCONCLUSIVE, Change.CHANGED),
        (Verdict.FAIL, Verdict.UNSUPPORTED, Change.CHANGED),
        (Verdict.PASS, Verdict.PASS_ALTERNATIVE, Change.CHANGED),
        (Verdict.PASS, Verdict.INCONCLUSIVE, Change.CHANGED),
        (None, Verdict.PASS, Change.APPEARED),
        (None, Verdict.INCONCLUSIVE, Change.APPEARED),
        (Verdict.FAIL, None, Change.VANISHED),
        (Verdict.PASS, Verdict.PASS, None),
        (Verdict.FAIL, Verdict.FAIL, None),
    ],
)
def test_what_became_of_an_item(before: Verdict | None, after: Verdict | None, expected: Change | None) -> None:
    assert change(before, after) is expected


def test_breaking_another_requirement_is_a_new_failure() -> None:
    assert change(Verdict.FAIL, Verdict.FAIL, violated=("5880-6.8.6-r01", "5880-6.8.6-r02")) is Change.NEW_FAILURE


def test_each_change_is_told_once_and_the_rest_is_counted() -> None:
    old, new = before_and_after()
    found = diff_of(old, new, MADE)
    assert {each.id: each.change for each in found.differences} == {
        "5880-6.8.6-01": Change.NEW_FAILURE,
        "5880-6.8.6-04": Change.FIXED,
        "5880-6.8.3-05": Change.CHANGED,
        "5880-6.8.6-90": Change.APPEARED,
        "5881-5-02": Change.VANISHED,
    }
    assert found.same == len(old.results) - 4


def run_diff(folder: Path, old: Document, new: Document, *options: str) -> Result:
    for name, document in (("a", old), ("b", new)):
        (folder / name).mkdir()
        save(document, folder / name / "results.json")
    return CliRunner().invoke(main, ["report", "diff", str(folder / "a"), str(folder / "b"), *options])


def test_the_command_ends_with_1_on_a_new_failure_and_tells_it_last(tmp_path: Path) -> None:
    (tmp_path / "report.html").touch()
    page, data = tmp_path / "d" / "diff.html", tmp_path / "diff.json"
    said = run_diff(tmp_path, *before_and_after(), "--html", str(page), "--json", str(data))
    assert said.exit_code == 1, said.output
    assert said.output.index("Fixed (1)") < said.output.index("New failure (1)")
    assert "PASS -> FAIL  5880-6.8.6-01  A packet of another version is discarded" in said.output
    assert "now      it was absorbed" in said.output
    assert "1 new failure, 1 fixed, 1 changed verdict, 1 appeared, 1 vanished; 11 results the same" in " ".join(
        said.output.split()
    )
    assert max(map(len, said.output.split("written:")[0].splitlines())) <= 80
    assert "it was absorbed" in page.read_text(encoding="utf-8")
    again = CliRunner().invoke(main, ["report", "render", str(data)])
    assert (again.exit_code, again.output.strip()) == (0, said.output.split("written:")[0].strip())


def test_the_page_links_to_the_evidence_in_the_pages_of_both(tmp_path: Path) -> None:
    page = tmp_path / "diff.html"
    old, new = before_and_after()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.html").touch()
        save({"a": old, "b": new}[name], tmp_path / name / "results.json")
    CliRunner().invoke(main, ["report", "diff", str(tmp_path / "a"), str(tmp_path / "b"), "--html", str(page)])
    source = page.read_text(encoding="utf-8")
    assert all(f'href="./{name}/report.html#case-5880-6.8.6-01"' in source for name in ("a", "b"))


@pytest.mark.parametrize("kind", list(of_each_kind()))
def test_nothing_changed_is_exit_code_0_for_every_kind(kind: str, tmp_path: Path) -> None:
    document = of_each_kind()[kind]
    said = run_diff(tmp_path, document, document, "--html", str(tmp_path / "x.html"))
    assert said.exit_code == 0, said.output
    assert "no difference; " in said.output
    assert "They say the same about everything." in (tmp_path / "x.html").read_text(encoding="utf-8")


def test_two_kinds_are_refused_in_one_line(tmp_path: Path) -> None:
    said = run_diff(tmp_path, of_each_kind()["interop"], of_each_kind()["conformance"])
    assert said.exit_code == 2
    assert len(said.output.splitlines()) == 1
    assert "is of kind interop, " in said.output


def test_a_file_that_cannot_be_read_is_refused_in_one_line(tmp_path: Path) -> None:
    said = CliRunner().invoke(main, ["report", "diff", str(tmp_path / "a"), str(tmp_path / "b")])
    assert (said.exit_code, len(said.output.splitlines())) == (2, 1)
