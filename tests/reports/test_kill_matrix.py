"""The kill matrix: its file, its page, and the report's link to it."""

import re
from pathlib import Path

import pytest
from sample_matrix import clean_matrix, flawed_matrix
from sample_run import passing_run

from reports import kill_matrix, kill_matrix_html
from reports.document import save
from reports.kill_matrix import Flaw, KillMatrix
from reports.kinds import load_as, write_page
from reports.page import inline

HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{ 7 * 7 }}"


def text_of(page: str) -> str:
    return " ".join(re.sub(r"(?s)<style>.*?</style>|<[^>]+>", " ", page).split())


def test_it_reads_back_the_same(tmp_path: Path) -> None:
    for matrix in (clean_matrix(), flawed_matrix()):
        save(matrix, tmp_path / "x.json")
        assert load_as(KillMatrix, tmp_path / "x.json") == matrix


def test_one_line_says_how_many_were_caught_and_what_else_was_found() -> None:
    assert kill_matrix.in_one_line(clean_matrix()) == "0 survivors, 3 caught: 3 deviants met 1 case in 12.35 s"
    assert kill_matrix.in_one_line(flawed_matrix()) == (
        "1 survivor, 0 caught: 1 deviant met 1 case in 12.35 s; 5 other findings"
    )


def test_the_page_names_every_deviant_with_who_caught_it_and_its_blast_radius() -> None:
    text = text_of(kill_matrix_html.render(clean_matrix()))
    assert "0 survivors, 3 caught" in text
    assert "Deviant any version Caught by 5880-6.8.6-01 5880-6.8.6-02" in text
    assert "Deviant version 0 alone Caught by 5880-6.8.6-01 Blast radius 5880-6.8.7-14 1 other case" in text
    assert "No verdict 3 cases" in text
    assert text.index("RFC 5880") < text.index("RFC 5881")
    assert "survivor" not in text.replace("0 survivors", "")


def test_findings_come_first_and_survivors_stand_out() -> None:
    page = kill_matrix_html.render(flawed_matrix())
    for flaw in Flaw:
        assert f"{flaw.capitalize()} (1)" in page
        assert f"why: {flaw} 5880-6.8.6-r03 any version" in page
    assert page.index("Survivor (1)") < page.index("<main>")
    assert "nobody: a survivor" in page


@pytest.mark.parametrize("page", [kill_matrix_html.render(flawed_matrix(HOSTILE))])
def test_the_page_runs_no_script_but_its_own_and_asks_nobody_for_anything(page: str) -> None:
    assert page.count("<script>") == 1
    assert inline("rows.js") in page
    assert "<img" not in page
    assert "default-src 'none'" in page
    assert not re.search(r"https?://|url\(|@import", page)


def test_a_report_links_to_a_matrix_that_lies_beside_it(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    write_page(passing_run(), report)
    assert "Kill matrix" not in report.read_text(encoding="utf-8")
    save(clean_matrix(), tmp_path / kill_matrix.DATA)
    write_page(clean_matrix(), tmp_path / kill_matrix.PAGE)
    write_page(passing_run(), report)
    page = report.read_text(encoding="utf-8")
    assert '<a href="./kill-matrix.html">Kill matrix</a>' in page
    assert "0 survivors, 3 caught" in page


@pytest.mark.parametrize("content", [b"{}", b"\xff", b""])
def test_a_matrix_that_cannot_be_read_is_not_linked(content: bytes, tmp_path: Path) -> None:
    (tmp_path / kill_matrix.PAGE).write_text("x", encoding="utf-8")
    (tmp_path / kill_matrix.DATA).write_bytes(content)
    assert kill_matrix.beside(tmp_path) is None
