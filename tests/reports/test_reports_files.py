"""The files of a report: the schema, reading back, and writing all or nothing."""

import json
import os
import stat
from pathlib import Path

import jsonschema
import pytest
from sample_run import hostile, passing_run, sample_run

from reports import json_schema, model, write
from reports.kinds import load_as
from reports.model import Run
from reports.words import duration, natural_key, sections


@pytest.mark.parametrize("run", [sample_run(), passing_run(), hostile("\x00<&>")], ids=["all", "passing", "hostile"])
def test_results_keep_to_the_schema_and_read_back_the_same(run: model.Run, tmp_path: Path) -> None:
    path = write.write_all(run, tmp_path)["results.json"]
    jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), json_schema.committed("conformance"))
    assert load_as(Run, path) == run


def test_the_schema_refuses_what_the_model_does_not_have() -> None:
    data = json.loads(sample_run().model_dump_json())
    for damage in ({"verdict": "MAYBE"}, {"invented": 1}):
        wrong = data | {"results": [data["results"][0] | damage]}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, json_schema.committed("conformance"))


def test_all_files_are_written_and_nothing_else_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "report"
    files = write.write_all(sample_run(), folder)
    assert set(files) == {"results.json", "junit.xml", "report.html"}
    assert {path.name for path in folder.iterdir()} == set(files)
    assert all(path.stat().st_size for path in files.values())


def test_files_are_readable_by_whoever_the_umask_lets_read(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        files = write.write_all(passing_run(), tmp_path)
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in files.values()} == {0o644}


def test_a_write_that_fails_half_way_leaves_the_old_file_and_says_which(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write.write_all(passing_run(), tmp_path)
    old = (tmp_path / "report.html").read_bytes()

    def full_disk(_: model.Run, path: Path) -> None:
        path.write_text("half a fi", encoding="utf-8")
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(write.WRITERS, "report.html", full_disk)
    with pytest.raises(OSError, match="No space left on device") as raised:
        write.write_all(sample_run(), tmp_path)
    assert str(raised.value) == f"cannot write {tmp_path / 'report.html'}: No space left on device"
    assert (tmp_path / "report.html").read_bytes() == old
    assert not list(tmp_path.glob(".*"))


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("", encoding="utf-8")
    with pytest.raises(OSError, match="cannot make the report folder") as raised:
        write.write_all(passing_run(), blocker / "report")
    assert str(blocker / "report") in str(raised.value)
    assert "\n" not in str(raised.value)


def test_sections_are_in_the_order_of_the_rfc() -> None:
    numbers = ["6.8.16", "6.8.6", "A.1", "6.8", "10", "6.8.6.1", "4.1"]
    assert sorted(numbers, key=natural_key) == ["4.1", "6.8", "6.8.6", "6.8.6.1", "6.8.16", "10", "A.1"]
    assert [section.number for section in sections(sample_run())][:4] == ["6.8.3", "6.8.6", "6.8.7", "6.8.16"]


@pytest.mark.parametrize(
    ("microseconds", "words"),
    [
        (0, "0 µs"),
        (999, "999 µs"),
        (3_200, "3.2 ms"),
        (999_999, "1.00 s"),
        (1_500_000, "1.50 s"),
        (59_999_999, "1 min 00 s"),
        (125_400_000, "2 min 05 s"),
        (7_325_000_000, "122 min 05 s"),
    ],
)
def test_durations_are_in_the_unit_a_person_would_choose(microseconds: int, words: str) -> None:
    assert duration(microseconds) == words
