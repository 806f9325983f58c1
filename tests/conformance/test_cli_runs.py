"""`bfdspec test` against the reference, as a process: reports, exit codes, and the same seed twice."""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_runs import COMMAND, bfdspec, complaint, environment

from conformance import inventory
from reports.kinds import load_as
from reports.model import CaseResult, Run, Verdict

SEED = 11

DEVIANT = """\
import pytest
from conformance.targets.reference import ReferenceTarget
from refimpl.runtime.virtual import EngineFlaws

@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_bfdspec_target(config):
    return ReferenceTarget(flaws=EngineFlaws(ttl=254))
"""

CRASHING = """\
import pytest
from conformance.targets.reference import ReferenceTarget

class Crashing(ReferenceTarget):
    leases = 0

    def lease(self, rng, links=1):
        self.leases += 1
        if self.leases == 2:
            raise OSError("the interface is gone")
        return super().lease(rng, links)

@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_bfdspec_target(config):
    return Crashing()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def whole(folder: Path) -> subprocess.CompletedProcess[str]:
    """The whole suite in one process."""
    return bfdspec("test", "--seed", str(SEED), cwd=folder)


@pytest.fixture(scope="module")
def again(folder: Path) -> Path:
    """The whole suite with the same seed, in two workers."""
    bfdspec("test", "--seed", str(SEED), "--jobs", "2", "--report", "again", cwd=folder)
    return folder / "again"


@pytest.fixture(scope="module")
def report(folder: Path, whole: subprocess.CompletedProcess[str]) -> Path:
    assert whole.returncode == 0, whole.stdout + whole.stderr
    return folder / "out" / "reference"


def results(report: Path) -> dict[str, CaseResult]:
    return {result.id: result for result in load_as(Run, report / "results.json").results}


def timeless(report: Path) -> list[dict[str, Any]]:
    dumped = [result.model_dump() for result in load_as(Run, report / "results.json").results]
    return [{name: value for name, value in each.items() if name != "duration_us"} for each in dumped]


def captures(report: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (report / "captures").iterdir()}


def test_the_reference_passes_every_case(whole: subprocess.CompletedProcess[str], report: Path) -> None:
    run = load_as(Run, report / "results.json")
    assert [result.id for result in run.results] == list(inventory.collect())
    assert run.totals()[Verdict.PASS] + run.totals()[Verdict.PASS_ALTERNATIVE] == len(run.results)
    assert (run.seed, run.clock, run.noise, run.target.name) == (SEED, "virtual", None, "reference")
    assert f"{len(run.results)} cases, target reference, virtual clock, seed {SEED}" in whole.stdout
    assert whole.stderr == ""


def test_the_report_is_complete(report: Path) -> None:
    assert {path.name for path in report.iterdir()} == {"results.json", "junit.xml", "report.html", "captures"}
    for result in results(report).values():
        assert result.packets, result.id
        assert (report / result.capture).stat().st_size > 0


def test_the_same_seed_gives_the_same_results(report: Path, again: Path) -> None:
    """However many workers shared the cases, whatever their hash seeds were."""
    assert timeless(report) == timeless(again)


def test_the_same_seed_gives_the_same_bytes(report: Path, again: Path) -> None:
    assert captures(report).keys() == {f"{id_}.pcapng" for id_ in inventory.collect()}
    assert captures(report) == captures(again)


@pytest.fixture(scope="module")
def drawn(folder: Path) -> subprocess.CompletedProcess[str]:
    """A few cases with a seed that nobody chose, in a folder with somebody's files in it."""
    for name in STRANGERS:
        (folder / "drawn" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "drawn" / name).write_text("mine")
    return bfdspec("test", "--section", "6.8.4", "--report", "drawn", cwd=folder)


STRANGERS = {"captures/notes.txt", "captures/golden.d/old.pcapng", "mine.html"}


def test_without_a_seed_one_is_drawn_and_printed(folder: Path, drawn: subprocess.CompletedProcess[str]) -> None:
    run = load_as(Run, folder / "drawn" / "results.json")
    assert f"seed {run.seed}" in drawn.stdout
    assert run.seed != SEED
    assert all(f"--seed {run.seed}" in result.repeat for result in run.results)


def discriminators(result: CaseResult) -> set[str]:
    return {found for line in result.packets for found in re.findall(r"my (0x\w+)", line.summary)}


@pytest.mark.usefixtures("drawn")
def test_another_seed_gives_other_discriminators(folder: Path, report: Path) -> None:
    other, same = results(folder / "drawn"), results(report)
    assert other
    for id_, result in other.items():
        assert discriminators(result)
        assert not discriminators(result) & discriminators(same[id_])


@pytest.mark.usefixtures("drawn")
def test_the_repeat_command_repeats_a_case_and_replaces_the_report(folder: Path) -> None:
    target = folder / "drawn"
    original = results(target)["5880-6.8.4-01"]
    name, *command = original.repeat.split()
    assert name == "bfdspec"
    assert bfdspec(*command, "--report", "drawn", cwd=folder).returncode == 0
    (repeated,) = results(target).values()
    assert repeated.model_copy(update={"duration_us": 0}) == original.model_copy(update={"duration_us": 0})
    kept = {str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()}
    assert kept == STRANGERS | {"captures/5880-6.8.4-01.pcapng", "results.json", "junit.xml", "report.html"}


# ---------------------------------------------------------------- options of pytest


def test_k_goes_to_pytest(folder: Path) -> None:
    done = bfdspec("test", "--report", "k", "-k", "unknown_your_discriminator", cwd=folder)
    assert done.returncode == 0
    assert list(results(folder / "k")) == ["5880-6.8.6-15"]


# ---------------------------------------------------------------- a target that is wrong, a bench that is broken


def with_plugin(folder: Path, source: str, *options: str) -> tuple[subprocess.CompletedProcess[str], Run]:
    """Run the cases of RFC 5881 against the target of a plugin, which a user may bring along in the same way."""
    (folder / "brought_along.py").write_text(source)
    arguments = ("test", "--rfc", "5881", "--report", "plugin", "-p", "brought_along", *options)
    search = os.pathsep.join([str(folder), str(Path(__file__).resolve().parents[2])])
    done = bfdspec(*arguments, cwd=folder, env={"PYTHONPATH": search})
    assert "Traceback" not in done.stdout + done.stderr
    return done, load_as(Run, folder / "plugin" / "results.json")


def test_a_deviant_is_caught(tmp_path: Path) -> None:
    done, run = with_plugin(tmp_path, DEVIANT, "--seed", "3")
    assert done.returncode == 1
    assert [(result.id, result.verdict) for result in run.unexpected()] == [
        ("5881-5-01", Verdict.FAIL),
        ("5881-5-02", Verdict.FAIL),
        ("5881-5-101", Verdict.FAIL),
        ("5881-5-102", Verdict.FAIL),
    ]
    assert run.unexpected()[0].violated
    assert "bfdspec test --target reference --case 5881-5-01 --seed 3" in done.stdout


def test_x_stops_at_the_first_unexpected_verdict(tmp_path: Path) -> None:
    """With workers, because then pytest calls it an interruption, which it is not."""
    done, run = with_plugin(tmp_path, DEVIANT, "-x", "--jobs", "2")
    assert done.returncode == 1
    assert run.unexpected()
    assert len(run.results) < sum(each.case.rfc == "5881" for each in inventory.collect().values())


def test_lf_runs_the_last_unexpected_ones_again(tmp_path: Path) -> None:
    with_plugin(tmp_path, DEVIANT)
    _, run = with_plugin(tmp_path, DEVIANT, "--lf")
    assert [result.id for result in run.results] == ["5881-5-01", "5881-5-02", "5881-5-101", "5881-5-102"]


def test_a_case_that_ends_without_a_verdict_is_not_lost(tmp_path: Path) -> None:
    done, run = with_plugin(tmp_path, CRASHING)
    assert done.returncode == 1
    (lost,) = run.unexpected()
    assert lost.verdict is Verdict.INCONCLUSIVE
    assert lost.reason == "the case ended without a verdict: OSError: the interface is gone"
    assert lost.id in done.stdout


# ---------------------------------------------------------------- who may do what
AS_NOBODY = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")


needs_setpriv = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root can become nobody, with setpriv"
)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that nobody may enter, and write to. Needs a checkout and a Python that nobody may read, too."""
    trial = subprocess.run([*AS_NOBODY, *COMMAND, "--version"], env=environment(), capture_output=True, check=False)
    if trial.returncode != 0:
        pytest.skip("this checkout, or its Python, lies in a folder that only root may enter")
    with tempfile.TemporaryDirectory(prefix="bfdspec-test-") as name:
        folder = Path(name)
        folder.chmod(0o777)
        yield folder


@pytest.mark.root
@needs_setpriv
def test_a_laboratory_needs_root(shared: Path) -> None:
    done = bfdspec("test", "--target", "frr", "--case", "5880-6.8.4-01", cwd=shared, prefix=AS_NOBODY)
    if "unknown target" in done.stderr:
        pytest.skip("FRR is not installed")
    assert done.returncode == 3
    assert complaint(done).endswith("needs root")


@pytest.mark.root
@needs_setpriv
def test_the_reference_does_not(shared: Path) -> None:
    done = bfdspec("test", "--case", "5880-6.8.4-01", cwd=shared, prefix=AS_NOBODY)
    assert done.returncode == 0, done.stderr
    assert json.loads((shared / "out" / "reference" / "results.json").read_text())["results"][0]["verdict"] == "PASS"


@pytest.mark.root
@needs_setpriv
def test_a_report_folder_of_somebody_else(shared: Path) -> None:
    (shared / "report" / "captures").mkdir(parents=True)
    done = bfdspec("test", "--report", "report", "--case", "5880-6.8.4-01", cwd=shared, prefix=AS_NOBODY)
    assert (done.returncode, complaint(done)) == (2, "report folder report: report is not writable")
