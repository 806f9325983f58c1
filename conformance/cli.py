"""`bfdspec test`: choose target and cases, start what has to be started, run pytest, end with a table and an exit
code."""

import contextlib
import difflib
import io
import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import click
import pytest
from rich.console import Console
from rich.table import Table

import conformance
from conformance import inventory
from conformance.bench.cases import Case
from conformance.catalogue import Catalogue
from conformance.expectations import ExpectationError
from conformance.interruption import termination_unwinds
from conformance.refusal import INTERRUPTED, Refusal, load_suite
from conformance.selection import Selection
from conformance.targets.registry import REFERENCE, absence, is_device, known_deviations, names
from reports.model import Run
from reports.terminal import print_run
from reports.write import WRITERS
from topologies.launch import DRIVERS
from topologies.node import NodeError
from topologies.nodes import release

AS_EXPECTED, UNEXPECTED, NO_LAB = 0, 1, 3

JOBS_PER_CORE = 10
"""A case on the real clock mostly waits; more jobs than this per core make the tester late."""

HELP = """Judge TARGET by the cases of the suite.

TARGET is the built-in reference (virtual clock, no root), a daemon that is started in network namespaces (real clock,
root; --driver says whether its programs are those of this machine and its root trees, or of a container image), or the
YAML file of a device that is there already, such as a router on the bench (real clock, root, one case at a time;
docs/device.md). Options that are not listed here go to pytest: -k, -x, --lf, -v ...

Exit codes: 0 all verdicts as expected, 1 a verdict that is not among the target's known deviations, 2 usage or
configuration, 3 the laboratory or the target did not come up, 130 interrupted.
"""


@click.command(name="test", help=HELP, context_settings={"ignore_unknown_options": True})
@click.option("--target", default=REFERENCE, show_default=True, help="Who is tested.")
@click.option("--driver", type=click.Choice(DRIVERS), help="Where a daemon's programs are. Default: netns.")
@click.option("--clock", type=click.Choice(["virtual", "real"]), help="Default: what the target has.")
@click.option("--rfc", metavar="N", help="Only cases of this RFC.")
@click.option("--section", metavar="S", help="Only cases of this section and those below it.")
@click.option("--case", "cases", metavar="ID", multiple=True, help="Only this case; may be repeated.")
@click.option("--level", type=click.Choice(["must", "should", "may"]), help="Only cases that judge this level.")
@click.option(
    "--jobs",
    type=click.IntRange(0, 200),
    help="Cases at once. Default: 10 per core on the real clock (fewer where the daemon is busy), else 0.",
)
@click.option("--seed", type=click.IntRange(0), help="Seed of everything random. Default: drawn, and printed.")
@click.option("--report", type=click.Path(file_okay=False, path_type=Path), help="Folder. Default: out/NAME.")
@click.option("--allure", type=click.Path(file_okay=False, path_type=Path), help="Folder for Allure results, too.")
@click.option("--list", "listing", is_flag=True, help="List the selected cases and run nothing.")
@click.argument("pytest_args", nargs=-1, type=click.UNPROCESSED)
def command(
    target: str,
    driver: str | None,
    clock: str | None,
    rfc: str | None,
    section: str | None,
    cases: tuple[str, ...],
    level: str | None,
    jobs: int | None,
    seed: int | None,
    report: Path | None,
    allure: Path | None,
    listing: bool,
    pytest_args: tuple[str, ...],
) -> None:
    """See HELP."""
    catalogue, found = load_suite()
    chosen = _select(found, catalogue, Selection(rfc, section, cases, level))
    if listing:
        _print_list(chosen)
        return
    real = _check_target(target, clock)
    device = is_device(target)
    if driver is not None and (device or not real):
        raise Refusal(f"--driver {driver}: target {target} is not started by the laboratory; leave it out")
    name = _find_device(target, jobs) if device else target
    report = report or Path("out") / name
    seed = int.from_bytes(os.urandom(3), "big") if seed is None else seed
    jobs = 0 if device else _jobs(jobs, len(chosen), target if real else "")
    _empty(report)
    if allure is not None:
        _empty_allure(allure)
    click.echo(f"{len(chosen)} cases, target {target}, {'real' if real else 'virtual'} clock, seed {seed}")
    arguments = ["--target", target, "--seed", str(seed), "--report", str(report)]
    for name, value in (("--rfc", rfc), ("--section", section), ("--level", level)):
        arguments += [name, value] if value is not None else []
    arguments += ["--allure", str(allure)] if allure is not None else []
    for case in cases:
        arguments += ["--case", case]
    try:
        with ExitStack() as stack:
            keeper = _Keeper(stack.enter_context(termination_unwinds()))
            if real and not device:
                links = max(case.links for case in chosen)
                arguments += ["--lab", str(_start(stack, target, driver or DRIVERS[0], max(1, jobs), links))]
            keeper.heed_signals()
            _pytest(arguments, jobs, pytest_args, keeper)
    except KeyboardInterrupt:
        raise Refusal("interrupted", INTERRUPTED) from None
    sys.exit(_end(keeper, report))


def _select(found: dict[str, inventory.Runnable], catalogue: Catalogue, selection: Selection) -> list[Case]:
    for wanted in selection.cases:
        if wanted not in found:
            near = ", ".join(difflib.get_close_matches(wanted, found, n=3)) or "see --list"
            raise Refusal(f"unknown case {wanted!r}; did you mean: {near}")
    chosen = [each.case for each in found.values() if selection.includes(each.case, catalogue)]
    if not chosen:
        raise Refusal("no case is selected by --rfc, --section, --case and --level together; see --list")
    return chosen


def _check_target(target: str, clock: str | None) -> bool:
    """Is it one, and does it have the clock? Returns True for the real clock."""
    if target != REFERENCE and not is_device(target) and target not in names():
        if why := absence(target):
            raise Refusal(why)
        raise Refusal(f"unknown target {target!r}; there are: {', '.join(names())}, or the .yaml file of a device")
    own = "virtual" if target == REFERENCE else "real"
    if clock not in (None, own):
        other = "use --target refbfd for the reference on a real link" if own == "virtual" else "leave out --clock"
        raise Refusal(f"target {target} runs on the {own} clock only; {other}")
    try:
        known_deviations(target)
    except (ExpectationError, NodeError) as error:
        raise Refusal(str(error)) from error
    return own == "real"


def _find_device(target: str, jobs: int | None) -> str:
    """The name of a device that is there: the link is looked at, and the device's MAC address asked for, before any
    case begins."""
    from conformance.targets.device import DeviceTarget  # noqa: PLC0415 - only the real clock needs netlink
    from topologies.errors import LabError  # noqa: PLC0415

    if jobs is not None and jobs > 1:
        raise Refusal(f"--jobs {jobs}: a device has one link, so that one case runs at a time; allowed are 0 and 1")
    try:
        with contextlib.closing(DeviceTarget(Path(target))) as found:
            return found.name
    except (LabError, OSError) as error:
        raise Refusal(str(error), NO_LAB) from error


def _jobs(jobs: int | None, cases: int, daemon: str) -> int:
    """`daemon` is the release under test, "" where there is none."""
    if jobs is None:
        per_core = min(JOBS_PER_CORE, release(daemon).sessions_per_core or JOBS_PER_CORE) if daemon else 0
        jobs = per_core * (os.cpu_count() or 1)
    return min(jobs, cases) if cases > 1 else 0


def _empty(report: Path) -> None:
    """Nothing of an earlier run may be taken for this one's. What is not a run's file stays, whatever the folder is."""
    captures = report / "captures"
    try:
        captures.mkdir(parents=True, exist_ok=True)
        for old in [report / name for name in WRITERS] + list(captures.glob("*.pcapng")):
            old.unlink(missing_ok=True)
    except OSError as error:
        raise Refusal(f"report folder {report}: {error.strerror}: {error.filename}") from error
    for folder in (report, captures):
        if not os.access(folder, os.W_OK | os.X_OK):
            raise Refusal(f"report folder {report}: {folder} is not writable")


def _empty_allure(folder: Path) -> None:
    from reports.allure import empty  # noqa: PLC0415 - only those who ask for it wait for its import

    try:
        empty(folder)
    except OSError as error:
        raise Refusal(f"Allure folder {folder}: {error.strerror}: {error.filename}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Refusal(f"Allure folder {folder} is not writable")


def _start(stack: ExitStack, target: str, driver: str, slots: int, links_per_slot: int) -> Path:
    from conformance.targets.lab import running  # noqa: PLC0415 - only the real clock needs netlink
    from topologies.errors import LabError  # noqa: PLC0415

    if os.geteuid() != 0:
        raise Refusal(f"target {target} is started in network namespaces of its own, which needs root", NO_LAB)
    try:
        run_id = f"{target.replace('.', '-')}-{os.getpid()}"
        return stack.enter_context(running(target, run_id, slots, links_per_slot, driver=driver))
    except (LabError, NodeError) as error:
        raise Refusal(str(error), NO_LAB) from error


def _pytest(arguments: list[str], jobs: int, pytest_args: tuple[str, ...], keeper: "_Keeper") -> None:
    root = Path(conformance.__file__).parent.parent
    # Plugins that happen to be installed cost start-up time and may change what a run does; -p brings one back.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    options = ["-c", str(root / "conformance" / "pytest.ini"), "--rootdir", str(root), "--confcutdir", str(root)]
    # What --lf remembers belongs to whoever runs the suite, not to wherever it is installed.
    options += ["-o", f"cache_dir={Path.cwd() / '.pytest_cache'}"]
    options += ["-q", "--no-header", "--no-summary"]
    options += ["-p", "xdist.plugin", "-n", str(jobs), "--dist", "load", "--maxschedchunk", "1"] if jobs else []
    with contextlib.redirect_stderr(io.StringIO()) as said:
        keeper.code = pytest.main(
            [*options, *arguments, *map(str, inventory.case_folders()), *pytest_args], plugins=[keeper]
        )
    if keeper.code == pytest.ExitCode.USAGE_ERROR:
        raise Refusal(f"pytest: {_complaint(said.getvalue())}")
    click.echo(said.getvalue(), err=True, nl=False)


class _Keeper:
    """Keeps how a pytest session ended: the run that the plugin made of it, and what pytest alone knows."""

    run: Run | None = None
    code = int(pytest.ExitCode.INTERNAL_ERROR)
    interrupted = False
    listed = False

    def __init__(self, signals: Sequence[int]) -> None:
        self._signals = signals
        self.without_verdict: dict[str, str] = {}

    def heed_signals(self) -> None:
        """End the run if a signal came whose exception got lost on its way."""
        if self._signals:
            raise KeyboardInterrupt

    def pytest_runtest_logfinish(self) -> None:
        self.heed_signals()

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        # With -x, xdist ends a session by an exception derived from KeyboardInterrupt, and the same exit code.
        self.interrupted = excinfo.type is KeyboardInterrupt

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        suite = config.pluginmanager.get_plugin("bfdspec-suite")
        self.run = getattr(suite, "run", None)
        self.without_verdict = getattr(suite, "without_verdict", {})
        self.listed = config.option.collectonly


def _complaint(said: str) -> str:
    """The one line that matters of what pytest says about its usage."""
    lines = [line.removeprefix("ERROR: ").strip() for line in said.splitlines() if line.strip()]
    return next((line.split(" error: ", 1)[1] for line in lines if " error: " in line), lines[0] if lines else "usage")


def _end(keeper: _Keeper, report: Path) -> int:
    run = keeper.run
    if run is not None:
        print_run(run, Console())
        click.echo(f"report: {report / 'report.html'}")
    for place, why in keeper.without_verdict.items():
        click.echo(f"Error: {place} ended without a verdict: {why}", err=True)
    if keeper.interrupted:
        return INTERRUPTED
    if run is None and not keeper.without_verdict and not keeper.listed:
        raise Refusal("no case was left to run")
    as_expected = keeper.code == pytest.ExitCode.OK and not (run is not None and run.unexpected())
    return AS_EXPECTED if as_expected else UNEXPECTED


def _print_list(cases: list[Case]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("case", "judges", "title"):
        table.add_column(column, overflow="fold")
    for case in cases:
        table.add_row(case.id, " ".join(case.judges), case.title)
    Console().print(table)
    click.echo(f"{len(cases)} cases")
