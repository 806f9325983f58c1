"""The page: complete, self-contained, safe to open, and light enough for a full run."""

import re
from html.parser import HTMLParser

import pytest
from sample_run import hostile, large_run, passing_run, run_of, sample_run

from reports import html
from reports.model import Verdict
from reports.page import inline, relative_link

HOSTILE = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{ 7 * 7 }} javascript:alert(3)"
VOID = {"meta", "link", "img", "br", "hr", "input", "rect", "line", "circle"}


class Page(HTMLParser):
    """The elements of a page, with their attributes, and the text inside of them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def attributes(self, name: str) -> list[tuple[str, str]]:
        return [(tag, str(attributes[name])) for tag, attributes in self.elements if name in attributes]

    def cases(self) -> dict[str, dict[str, str | None]]:
        return {
            str(attributes["id"]).removeprefix("case-"): attributes
            for tag, attributes in self.elements
            if tag == "details" and attributes.get("class") == "case"
        }


def test_every_case_is_there_with_its_words_its_evidence_and_the_command_that_repeats_it() -> None:
    run = sample_run()
    page = Page(html.render(run))
    assert set(page.cases()) == {result.id for result in run.results}
    for result in run.results:
        said = [result.title, result.expected, result.actual, result.reason, result.repeat, result.capture]
        said += [requirement.summary for requirement in result.requirements]
        said += [line.summary for line in result.packets] + result.witness + result.notes
        said += [result.expectation.why] if result.expectation else []
        assert [sentence for sentence in said if sentence not in page.text] == []


def test_only_unexpected_results_are_open_and_they_are_listed_first() -> None:
    run = sample_run()
    source = html.render(run)
    page = Page(source)
    unexpected = {result.id for result in run.unexpected()}
    assert {case_id for case_id, attributes in page.cases().items() if "open" in attributes} == unexpected
    first = source.index("Unexpected results (4)")
    assert first < source.index("<main>")
    assert all(f'href="#case-{case_id}"' in source[first : source.index("<main>")] for case_id in unexpected)


def test_a_run_without_unexpected_results_says_so_and_opens_nothing() -> None:
    page = Page(html.render(passing_run()))
    assert "No unexpected result in 11 cases: this run passes, with 2 known deviations." in " ".join(page.text.split())
    assert "Known deviation: the session is looked up by address alone" in " ".join(page.text.split())
    assert not any("open" in attributes for attributes in page.cases().values())


def test_the_evidence_is_marked_in_the_packet_table() -> None:
    page = Page(html.render(run_of([result for result in sample_run().results if result.id == "5880-6.8.6-04"])))
    assert "24 packets, evidence: frames 13, 14" in page.text
    assert [attributes.get("class") for tag, attributes in page.elements if tag == "tr"].count("m") == 2
    assert "1790.556" in page.text


def test_each_verdict_has_a_filter_with_its_count_and_each_case_answers_to_it() -> None:
    run = sample_run()
    page = Page(html.render(run))
    filters = [value for _, value in page.attributes("data-filter")]
    assert filters == [*map(str, Verdict), "unexpected"]
    for result in run.results:
        assert page.cases()[result.id]["data-verdict"] == str(result.verdict)
    for verdict, count in run.totals().items():
        assert re.search(rf"{verdict.replace('_', ' ')}\s+{count}\b", page.text)


def test_without_script_the_controls_that_need_it_are_out_of_the_way() -> None:
    page = Page(html.render(sample_run()))
    assert all(
        "hidden" in attributes
        for tag, attributes in page.elements
        if attributes.get("class") in {"tools", "copy"} and tag in {"div", "button"}
    )
    assert all(
        "disabled" in attributes for _, attributes in page.elements if attributes.get("data-filter") in set(Verdict)
    )


def test_the_page_asks_nobody_for_anything() -> None:
    source = html.render(sample_run())
    page = Page(source)
    assert [
        value for name in ("src", "srcset", "action", "background", "poster") for _, value in page.attributes(name)
    ] == []
    assert {tag for tag, _ in page.elements} & {"link", "iframe", "object", "embed", "base", "img"} == set()
    assert "@import" not in source
    assert "url(" not in source
    web = {value for _, value in page.attributes("href") if "://" in value}
    assert web == {"https://example.net/issues/77", "https://example.net/issues/1234"}
    assert set(re.findall(r"https?://[^\s\"'<]+", source)) == web


def test_only_the_scripts_of_the_page_itself_may_run() -> None:
    source = html.render(hostile(HOSTILE))
    page = Page(source)
    tags = [tag for tag, _ in page.elements]
    assert tags.count("script") == 1
    assert "img" not in tags
    assert "49" not in re.findall(r"\d+", page.text)
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert not any(value.lower().lstrip().startswith("javascript:") for _, value in page.attributes("href"))
    assert inline("report.js") in source


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", " javascript:alert(1)", "file:///etc/passwd", "#1"]
)
def test_what_is_no_web_address_is_shown_and_not_linked(link: str) -> None:
    page = Page(html.render(hostile(link)))
    assert link.strip() in page.text
    ours = ("#case-", "#section-", "#top", "./")
    assert [value for _, value in page.attributes("href") if not value.startswith(ours)] == []


def test_a_capture_with_odd_characters_is_linked_beside_the_report() -> None:
    assert relative_link("cases/5880-6.8.6-04 [ipv6].pcapng") == "./cases/5880-6.8.6-04%20%5Bipv6%5D.pcapng"
    assert relative_link("//elsewhere.example/x") == ".///elsewhere.example/x"


def test_elements_are_closed_in_order() -> None:
    optional = {"tr", "td", "th", "li", "p", "dt", "dd"}
    stack: list[str] = []
    for slash, tag, self_closed in re.findall(
        r"<(/?)([a-z][a-z0-9]*)\b[^>]*?(/?)>", re.sub(r"(?s)<(script|style)>.*?</\1>", "", html.render(sample_run()))
    ):
        if tag in optional or tag in VOID or self_closed:
            continue
        if slash:
            assert stack.pop() == tag
        else:
            stack.append(tag)
    assert stack == []


def test_the_strip_shows_one_failure_among_thousands() -> None:
    segments = html.strip({Verdict.PASS: 4999, Verdict.FAIL: 1, Verdict.WARN: 0})
    assert [segment.verdict for segment in segments] == [Verdict.PASS, Verdict.FAIL]
    assert segments[1].width > 1
    assert segments[-1].start + segments[-1].width == pytest.approx(100, abs=0.01)


def test_a_run_without_cases_still_has_a_page() -> None:
    assert "This run has no cases." in html.render(run_of([]))


def test_a_full_run_stays_light() -> None:
    run = large_run()
    bare = sum(len(line.summary) for result in run.results for line in result.packets)
    assert len(html.render(run)) < 2.2 * bare
