"""The requirement catalogue: the shipped files, and what the loader says about broken ones."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest

from conformance.catalogue import LEVEL_OF_KEYWORD, Catalogue, CatalogueError, load_catalogue

LITERAL_RUN = 9
"""Words in a row that a summary may not share with the text of its RFC."""

KEYWORD = re.compile(r"\b(?:(?:MUST|SHALL|SHOULD)(?: NOT)?|REQUIRED|(?:NOT )?RECOMMENDED|MAY|OPTIONAL)\b")
SECTION_TITLE = re.compile(r"^(\d+(?:\.\d+)*)\.\s+\S")
PAGE_BREAK = re.compile(r"^(?:\S.* \[Page \d+\]|RFC \d+ .*\d{4})$")
REFERENCE = re.compile(r"\b\d{4}-[\d.]+-r\d+\b")

GOOD = """\
rfc: 5880
section: "6.1"
title: "Overview"
requirements:
  - id: 5880-6.1-r01
    level: MUST
    keyword: none
    summary: "First."
    actor: session
    observable: [wire, pcap]
    also: ["6.2"]
  - id: 5880-6.1-r02
    level: SHOULD
    keyword: SHOULD NOT
    summary: "Second."
    actor: system
    observable: none
    reason: "Internal."
"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def rfc_sections(rfc: int) -> dict[str, str]:
    """Section number to text, page breaks removed; skips the test where the RFC's text is not at hand."""
    folder = os.environ.get("BFDSPEC_RFC_TEXTS")
    if folder is None:
        pytest.skip("BFDSPEC_RFC_TEXTS does not name a folder with rfc5880.txt to rfc5883.txt")
    sections: dict[str, list[str]] = {}
    current = "0"
    for line in (Path(folder) / f"rfc{rfc}.txt").read_text(encoding="utf-8").splitlines():
        if PAGE_BREAK.match(line):
            continue
        if title := SECTION_TITLE.match(line):
            current = title[1]
        sections.setdefault(current, []).append(line)
    return {number: "\n".join(lines) for number, lines in sections.items()}


def runs_of_words(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"[a-z0-9]+(?:[.'-][a-z0-9]+)*", text.lower())
    return {tuple(words[start : start + LITERAL_RUN]) for start in range(len(words) - LITERAL_RUN + 1)}


def write(root: Path, text: str, place: str = "rfc5880/6.1.yaml") -> Path:
    file = root / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(("rfc", "floor"), [(5880, 300), (5881, 45), (5882, 115), (5883, 33)])
def test_catalogue_is_as_long_as_the_rfc(catalogue: Catalogue, rfc: int, floor: int) -> None:
    assert sum(id_.startswith(f"{rfc}-") for id_ in catalogue.requirements) >= floor


def test_ids_are_consecutive_within_their_section(catalogue: Catalogue) -> None:
    for (rfc, number), section in catalogue.sections.items():
        ids = [requirement.id for requirement in section.requirements]
        assert ids == [f"{rfc}-{number}-r{position:02}" for position in range(1, len(ids) + 1)]


def test_every_requirement_is_found_by_its_id(catalogue: Catalogue) -> None:
    listed = [requirement for section in catalogue.sections.values() for requirement in section.requirements]
    assert len(listed) == len(catalogue.requirements)
    assert all(catalogue.requirements[requirement.id] is requirement for requirement in listed)


def test_level_follows_from_keyword(catalogue: Catalogue) -> None:
    for requirement in catalogue.requirements.values():
        assert requirement.keyword == "none" or LEVEL_OF_KEYWORD[requirement.keyword] == requirement.level


def test_what_the_wire_does_not_show_has_a_reason(catalogue: Catalogue) -> None:
    for requirement in catalogue.requirements.values():
        assert "wire" in requirement.observable or requirement.reason, requirement.id


def test_summaries_are_distinct_within_a_section(catalogue: Catalogue) -> None:
    for section in catalogue.sections.values():
        counts = Counter(requirement.summary for requirement in section.requirements)
        assert max(counts.values()) == 1, counts.most_common(1)


def test_cross_references_lead_somewhere(catalogue: Catalogue) -> None:
    for requirement in catalogue.requirements.values():
        for id_ in REFERENCE.findall(f"{requirement.summary} {requirement.reason}"):
            assert id_ in catalogue.requirements, requirement.id


def test_sections_are_in_the_order_of_the_rfc(catalogue: Catalogue) -> None:
    numbers = [[rfc, *map(int, number.split("."))] for rfc, number in catalogue.sections]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize("rfc", [5880, 5881, 5882, 5883])
def test_summaries_are_in_our_own_words(catalogue: Catalogue, rfc: int) -> None:
    text = runs_of_words("\n".join(rfc_sections(rfc).values()))
    for requirement in catalogue.requirements.values():
        if requirement.id.startswith(f"{rfc}-"):
            assert not runs_of_words(requirement.summary) & text, requirement.id


@pytest.mark.parametrize("rfc", [5880, 5881, 5882, 5883])
def test_no_section_has_more_keywords_than_requirements(catalogue: Catalogue, rfc: int) -> None:
    """A floor for each section: a requirement may cover one keyword here, or restate it from elsewhere."""
    texts = rfc_sections(rfc)
    covered: Counter[str] = Counter()
    for (of, number), section in catalogue.sections.items():
        if of == rfc:
            assert number in texts
            covered[number] += len(section.requirements)
            for requirement in section.requirements:
                assert number not in requirement.also, requirement.id
                assert set(requirement.also) <= set(texts), requirement.id
                covered.update(requirement.also)
    keywords = {number: len(KEYWORD.findall(text)) for number, text in texts.items() if number != "1.1"}
    assert {number: count for number, count in keywords.items() if count > covered[number]} == {}


def test_loader_reads_a_good_file(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    catalogue = load_catalogue(tmp_path)
    assert list(catalogue.requirements) == ["5880-6.1-r01", "5880-6.1-r02"]
    assert catalogue.sections[5880, "6.1"].title == "Overview"
    first, second = catalogue.requirements.values()
    assert (first.observable, first.also, first.reason) == (("wire", "pcap"), ("6.2",), "")
    assert (second.observable, second.also, second.reason) == (("none",), (), "Internal.")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("actor: session", "actr: session", "requirements[0].actor: missing"),
        ("also:", "alsso:", "requirements[0].alsso: unknown key (allowed: id, level,"),
        ("title:", "name: 1\ntitle:", "name: unknown key (allowed: rfc, section, title, requirements)"),
        ("level: MUST", "level: SHALL", "requirements[0].level: 'SHALL' is unknown (allowed: 'MUST', 'SHOULD' or"),
        ("keyword: none", "keyword: must", "requirements[0].keyword: 'must' is unknown (allowed: 'MUST', 'MUST NOT'"),
        ("keyword: none", "keyword: MAY", "requirements[0]: level MUST does not go with keyword MAY (allowed: MAY)"),
        ("[wire, pcap]", "[wire, air]", "requirements[0].observable[1]: 'air' is unknown (allowed: 'wire', 'pcap',"),
        ("[wire, pcap]", "pcap", "requirements[0]: observable pcap is not a combination (allowed: wire, wire+pcap,"),
        ('    reason: "Internal."\n', "", "requirements[1]: reason has to be given where observable is api or none"),
        ("observable: none", "observable: wire", "requirements[1]: reason has to be given where observable is api or"),
        ("6.1-r02", "6.1-r01", "requirements[1].id: 5880-6.1-r01 is a duplicate (allowed: 5880-6.1-r02)"),
        ("6.1-r02", "6.1-r03", "requirements[1].id: 5880-6.1-r03 is out of sequence (allowed: 5880-6.1-r02)"),
        ("5880-6.1-r01", "5880-6.2-r01", "requirements[0].id: 5880-6.2-r01 is out of sequence (allowed: 5880-6.1-r01)"),
        ("rfc: 5880", "rfc: 5881", "rfc: 5881 is not the folder's (allowed: 5880)"),
        ('section: "6.1"', 'section: "6.2"', 'section: "6.2" is not the file\'s (allowed: "6.1")'),
        ('section: "6.1"', "section: 6.1", "section: 6.1 is wrong (Input should be a valid string)"),
        ('also: ["6.2"]', 'also: ["six"]', "requirements[0].also[0]: 'six' is wrong (String should match"),
        ('"Overview"', '"Overview', "not YAML: while parsing"),
        (GOOD, "", "top level: None is wrong (Input should be"),
    ],
)
def test_loader_complains_in_one_clear_line(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    file = write(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(CatalogueError) as raised:
        load_catalogue(tmp_path)
    message = str(raised.value)
    assert message.startswith(f"{file}: {complaint}")
    assert "\n" not in message


def test_loader_refuses_an_empty_catalogue(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match=re.escape(f"{tmp_path}: no requirement files")):
        load_catalogue(tmp_path)
