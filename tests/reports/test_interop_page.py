"""The interop matrix: which letter stands where, and a page that is complete, safe to open, and true to its schema."""

import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
from rich.console import Console

from reports import interop, interop_html, interop_terminal
from reports.interop import Interop, Known, Line, Meeting, Party, ScenarioInfo
from reports.json_schema import INTEROP
from reports.model import Verdict

HOSTILE = "<script>alert(1)</script>\x1b[31m{{ 7 * 7 }}"


def meeting(scenario: str, actor: str, other: str, verdict: Verdict = Verdict.PASS, **more: Any) -> Meeting:
    values: dict[str, Any] = {
        "as_expected": verdict in (Verdict.PASS, Verdict.UNSUPPORTED),
        "seen": [f"{actor} and {other} were seen"],
        "repeat": f"bfdspec interop --with {actor} --with {other} --scenario {scenario}",
        "captures": [f"captures/{actor}_{other}/{scenario}.a.pcapng", f"captures/{actor}_{other}/{scenario}.b.pcapng"],
        "lines": [
            Line(time_us=0, side=None, words="cut"),
            Line(time_us=1500, side=0, frames=(1, None), words="Up", alike=3, marked=True),
        ],
    }
    return Meeting(scenario=scenario, actor=actor, other=other, verdict=verdict, **{**values, **more})


def sample() -> Interop:
    known = Known(verdict=Verdict.FAIL, why="it never heeds the bit", evidence="frame 7", since="1.0")
    return Interop(
        generator="bfdspec 0.1.0",
        command="bfdspec interop",
        driver="netns",
        started=datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC),
        duration_us=61_000_000,
        parties=[Party(name=name, version="1.0") for name in ("one", "two", "three")],
        scenarios=[
            ScenarioInfo(id="ipv4", title="Establishment", expects="both come Up", clause="6.2", directed=False),
            ScenarioInfo(id="pause", title="Pause", expects="the other notices", clause="6.8.4", directed=True),
        ],
        meetings=[
            meeting("ipv4", "one", "two"),
            meeting("pause", "one", "two", Verdict.FAIL, expected="Down", actual="still Up", as_expected=False),
            meeting("pause", "two", "one", Verdict.FAIL, actual="again", known=known, as_expected=True),
            meeting("ipv4", "one", "three", Verdict.INCONCLUSIVE, reason=HOSTILE),
        ],
    )


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
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    assert "{{ 7 * 7 }}" in page


def test_an_empty_run_is_a_page_too() -> None:
    empty = sample().model_copy(update={"meetings": [], "parties": [], "troubles": ["no laboratory"]})
    assert "Nobody met." in interop_html.render(empty)
    assert "no laboratory" in interop_html.render(empty)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    interop.save(sample(), tmp_path / interop.DATA)
    assert interop.load(tmp_path / interop.DATA) == sample()
    jsonschema.validate(json.loads((tmp_path / interop.DATA).read_text(encoding="utf-8")), INTEROP.committed())


def test_the_schema_under_version_control_is_that_of_the_model() -> None:
    assert INTEROP.text() == INTEROP.path.read_text(encoding="utf-8")


def test_the_terminal_tells_what_is_wrong_within_80_columns() -> None:
    said = StringIO()
    interop_terminal.print_interop(sample(), Console(file=said, width=80))
    text = said.getvalue()
    assert "\x1b" not in text
    assert text.index("Known failures (1)") < text.index("UNEXPECTED (2)")
    assert "FAILED, 2 unexpected results, 1 known failure" in text
    assert max(len(line) for line in text.splitlines() if "repeat" not in line) <= 80
    assert interop_terminal.progress(("one", "two"), sample().meetings, 1, 12) == f"[ 1/12] {'one x two':<24} PFFI"
