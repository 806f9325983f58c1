"""The pages in a real browser: they load without a complaint, fit a phone, and each control does what it says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from made_pages import Pages

EVERY = [
    "conformance",
    "hostile",
    "interop",
    "kill-matrix",
    "verification",
    "comparison",
    "diff",
    "requirements",
    "index",
    "served",
]
OVERFLOWING = "document.documentElement.scrollWidth - innerWidth"
OPEN_ALL = """new Promise((done) => {
  for (const each of document.querySelectorAll("details")) each.open = true;
  setTimeout(done, 50);  // a browser tells of it later
})"""
LINKS = "[...document.querySelectorAll('a[href]')].map((each) => each.href)"
IDS = "[...document.querySelectorAll('[id]')].map((each) => each.id)"
COLOURS = """["backgroundColor", "color"].map((each) => {
  return getComputedStyle(document.body)[each].match(/[0-9]+/g).map(Number);
})"""
CONTRASTS = (Path(__file__).parent / "contrasts.js").read_text(encoding="utf-8")
LEAST_CONTRAST = 4.5
"""Of text against its ground: WCAG 2.2, success criterion 1.4.3 (level AA)."""
CUT_OFF = """(all) => all.map((each) => each.closest(".scroll")).filter((box) => {
  return box.scrollWidth > box.clientWidth;
}).length"""
SHOWN = "(all) => all.filter((each) => each.checkVisibility()).length"


@pytest.fixture
def tab(browser_tab: Any) -> Iterator[Any]:
    """The tab, with what goes wrong in it, and every request, in `complaints` and `requests`."""
    browser_tab.complaints, browser_tab.requests = [], []
    browser_tab.set_viewport_size({"width": 1200, "height": 900})
    browser_tab.emulate_media(color_scheme="light")
    yield browser_tab
    assert browser_tab.complaints == []


@pytest.mark.parametrize("name", EVERY)
def test_a_page_loads_alone_is_light_or_dark_and_fits_a_phone(name: str, tab: Any, pages: Pages) -> None:
    tab.goto(pages.addresses[name])
    assert tab.evaluate(OVERFLOWING) <= 0
    ground, ink = tab.evaluate(COLOURS)
    assert (min(ground) > 200, max(ink) < 100) == (True, True)
    tab.emulate_media(color_scheme="dark")
    ground, ink = tab.evaluate(COLOURS)
    assert (max(ground) < 50, min(ink) > 200) == (True, True)
    tab.set_viewport_size({"width": 380, "height": 800})
    assert tab.evaluate(OVERFLOWING) <= 0
    tab.evaluate(OPEN_ALL)
    assert tab.evaluate(OVERFLOWING) <= 0
    assert tab.requests == [pages.addresses[name]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", EVERY)
def test_all_text_stands_out_from_its_ground(name: str, scheme: str, tab: Any, pages: Pages) -> None:
    tab.emulate_media(color_scheme=scheme)
    tab.goto(pages.addresses[name])
    tab.evaluate(OPEN_ALL)
    faint = {words: ratio for words, ratio in tab.evaluate(CONTRASTS).items() if ratio < LEAST_CONTRAST}
    assert faint == {}


@pytest.mark.parametrize("name", ["conformance", "comparison", "interop", "kill-matrix", "verification"])
def test_on_a_phone_nothing_of_a_wide_table_is_out_of_sight(name: str, tab: Any, pages: Pages) -> None:
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.goto(pages.addresses[name])
    tab.evaluate(OPEN_ALL)
    tables = tab.locator("table.stack")
    assert tables.count() and tables.evaluate_all(CUT_OFF) == 0


def test_the_words_of_a_picture_keep_their_size_and_place_on_a_phone(tab: Any, pages: Pages) -> None:
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.goto(pages.addresses["verification"])
    tab.evaluate(OPEN_ALL)
    for words in tab.locator(".picture text:visible").all():
        box, picture = words.bounding_box(), words.locator("..").bounding_box()
        assert box["height"] > 10
        assert picture["x"] - 1 <= box["x"] and box["x"] + box["width"] <= picture["x"] + picture["width"] + 1


def test_conversations_are_filtered_and_a_link_to_a_hidden_one_shows_it(tab: Any, pages: Pages) -> None:
    tab.goto(pages.addresses["verification"])
    conversations, said = tab.locator("section.conversation"), tab.locator("#shown")
    assert said.inner_text() == "1 conversation"
    tab.locator("#search").fill("no such address")
    assert (conversations.evaluate_all(SHOWN), said.inner_text()) == (0, "0 of 1 conversations")
    tab.locator(".first a").first.click()
    assert conversations.evaluate_all(SHOWN) == 1
    tab.get_by_role("button", name="With findings").click()
    assert said.inner_text() == "1 conversation"


@pytest.mark.parametrize("name", ["kill-matrix", "requirements", "comparison"])
def test_a_long_page_leads_to_each_rfc_and_back_to_its_top(name: str, tab: Any, pages: Pages) -> None:
    tab.set_viewport_size({"width": 390, "height": 300})
    tab.goto(pages.addresses[name])
    tab.locator("nav.contents a").first.click()
    tab.wait_for_function("scrollY > 0")
    tab.locator(".top a").click()
    tab.wait_for_function("scrollY === 0")


@pytest.mark.parametrize("name", ["conformance", "interop", "comparison", "diff", "kill-matrix", "verification"])
def test_every_link_leads_to_a_file_and_a_place_in_it(name: str, tab: Any, pages: Pages) -> None:
    tab.goto(pages.addresses[name])
    places: dict[str, set[str]] = {}
    found = [urldefrag(link) for link in tab.evaluate(LINKS) if urlsplit(link).scheme == "file"]
    assert found
    for address, fragment in found:
        path = Path(unquote(urlsplit(address).path))
        assert path.is_file()
        if fragment and path.suffix == ".html":
            if address not in places:
                tab.goto(address)
                places[address] = set(tab.evaluate(IDS))
            assert unquote(fragment) in {"top", *places[address]}  # every browser knows the top


def test_cases_are_filtered_by_verdict_by_standing_and_by_words(tab: Any, pages: Pages) -> None:
    tab.goto(pages.addresses["conformance"])
    cases, said = tab.locator("details.case"), tab.locator("#shown")
    assert said.inner_text() == "15 cases"
    tab.locator("button[data-filter=FAIL]").click()
    assert (cases.evaluate_all(SHOWN), said.inner_text()) == (3, "3 of 15 cases")
    tab.locator("button[data-filter=WARN]").click()
    assert cases.evaluate_all(SHOWN) == 4
    tab.get_by_role("button", name="Unexpected only").click()
    assert cases.evaluate_all(SHOWN) == 2
    tab.locator("#search").fill("JITTER")
    assert cases.evaluate_all(SHOWN) == 1
    assert tab.locator("main section.clause").evaluate_all(SHOWN) == 1
    tab.get_by_role("button", name="Show everything").click()
    assert said.inner_text() == "15 cases"


def test_all_cases_open_and_close_and_the_evidence_is_in_sight(tab: Any, pages: Pages) -> None:
    tab.goto(pages.addresses["conformance"])
    tab.get_by_role("button", name="Close all").click()
    assert tab.locator("details.case[open]").count() == 0
    tab.get_by_role("button", name="Open all").click()
    assert tab.locator("details.case[open]").count() == 15
    row, box = tab.locator("#case-5880-6\\.8\\.7-02 tr.m"), tab.locator("#case-5880-6\\.8\\.7-02 .packets .scroll")
    tab.wait_for_function(
        "([row, box]) => row.getBoundingClientRect().bottom <= box.getBoundingClientRect().bottom && box.scrollTop > 0",
        arg=[row.element_handle(), box.element_handle()],
    )


def test_packets_that_nobody_looked_at_are_there_when_somebody_does(tab: Any, pages: Pages) -> None:
    tab.goto(pages.addresses["conformance"])
    case = tab.locator("#case-5880-6\\.8\\.6-01")
    assert case.locator("tr.m").count() == 0
    case.locator("summary").first.click()
    case.get_by_text("8 packets, evidence: frame 5").click()
    assert case.locator("tr.m td").first.inner_text() == "5"
    assert case.locator(".packets tbody tr").count() == 8


def test_a_table_sorts_by_each_column_both_ways(tab: Any, pages: Pages) -> None:
    tab.goto(pages.addresses["conformance"])
    table = tab.locator(".overview table")
    sections = table.locator("tbody tr td:nth-child(2)")
    assert sections.all_inner_texts() == ["6.8.3", "6.8.6", "6.8.7", "6.8.16", "5", "4.1"]
    table.get_by_role("button", name="Section").click()
    assert sections.all_inner_texts() == ["4.1", "5", "6.8.3", "6.8.6", "6.8.7", "6.8.16"]
    table.get_by_role("button", name="FAIL").click()
    assert table.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"
    table.get_by_role("button", name="FAIL").click()
    assert table.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    assert sections.first.inner_text() == "6.8.6"


def test_from_the_overview_to_a_section_to_a_case(tab: Any, pages: Pages) -> None:
    tab.goto(pages.addresses["conformance"])
    tab.locator("button[data-filter=PASS]").click()
    tab.locator(".overview").get_by_role("link", name="4.1").click()
    section = tab.locator("[id='section-5883-4.1']")
    assert section.is_visible()
    section.locator("summary").first.click()
    assert section.get_by_text("the daemon refused the command").first.is_visible()


@pytest.mark.parametrize("name", ["conformance", "interop"])
def test_what_was_not_expected_is_one_click_away(name: str, tab: Any, pages: Pages) -> None:
    tab.goto(pages.addresses[name])
    tab.get_by_role("button", name="Close all").click()
    tab.locator(".first a").first.click()
    tab.wait_for_selector("details.case[open]")
    assert tab.locator("details.case[open]").count() == 1


def test_meetings_are_filtered_and_the_matrix_stays(tab: Any, pages: Pages) -> None:
    tab.goto(pages.addresses["interop"])
    tab.locator("button[data-filter=FAIL]").click()
    assert tab.locator("#shown").inner_text() == "2 of 4 meetings"
    assert tab.locator("table.meetings").is_visible()
    tab.locator("table.meetings a[title*=INCONCLUSIVE]").first.click()
    tab.wait_for_selector("details.case[open][data-verdict=INCONCLUSIVE]")


def test_a_cell_of_the_comparison_leads_to_the_evidence(tab: Any, pages: Pages) -> None:
    tab.goto(pages.addresses["comparison"])
    rows = tab.locator("tr.row")
    everything = rows.count()
    tab.get_by_role("button", name="Where they differ").click()
    assert 0 < rows.evaluate_all(SHOWN) < everything
    tab.get_by_role("button", name="Where they differ").click()
    cell = tab.locator("[id='5880-6.8.6-length-minimum'] td").first
    cell.locator("summary").click()
    cell.get_by_role("link").click()
    tab.wait_for_selector("details.case[open][id='case-5880-6.8.6-04']")


@pytest.mark.parametrize(
    ("name", "words", "expected"),
    [
        ("diff", "absorbed", "1 of 5 differences"),
        ("kill-matrix", "no such thing", "0 of 1 requirements"),
        ("requirements", "nobody LOOKS", "1 of 3 requirements"),
        ("index", "kill", "1 of 7 results"),
    ],
)
def test_rows_are_searched(name: str, words: str, expected: str, tab: Any, pages: Pages) -> None:
    tab.goto(pages.addresses[name])
    tab.locator("#search").fill(words)
    assert tab.locator("#shown").inner_text() == expected


def test_the_index_leads_to_a_page_whose_evidence_can_be_fetched(tab: Any, pages: Pages) -> None:
    tab.goto(pages.addresses["index"])
    tab.get_by_role("link", name="bird 2.0.12", exact=True).click()
    tab.wait_for_selector("h1:has-text('bird')")
    captures = [link for link in tab.evaluate(LINKS) if link.endswith(".pcapng")]
    assert captures
    assert {tab.request.get(link).status for link in captures} == {200}
    tab.get_by_role("link", name="All results").click()
    assert tab.url == pages.addresses["index"]
