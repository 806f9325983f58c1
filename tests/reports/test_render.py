"""`bfdspec report render`: any result file in any format."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from junit_schema import complaints
from sample_documents import of_each_kind
from sample_run import sample_run

from bfdspec.cli import main
from reports.document import save
from reports.kinds import load


def render(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["report", "render", *map(str, arguments)])


@pytest.mark.parametrize("kind", list(of_each_kind()))
def test_all_formats_of_all_kinds(kind: str, tmp_path: Path) -> None:
    file, new = tmp_path / "x.json", tmp_path / "new"
    save(of_each_kind()[kind], file)
    said = render(file, "--html", new / "x.html", "--junit", new / "x.xml", "--json", new / "x.json")
    assert (said.exit_code, said.output) == (0, "")
    assert "<!doctype html>" in (new / "x.html").read_text(encoding="utf-8")
    assert complaints(ElementTree.parse(new / "x.xml").getroot()) == []
    assert load(new / "x.json") == load(file)


def test_without_an_option_it_is_printed_and_several_are_named(tmp_path: Path) -> None:
    files = []
    for kind, document in of_each_kind().items():
        files.append(tmp_path / f"{kind}.json")
        save(document, files[-1])
    said = render(*files)
    assert said.exit_code == 0
    assert all(f"{file}:\n" in said.output for file in files)
    assert "FAILED, 4 unexpected results" in " ".join(said.output.split())


def test_a_folder_stands_for_the_result_in_it(tmp_path: Path) -> None:
    save(of_each_kind()["interop"], tmp_path / "interop.json")
    assert "4 meetings of 3 implementations" in render(tmp_path).output


def test_several_files_do_not_go_into_one_page(tmp_path: Path) -> None:
    save(of_each_kind()["interop"], tmp_path / "interop.json")
    said = render(tmp_path, tmp_path, "--html", tmp_path / "x.html")
    assert said.exit_code == 2
    assert said.output == (
        "Error: 2 FILEs, but --html, --junit, --json and --allure write one; render them one by one\n"
    )


def test_a_conformance_run_becomes_allure_results_with_its_captures(tmp_path: Path) -> None:
    run = sample_run()
    save(run, tmp_path / "results.json")
    capture = next(result.capture for result in run.results if result.capture)
    (tmp_path / capture).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / capture).write_bytes(b"packets")
    said = render(tmp_path, "--allure", tmp_path / "allure")
    assert (said.exit_code, said.output) == (0, "")
    assert len(list((tmp_path / "allure").glob("*-result.json"))) == len(run.results)
    assert [file.read_bytes() for file in (tmp_path / "allure").glob("*.pcapng")] == [b"packets"]


def test_only_a_conformance_run_becomes_allure_results(tmp_path: Path) -> None:
    save(of_each_kind()["interop"], tmp_path / "interop.json")
    said = render(tmp_path, "--allure", tmp_path / "allure")
    assert said.exit_code == 2
    assert said.output == f"Error: {tmp_path / 'interop.json'}: a file of kind interop; conformance is needed\n"
    assert not (tmp_path / "allure").exists()


@pytest.mark.parametrize("content", ["", "[]", '{"kind": "interop", "schema_version": "2.0"}'])
def test_what_is_no_result_is_refused_in_one_line(content: str, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(content, encoding="utf-8")
    said = render(tmp_path / "x.json")
    assert (said.exit_code, len(said.output.splitlines())) == (2, 1)


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    save(of_each_kind()["interop"], tmp_path / "interop.json")
    said = render(tmp_path, "--html", tmp_path / "interop.json" / "x.html")
    assert (said.exit_code, len(said.output.splitlines())) == (2, 1)


def test_an_old_file_is_written_by_the_newest_schema(tmp_path: Path) -> None:
    data = json.loads(of_each_kind()["interop"].model_dump_json()) | {"schema_version": "1.0"}
    del data["kind"]
    (tmp_path / "old.json").write_text(json.dumps(data), encoding="utf-8")
    assert render(tmp_path / "old.json", "--json", tmp_path / "new.json").exit_code == 0
    assert load(tmp_path / "new.json") == of_each_kind()["interop"]
