"""`bfdspec verify`: what is printed of a capture, the table of packets, exit codes."""

import csv
import json
import shutil
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner
from junitparser import JUnitXml
from scapy.layers.inet import IP, UDP
from scapy.utils import wrpcap

from bfdspec.verify.command import verify
from reports import json_schema
from reports.kinds import load_as
from reports.verification import Verification

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")

DOWN = bytes.fromhex("20400318 00000001 00000000 000f4240 000f4240 00000000")
INIT = bytes.fromhex("20800318 00000002 00000001 000f4240 000f4240 00000000")


def capture(folder: Path, *, ttl: int = 255) -> Path:
    path = folder / "c.pcap"
    there = IP(src="10.0.0.1", dst="10.0.0.2", ttl=ttl) / UDP(sport=49152, dport=3784) / DOWN
    back = IP(src="10.0.0.2", dst="10.0.0.1", ttl=255) / UDP(sport=49153, dport=3784) / INIT
    wrpcap(str(path), [there, back])
    return path


def test_a_capture_in_which_nothing_is_wrong(tmp_path: Path) -> None:
    said = CliRunner().invoke(verify, [str(capture(tmp_path))])
    assert said.exit_code == 0
    assert "2 packets of 2 speakers in 1 conversation: nothing breaks a requirement" in " ".join(said.output.split())
    assert "✗" not in said.output


@pytest.mark.parametrize("engine", ["fast", "tshark", "pyshark"])
def test_what_is_wrong_is_said_with_clause_and_frame(tmp_path: Path, engine: str) -> None:
    said = CliRunner().invoke(verify, [str(capture(tmp_path, ttl=64)), "--engine", engine])
    assert said.exit_code == 1
    words = " ".join(said.output.split())
    assert "10.0.0.1: 5881-5-r01 (MUST) RFC 5881 section 5" in words
    assert "seen TTL 64, frame 1" in words


def test_every_packet_is_a_line_of_the_table(tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    path = capture(tmp_path)
    assert CliRunner().invoke(verify, [str(path), "--csv", str(table)]).exit_code == 0
    with table.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["file"], row["frame"], row["source"], row["state"]) for row in rows] == [
        (str(path), "1", "10.0.0.1", "1"),
        (str(path), "2", "10.0.0.2", "2"),
    ]


def test_what_is_no_capture_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "no.pcap"
    path.write_text("hello")
    said = CliRunner().invoke(verify, [str(path)])
    assert said.exit_code == 2
    assert said.output.splitlines() == [f"Error: {path}: not a capture, a pcap or pcapng file is needed"]


def test_the_reports_say_what_the_terminal_says(tmp_path: Path) -> None:
    data, page, junit = tmp_path / "v.json", tmp_path / "v.html", tmp_path / "v.xml"
    options = ["--json", str(data), "--html", str(page), "--junit", str(junit)]
    assert CliRunner().invoke(verify, [str(capture(tmp_path, ttl=64)), *options]).exit_code == 1
    run = load_as(Verification, data)
    jsonschema.validate(json.loads(data.read_text(encoding="utf-8")), json_schema.committed("verification"))
    (finding,) = run.findings
    assert (finding.check, finding.speaker, finding.seen, finding.where[0].frame) == (
        "5881-5-r01",
        "10.0.0.1",
        "TTL 64",
        1,
    )
    html = page.read_text(encoding="utf-8")
    assert "5881-5-r01" in html and "TTL 64" in html and 'class="picture"' in html
    failed = [case.name for suite in JUnitXml.fromfile(str(junit)) for case in suite if case.result]
    assert failed == ["10.0.0.1 5881-5-r01 RFC 5881 section 5: without authentication, TTL or Hop Limit is 255"]


def test_only_the_requirements_of_one_rfc(tmp_path: Path) -> None:
    path = capture(tmp_path, ttl=64)
    assert CliRunner().invoke(verify, [str(path), "--rfc", "5881"]).exit_code == 1
    said = CliRunner().invoke(verify, [str(path), "--rfc", "5880"])
    assert said.exit_code == 0 and "5881-5-r01" not in said.output


def test_several_files_are_judged_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "clean").mkdir()
    said = CliRunner().invoke(verify, [str(capture(tmp_path, ttl=64)), str(capture(tmp_path / "clean"))])
    assert said.exit_code == 1
    assert "4 packets of 4 speakers in 2 conversations: 1 violation" in said.output


@pytest.mark.parametrize("option", ["--html", "--csv"])
def test_a_place_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path, option: str) -> None:
    said = CliRunner().invoke(verify, [str(capture(tmp_path)), option, str(tmp_path / "no" / "v")])
    assert said.exit_code == 2
    assert said.output.splitlines()[-1].startswith(f"Error: cannot write {tmp_path / 'no' / 'v'}: No such file")


@pytest.mark.parametrize("option", ["--json", "--csv"])
def test_what_goes_to_standard_output_is_alone_there(tmp_path: Path, option: str) -> None:
    said = CliRunner().invoke(verify, [str(capture(tmp_path, ttl=64)), option, "-"])
    assert said.exit_code == 1 and "seen TTL 64" in said.stderr
    if option == "--json":
        assert json.loads(said.stdout)["findings"][0]["check"] == "5881-5-r01"
    else:
        assert [row["source"] for row in csv.DictReader(said.stdout.splitlines())] == ["10.0.0.1", "10.0.0.2"]


def test_no_half_a_table_is_left(tmp_path: Path) -> None:
    path, table = capture(tmp_path), tmp_path / "rows.csv"
    broken = tmp_path / "no.pcap"
    broken.write_text("hello", encoding="utf-8")
    assert CliRunner().invoke(verify, [str(path), str(broken), "--csv", str(table)]).exit_code == 2
    assert set(tmp_path.iterdir()) == {path, broken}


def test_a_file_of_keys_that_cannot_be_used_is_refused_in_one_line(tmp_path: Path) -> None:
    keys = tmp_path / "keys.yaml"
    keys.write_text("type: rot13\nkeys: {1: 'text:secret'}\n", encoding="utf-8")
    said = CliRunner().invoke(verify, [str(capture(tmp_path)), "--auth-keys", str(keys)])
    (line,) = said.output.splitlines()
    assert said.exit_code == 2
    assert line.startswith(f"Error: {keys}: type") and "secret" not in line
