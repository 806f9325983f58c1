"""Runs side by side: what a cell says, where runs differ, and the command."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sample_run import case, sample_run

from bfdspec.cli import main
from reports.comparison import Comparison, compare
from reports.comparison_html import render
from reports.document import Made, save
from reports.model import CaseResult, RequirementRef, Run, TargetInfo, Verdict

MADE = Made(generator="test", command="test", started=datetime(2026, 3, 14, tzinfo=UTC))
FIRST, SECOND = "5880-6.8.6-r01", "5880-6.8.6-r02"


def requirement(name: str) -> RequirementRef:
    return RequirementRef(id=name, level="MUST", summary=f"What {name} asks.")


def judged(number: int, verdict: Verdict, *names: str, violated: str = "", **more: str) -> CaseResult:
    return case(
        f"5880-6.8.6-{number:02d}",
        "A case",
        verdict,
        requirements=[requirement(name) for name in names],
        violated=violated,
        **more,
    )


def run(name: str, *results: CaseResult) -> Run:
    target = TargetInfo(name=name, version="1")
    return sample_run().model_copy(update={"target": target, "results": list(results)})


def verdicts(compared: Comparison) -> dict[str, list[Verdict | None]]:
    return {row.requirement.id: [cell.verdict for cell in row.cells] for row in compared.rows}


def test_a_cell_has_the_gravest_verdict_and_every_judgement() -> None:
    compared = compare(
        [run("a", judged(1, Verdict.PASS, FIRST), judged(2, Verdict.FAIL, FIRST, violated=FIRST, actual="nothing"))],
        [""],
        MADE,
    )
    (cell,) = compared.rows[0].cells
    assert cell.verdict is Verdict.FAIL
    assert [(each.case, each.words) for each in cell.judgements] == [
        ("5880-6.8.6-01", ""),
        ("5880-6.8.6-02", "nothing"),
    ]


def test_a_case_that_accuses_says_nothing_of_its_other_requirements() -> None:
    compared = compare([run("a", judged(1, Verdict.FAIL, FIRST, SECOND, violated=SECOND))], [""], MADE)
    assert verdicts(compared) == {FIRST: [None], SECOND: [Verdict.FAIL]}


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        (Verdict.PASS, Verdict.PASS, False),
        (Verdict.PASS, Verdict.PASS_ALTERNATIVE, True),
        (Verdict.PASS, Verdict.UNSUPPORTED, False),
        (Verdict.PASS, Verdict.INCONCLUSIVE, False),
        (Verdict.FAIL, Verdict.UNSUPPORTED, False),
    ],
)
def test_where_runs_differ(one: Verdict, other: Verdict, *, differs: bool) -> None:
    violated = {Verdict.FAIL: FIRST}
    runs = [
        run(name, judged(1, verdict, FIRST, violated=violated.get(verdict, "")))
        for name, verdict in (("a", one), ("b", other))
    ]
    assert compare(runs, ["", ""], MADE).rows[0].differs is differs


def test_a_run_without_the_case_leaves_its_cell_empty() -> None:
    compared = compare([run("a", judged(1, Verdict.PASS, FIRST)), run("b")], ["", ""], MADE)
    assert verdicts(compared) == {FIRST: [Verdict.PASS, None]}


def test_the_page_links_to_the_evidence_and_escapes_what_it_is_told() -> None:
    result = judged(1, Verdict.FAIL, FIRST, violated=FIRST, actual="<script>")
    html = render(compare([run("a", result)], ["../a b/report.html"], MADE))
    assert 'href="./../a%20b/report.html#case-5880-6.8.6-01"' in html
    assert "&lt;script&gt;" in html


def test_the_command_writes_both_files(tmp_path: Path) -> None:
    folder = tmp_path / "frr"
    folder.mkdir()
    save(run("frr", judged(1, Verdict.PASS, FIRST)), folder / "results.json")
    save(run("bird", judged(1, Verdict.WARN, FIRST, violated=FIRST)), tmp_path / "bird.json")
    page, data = tmp_path / "new" / "comparison.html", tmp_path / "comparison.json"
    arguments = [
        "report",
        "compare",
        str(folder),
        str(tmp_path / "bird.json"),
        "--html",
        str(page),
        "--json",
        str(data),
    ]
    said = CliRunner().invoke(main, arguments)
    assert said.exit_code == 0, said.output
    assert "they differ on 1 of 1 requirement\n" in said.output
    assert verdicts(Comparison.model_validate_json(data.read_text())) == {FIRST: [Verdict.PASS, Verdict.WARN]}
    assert FIRST in page.read_text()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "No such file"),
        (b"{}", "no result file of bfdspec"),
        (b"\xff", "not UTF-8 text"),
        (b"[", "invalid JSON in line 1"),
    ],
)
def test_what_is_no_result_is_refused_in_one_line(tmp_path: Path, content: bytes | None, complaint: str) -> None:
    path = tmp_path / "results.json"
    if content is not None:
        path.write_bytes(content)
    said = CliRunner().invoke(main, ["report", "compare", str(path), "--html", str(tmp_path / "page.html")])
    assert said.exit_code == 2
    assert complaint in said.output
    assert str(path) in said.output
    assert len(said.output.splitlines()) == 1
    assert not (tmp_path / "page.html").exists()
