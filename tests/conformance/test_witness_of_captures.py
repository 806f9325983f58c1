"""The independent witness: it confirms what the bench saw, contradicts what it did not see, says when it is away."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance import inventory, runner
from conformance.bench.bench import Bench
from conformance.bench.scenario import establish
from conformance.catalogue import load_catalogue
from conformance.inventory import Runnable
from conformance.targets.reference import ReferenceTarget
from conformance.witness import bear_witness
from refimpl.runtime.virtual import EngineFlaws
from reports.model import CaseResult, Verdict

CASE = "5881-3-01"
TTL_255 = "5881-5-r01"

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def result_in(folder: Path, runnable: Runnable | None = None, flaws: EngineFlaws | None = None) -> CaseResult:
    """The result of a real case against the reference, its capture in folder/captures."""
    captures = folder / "captures"
    captures.mkdir(exist_ok=True)
    chosen = runnable or inventory.collect()[CASE]
    return runner.run(chosen, ReferenceTarget(flaws=flaws), load_catalogue(), seed=1, folder=captures)


def own_case(body: Callable[[Bench], None]) -> Runnable:
    """The case that judges the TTL, with another body."""
    shipped = next(each for each in inventory.collect().values() if TTL_255 in each.case.judges)
    return Runnable(shipped.case, body, __name__)


def frames_from_target(result: CaseResult) -> list[int]:
    return [line.frame for line in result.packets if line.direction == "from_target"]


def alter_detect_mult(capture: Path, result: CaseResult) -> None:
    """Write another Detect Mult into the first packet of the target, behind the bench's back."""
    first = next(line.summary for line in result.packets if line.direction == "from_target")
    words = first.split()
    discriminator = int(words[words.index("my") + 1], 16).to_bytes(4)
    mult_and_length = bytes([int(words[words.index("mult") + 1]), 24])
    data = capture.read_bytes()
    assert mult_and_length + discriminator in data
    capture.write_bytes(data.replace(mult_and_length + discriminator, b"\x63\x18" + discriminator, 1))


@needs_tshark
def test_the_witness_confirms(tmp_path: Path) -> None:
    result = result_in(tmp_path)
    (heard,) = bear_witness([result], tmp_path)
    count = len(frames_from_target(result))
    assert count > 0
    assert heard.witness[0] == f"tshark read {count} packets of the target, {count} of them as the bench did"
    assert any(line.startswith("5880-6.8.7-r23 confirmed in ") for line in heard.witness)
    assert (heard.verdict, heard.as_expected) == (Verdict.PASS, True)


@needs_tshark
def test_every_capture_keeps_its_own_frame_numbers(tmp_path: Path) -> None:
    ids = ["5881-3-01", "5881-5-02", "5880-6.8.4-01", "5880-6.8.6-04"]
    results = [result_in(tmp_path, inventory.collect()[id_]) for id_ in ids]
    for result, heard in zip(results, bear_witness(results, tmp_path), strict=True):
        count = len(frames_from_target(result))
        assert heard.id == result.id
        assert heard.witness[0] == f"tshark read {count} packets of the target, {count} of them as the bench did"


@needs_tshark
def test_a_field_that_reads_otherwise_spoils_the_case(tmp_path: Path) -> None:
    result = result_in(tmp_path)
    alter_detect_mult(tmp_path / result.capture, result)
    (heard,) = bear_witness([result], tmp_path)
    frame = frames_from_target(result)[0]
    assert (heard.verdict, heard.as_expected) == (Verdict.INCONCLUSIVE, False)
    assert heard.reason == f"bench and tshark disagree about frame {frame}"
    assert any(line.startswith(f"frame {frame}: tshark reads ") and " mult 99 " in line for line in heard.witness)


@needs_tshark
def test_only_the_case_of_the_altered_capture_is_spoiled(tmp_path: Path) -> None:
    altered, sound = (result_in(tmp_path, inventory.collect()[id_]) for id_ in ("5881-3-01", "5881-3-02"))
    alter_detect_mult(tmp_path / altered.capture, altered)
    heard = bear_witness([altered, sound], tmp_path)
    assert [each.verdict for each in heard] == [Verdict.INCONCLUSIVE, Verdict.PASS]


@needs_tshark
def test_packets_that_the_capture_lacks_spoil_the_case(tmp_path: Path) -> None:
    result = result_in(tmp_path)
    capture = tmp_path / result.capture
    capture.write_bytes(capture.read_bytes()[:-100])
    (heard,) = bear_witness([result], tmp_path)
    assert (heard.verdict, heard.as_expected) == (Verdict.INCONCLUSIVE, False)
    assert any(line.endswith("tshark reads no Control packet") for line in heard.witness)


@needs_tshark
def test_a_pass_that_the_capture_contradicts_is_no_pass(tmp_path: Path) -> None:
    def blind(bench: Bench) -> None:
        establish(bench)
        bench.check(True, expected="", actual="")

    result = result_in(tmp_path, own_case(blind), EngineFlaws(ttl=254))
    assert result.verdict is Verdict.PASS
    (heard,) = bear_witness([result], tmp_path)
    assert (heard.verdict, heard.as_expected) == (Verdict.INCONCLUSIVE, False)
    assert heard.reason == f"bench and tshark disagree about {TTL_255}"


@needs_tshark
def test_a_fail_that_the_capture_confirms_stands(tmp_path: Path) -> None:
    def seeing(bench: Bench) -> None:
        establish(bench)
        bench.check(False, expected="255", actual="254")

    result = result_in(tmp_path, own_case(seeing), EngineFlaws(ttl=254))
    (heard,) = bear_witness([result], tmp_path)
    assert (heard.verdict, heard.violated) == (Verdict.FAIL, TTL_255)
    assert any(line.startswith(f"{TTL_255} violated in ") for line in heard.witness)


@needs_tshark
def test_a_silent_target_gives_nothing_to_read(tmp_path: Path) -> None:
    def silent(bench: Bench) -> None:
        bench.send(bench.puppet())
        bench.check(True, expected="", actual="")

    (heard,) = bear_witness([result_in(tmp_path, own_case(silent))], tmp_path)
    assert heard.witness == ["the target sent no packet, so there is nothing to read"]


def test_without_tshark_the_witness_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = result_in(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    (heard,) = bear_witness([result], tmp_path)
    (line,) = heard.witness
    assert line.startswith("not read by tshark: ")
    assert "tshark was not found in PATH" in line
    assert heard.verdict is result.verdict


def test_without_the_capture_the_witness_says_so(tmp_path: Path) -> None:
    result = result_in(tmp_path)
    (tmp_path / result.capture).unlink()
    (heard,) = bear_witness([result], tmp_path)
    assert heard.witness[0].startswith("not read by tshark: ")
    assert "No such file or directory" in heard.witness[0]
