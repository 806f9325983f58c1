"""The interop matrix: which letter stands where, and a page that is complete, safe to open, and true to its schema."""

from io import StringIO
from pathlib import Path
from urllib.parse import quote

from rich.console import Console
from sample_interop import sample_interop

from reports import interop, interop_html, interop_terminal
from reports.document import save
from reports.interop import Interop
from reports.kinds import load_as
from reports.page import inline

HOSTILE = "<script>alert(1)</script>\x1b[31m{{ 7 * 7 }}"


def sample() -> Interop:
    return sample_interop(HOSTILE)


def letters(run: Interop, actor: str, other: str) -> str:
    return "".join("." if met is None else interop.LETTERS[met.verdict] for _, met in run.cell(actor, other))


def test_the_row_acts_where_one_end_does() -> None:
    run = sample()
    assert letters(run, "one", "two") == "PF"
    assert run.cell("two", "one")[1][1] is run.meetings[2]
    assert letters(run, "three", "one") == "I."
    assert letters(run, "two", "three") == ".."


def test_each_letter_leads_to_its_evidence() -> None:
    run, page = sample(), interop_html.render(sample())
    for each in run.meetings:
        assert f'id="{each.id}"' in page
        assert page.count(f'href="#{quote(each.id)}"') >= 1
        assert all(f'href="./{capture}"' in page for capture in each.captures)
        assert each.repeat in page
    assert "1/–" in page
    assert "and 3 more like it" in page
    assert "it never heeds the bit" in page


def test_what_was_not_expected_is_told_first_and_open() -> None:
    page = interop_html.render(sample())
    assert page.index("Unexpected results (2)") < page.index("<main>")
    assert page.count('data-standing="unexpected" open') == 2


def test_the_page_is_safe_and_needs_nothing_else() -> None:
    page = interop_html.render(sample())
    assert page.count("<script>") == 1
    assert inline("report.js") in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    assert "{{ 7 * 7 }}" in page


def test_an_empty_run_is_a_page_too() -> None:
    empty = sample().model_copy(update={"meetings": [], "parties": [], "troubles": ["no laboratory"]})
    assert "Nobody met." in interop_html.render(empty)
    assert "no laboratory" in interop_html.render(empty)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    save(sample(), tmp_path / interop.DATA)
    assert load_as(Interop, tmp_path / interop.DATA) == sample()


def test_the_terminal_tells_what_is_wrong_within_80_columns() -> None:
    said = StringIO()
    interop_terminal.print_interop(sample(), Console(file=said, width=80))
    text = said.getvalue()
    assert "\x1b" not in text
    assert text.index("Known failures (1)") < text.index("UNEXPECTED (2)")
    assert "FAILED, 2 unexpected results, 1 known failure" in text
    assert max(len(line) for line in text.splitlines() if "repeat" not in line) <= 80
    assert interop_terminal.progress(("one", "two"), sample().meetings, 1, 12) == f"[ 1/12] {'one x two':<24} PFFI"
