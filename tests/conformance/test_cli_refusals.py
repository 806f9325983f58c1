"""`bfdspec test` before anything runs: what it lists, and what it refuses, in one line and with an exit code."""

import os
import re
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bfdspec.cli import main
from conformance import cli, inventory


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own, for out/ goes into the current one."""
    monkeypatch.chdir(tmp_path)


def bfdspec(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["test", *arguments])


def refusal(*arguments: str) -> str:
    """The one line that says what is wrong; click's own complaints repeat the usage above it."""
    done = bfdspec(*arguments)
    assert done.exit_code == 2
    assert isinstance(done.exception, SystemExit), "an exception got out"
    assert not Path("out").exists()
    (line,) = [line for line in done.output.splitlines() if line.startswith("Error: ")]
    return line.removeprefix("Error: ")


def test_list_names_every_case_and_runs_none() -> None:
    done = bfdspec("--list")
    assert done.exit_code == 0
    assert set(re.findall(r"^\d{4}-[\d.]+-\d+", done.output, re.MULTILINE)) == set(inventory.collect())
    assert done.output.strip().endswith(f"{len(inventory.collect())} cases")
    assert not Path("out").exists()


def test_list_says_what_a_case_judges() -> None:
    done = bfdspec("--list", "--case", "5880-6.8.6-04")
    assert "5880-6.8.6-r04" in done.output
    assert "A packet with length=23 is discarded" in done.output
    assert done.output.strip().endswith("1 cases")


def test_list_follows_the_selection() -> None:
    done = bfdspec("--list", "--rfc", "5881", "--section", "5")
    listed = set(re.findall(r"^\d{4}-[\d.]+-\d+", done.output, re.MULTILINE))
    assert listed == {id_ for id_ in inventory.collect() if id_.startswith("5881-5-")}


def test_unknown_target() -> None:
    assert refusal("--target", "nosuch").startswith("unknown target 'nosuch'; there are: reference")


def test_a_driver_for_what_the_laboratory_does_not_start() -> None:
    assert refusal("--driver", "podman") == (
        "--driver podman: target reference is not started by the laboratory; leave it out"
    )


def device_file(text: str = "") -> str:
    Path("router.yaml").write_text(
        "name: router\ntester: {interface: nosuch0, ipv4: 192.0.2.1/24}\ntarget: {ipv4: 192.0.2.2}\n"
        f"sessions: [{{peer: 192.0.2.1}}]\n{text}",
        encoding="utf-8",
    )
    return "router.yaml"


def test_a_device_file_that_is_not_there() -> None:
    assert refusal("--target", "router.yaml") == "router.yaml: cannot be read: No such file or directory"


def test_a_device_file_with_a_mistake() -> None:
    said = refusal("--target", device_file("colour: red\n"))
    assert said.startswith("router.yaml: colour: unknown key; allowed are name, ")


def test_expectations_of_a_device_that_are_not_there() -> None:
    said = refusal("--target", device_file("expectations: known/router.yaml\n"))
    assert said == "known/router.yaml: [Errno 2] No such file or directory: 'known/router.yaml'"


def test_a_device_has_no_virtual_clock_and_no_two_jobs() -> None:
    assert refusal("--target", device_file(), "--clock", "virtual").startswith(
        "target router.yaml runs on the real clock"
    )
    assert refusal("--target", device_file(), "--jobs", "2").startswith("--jobs 2: a device has one link")


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="packet sockets need root")
def test_a_device_on_an_interface_that_is_not_there() -> None:
    done = bfdspec("--target", device_file())
    assert (done.exit_code, done.output.splitlines()[-1]) == (cli.NO_LAB, "Error: there is no interface nosuch0")
    assert not Path("out").exists()


def test_unknown_case_with_a_suggestion() -> None:
    assert refusal("--case", "5880-6.8.6-4").startswith("unknown case '5880-6.8.6-4'; did you mean: 5880-6.8.6-")
    assert "5880-6.8.6-04" in refusal("--case", "5880-6.8.6-004")
    assert refusal("--case", "what?") == "unknown case 'what?'; did you mean: see --list"


@pytest.mark.parametrize(
    "options",
    [
        ["--rfc", "5881", "--case", "5880-6.8.6-04"],
        ["--rfc", "5881", "--section", "6.8.6"],
        ["--rfc", "9999"],
        ["--rfc", "5880", "--section", "9", "--level", "may"],
    ],
)
def test_a_selection_that_leaves_nothing(options: list[str]) -> None:
    assert refusal(*options).startswith("no case is selected by --rfc, --section, --case and --level together")


def test_the_reference_has_no_real_clock() -> None:
    said = refusal("--clock", "real")
    assert (
        said == "target reference runs on the virtual clock only; use --target refbfd for the reference on a real link"
    )


@pytest.mark.parametrize(
    ("option", "value"), [("--clock", "lunar"), ("--level", "might"), ("--jobs", "201"), ("--seed", "-1")]
)
def test_a_value_out_of_range(option: str, value: str) -> None:
    assert refusal(option, value).startswith(f"Invalid value for '{option}': ")


@pytest.mark.parametrize("name", ["results.json", "captures/5880-6.8.6-04.pcapng"])
def test_something_in_the_way_of_the_report(tmp_path: Path, name: str) -> None:
    (tmp_path / "report" / name).mkdir(parents=True)
    said = refusal("--report", "report")
    assert said == f"report folder report: Is a directory: report/{name}"


def test_a_file_in_the_way_of_the_report_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert refusal("--report", "file") == "Invalid value for '--report': Directory 'file' is a file."
    assert refusal("--report", "file/below") == "report folder file/below: Not a directory: file/below/captures"


def test_a_file_in_the_way_of_the_captures(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "captures").touch()
    assert refusal("--report", "report") == "report folder report: File exists: report/captures"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--nosuch"], "pytest: unrecognized arguments: --nosuch"),
        (["-k"], "pytest: argument -k: expected one argument"),
        (["nosuch.py"], "pytest: file or directory not found: nosuch.py"),
        (["-k", "no_such_case"], "no case was left to run"),
    ],
)
def test_what_pytest_refuses(monkeypatch: pytest.MonkeyPatch, options: list[str], said: str) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # the command sets it for good
    assert refusal("--report", "report", *options) == said
    assert not Path("report/results.json").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_whose_exception_got_lost_still_ends_the_run(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """Python drops what a signal raises while it forks, and a laboratory that comes up forks a lot."""

    def losing(*_arguments: object, **_options: object) -> Path:
        with suppress(KeyboardInterrupt):
            signal.raise_signal(number)
        return Path("lab.json")

    monkeypatch.setattr(cli, "_check_target", lambda target, clock: True)
    monkeypatch.setattr(cli, "_start", losing)
    monkeypatch.setattr(cli, "_pytest", lambda *_arguments: pytest.fail("the run went on"))
    before = signal.getsignal(number)
    done = bfdspec("--target", "refbfd", "--report", "report")
    assert (done.exit_code, done.output.splitlines()[-1]) == (cli.INTERRUPTED, "Error: interrupted")
    assert signal.getsignal(number) is before
