"""One result model: every kind has an envelope, a schema, items, JUnit XML, a page and a table, and one reader."""

import json
from collections import Counter
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from junit_schema import complaints
from rich.console import Console
from sample_documents import of_each_kind
from sample_run import case, hostile, run_of

from reports import json_schema, junit, kinds
from reports.document import SCHEMA_VERSION, Document, save
from reports.interop import Interop
from reports.kinds import KINDS, LoadError, load, load_as
from reports.model import Run, Verdict
from reports.words import DEVIATIONS, Standing

EACH = of_each_kind()
each_kind = pytest.mark.parametrize("document", EACH.values(), ids=list(EACH))


def test_there_is_a_sample_of_every_kind() -> None:
    assert set(EACH) == set(KINDS)


@each_kind
def test_the_schema_under_version_control_is_that_of_the_model(document: Document) -> None:
    assert json_schema.path(document.kind).read_text(encoding="utf-8") == json_schema.text(document.kind), (
        "the model changed: run python -m reports.json_schema, and think about SCHEMA_VERSION"
    )


def test_no_schema_of_another_version_is_left() -> None:
    kept = {path.name for path in json_schema.path("conformance").parent.iterdir()}
    assert kept == {json_schema.path(kind).name for kind in KINDS}


@each_kind
def test_a_file_keeps_to_its_schema_and_reads_back_the_same(document: Document, tmp_path: Path) -> None:
    save(document, tmp_path / "x.json")
    data = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    jsonschema.validate(data, json_schema.committed(document.kind))
    assert (data["kind"], data["schema_version"]) == (document.kind, SCHEMA_VERSION)
    assert load(tmp_path / "x.json") == document


@each_kind
def test_junit_xml_keeps_to_the_schema_of_ci_servers(document: Document, tmp_path: Path) -> None:
    junit.write(document, tmp_path / "junit.xml")
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert complaints(root) == []
    items = list(kinds.of(document).items(document))
    assert len(list(root.iter("testcase"))) == len(items)
    assert len(list(root.iter("failure"))) == sum(item.standing is Standing.UNEXPECTED for item in items)


@pytest.mark.parametrize("duration_us", [0, 1, 20, 999_999, 86_400_000_000], ids=str)
def test_no_duration_breaks_the_schema(duration_us: int, tmp_path: Path) -> None:
    run = run_of([case("5880-6.8.6-01", "A case", Verdict.PASS, duration_us=duration_us)])
    for name, document in {"run": run, "hostile": hostile("\x00]]>&")}.items():
        junit.write(document, tmp_path / name)
        assert complaints(ElementTree.parse(tmp_path / name).getroot()) == []


def test_the_schema_would_find_what_is_wrong() -> None:
    wrong = (
        '<testsuites><testsuite name="a" tests="1" failures="0" errors="0" time="2e-05"><x/></testsuite></testsuites>'
    )
    assert complaints(ElementTree.fromstring(wrong)) == [
        "x in testsuite",
        "testsuite has the time 2e-05",
        "x is no element of the schema",
    ]


@each_kind
def test_items_have_names_of_their_own_and_no_deviation_is_ordinary(document: Document) -> None:
    items = list(kinds.of(document).items(document))
    assert items
    assert [name for name, number in Counter(item.id for item in items).items() if number > 1] == []
    assert [item.id for item in items if item.verdict in DEVIATIONS and item.standing is Standing.ORDINARY] == []
    assert all(item.group and item.place and item.subject and item.title for item in items)
    assert sum(kinds.totals(items).values()) == len(items)


@each_kind
def test_there_is_a_page_and_a_table(document: Document, tmp_path: Path) -> None:
    kinds.write_page(document, tmp_path / "page.html")
    assert "<!doctype html>" in (tmp_path / "page.html").read_text(encoding="utf-8")
    said = StringIO()
    kinds.of(document).show(document, Console(file=said, width=80))
    assert said.getvalue().strip()
    assert kinds.of(document).subject(document)


@each_kind
def test_the_anchor_of_an_item_is_in_its_page(document: Document, tmp_path: Path) -> None:
    page = kinds.of(document).page(document, tmp_path)
    for item in kinds.of(document).items(document):
        assert not item.anchor or f'id="{item.anchor}"' in page


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "No such file or directory"),
        (b"[", "invalid JSON in line 1: Expecting value"),
        (b"\xff", "not UTF-8 text; a result file of bfdspec is JSON"),
        (b"[1]", "no result file of bfdspec; a kind is one of: conformance, "),
        (b"{}", "no result file of bfdspec; a kind is one of: conformance, "),
        (b'{"kind": 7}', "no result file of bfdspec; a kind is one of: conformance, "),
        (b'{"kind": ["a"]}', "no result file of bfdspec; a kind is one of: conformance, "),
        (b'{"kind": "interop", "schema_version": "1.1"}', "not a whole interop file: generator: Field required"),
        (b'{"kind": "interop", "schema_version": "99.10"}', "schema version 99.10; this bfdspec reads up to 1.1"),
        (b'{"kind": "interop", "schema_version": "soon"}', "no schema version, such as "),
        (b"[" * 100_000, "JSON that is nested too deeply"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_result_file_is_refused_in_one_line(content: bytes | None, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LoadError) as raised:
        load(path)
    assert str(raised.value).startswith(f"{path}: {complaint}")
    assert len(str(raised.value).splitlines()) == 1


def test_a_file_of_another_kind_is_refused_where_one_is_needed(tmp_path: Path) -> None:
    save(EACH["interop"], tmp_path / "x.json")
    assert load_as(Interop, tmp_path / "x.json") == EACH["interop"]
    with pytest.raises(LoadError, match="a file of kind interop; conformance is needed"):
        load_as(Run, tmp_path / "x.json")


@pytest.mark.parametrize("kind", ["conformance", "interop", "kill-matrix", "verification"])
def test_files_of_schema_1_0_which_do_not_say_their_kind_are_read(kind: str, tmp_path: Path) -> None:
    data = json.loads(EACH[kind].model_dump_json()) | {"schema_version": "1.0"}
    del data["kind"]
    (tmp_path / "x.json").write_text(json.dumps(data), encoding="utf-8")
    assert load(tmp_path / "x.json") == EACH[kind]
