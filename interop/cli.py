"""`bfdspec interop`: which pairs, which scenarios, and what becomes of them."""

import os
import shlex
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from conformance.interruption import termination_unwinds
from interop import expectations
from interop.expectations import ExpectationError
from interop.scenarios import SCENARIOS
from refimpl import __version__
from reports import interop, interop_terminal
from reports.document import save
from reports.interop import Interop, Party, ScenarioInfo
from reports.kinds import write_page
from reports.whole import replace
from topologies import nodes
from topologies.trees import tree

AS_EXPECTED, UNEXPECTED, USAGE, NO_LAB, INTERRUPTED = 0, 1, 2, 3, 130

JOBS_PER_CORE = 3
"""Pairs mostly wait; more at once make timing noisy."""

HELP = """Let implementations meet: pairs of releases through scenarios, judged by captures at both ends.

Without --with, all pairs of the releases whose programs are there; with one, its pairs with all others; with several,
the pairs among them (twice the same name: with itself). What is known to fail (interop/expectations.yaml) does not make
the run fail.

Exit codes: 0 all verdicts as expected, 1 a failure that is not known, 2 usage or configuration, 3 a laboratory did not
come up, 130 interrupted.
"""


class Refusal(click.ClickException):
    """One line on stderr and an exit code."""

    def __init__(self, message: str, code: int = USAGE) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc]  # click declares it on the class


@click.command(name="interop", help=HELP)
@click.option(
    "--with", "names", metavar="NAME", multiple=True, help="A release that has to take part; may be repeated."
)
@click.option("--driver", default="netns", show_default=True, help="Where implementations run: netns or podman.")
@click.option("--scenario", "scenarios", metavar="ID", multiple=True, help="Only this scenario; may be repeated.")
@click.option("--jobs", type=click.IntRange(1, 100), help="Pairs at once. Default: 3 per core.")
@click.option(
    "--calm",
    type=click.FloatRange(2, 86_400),
    default=5,
    show_default=True,
    metavar="SECONDS",
    help="How long a session is watched that nobody disturbs; 600 at night.",
)
@click.option(
    "--report",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("out/interop"),
    show_default=True,
    help="Folder for the page, the JSON and the captures.",
)
@click.option("--list", "listing", is_flag=True, help="List releases and scenarios, and run nothing.")
def command(
    names: tuple[str, ...],
    driver: str,
    scenarios: tuple[str, ...],
    jobs: int | None,
    calm: float,
    report: Path,
    listing: bool,
) -> None:
    """See HELP."""
    if listing:
        _print_list()
        return
    chosen = _scenarios(scenarios)
    pairs = pairs_of(names)
    try:
        known = expectations.load()
    except ExpectationError as error:
        raise Refusal(str(error)) from error
    _check_place(driver)
    _empty(report)
    sys.exit(_run(pairs, chosen, known, driver, jobs or JOBS_PER_CORE * (os.cpu_count() or 1), calm, report))


def _run(
    pairs: Sequence[tuple[str, str]],
    scenarios: Sequence[str],
    known: Sequence[expectations.KnownFailure],
    driver: str,
    jobs: int,
    calm: float,
    report: Path,
) -> int:
    from interop.crew import work_through  # noqa: PLC0415 - netlink is there on Linux only, and takes time to load
    from interop.pair import Assignment, Findings  # noqa: PLC0415
    from topologies.errors import LabError  # noqa: PLC0415

    started, begun = datetime.now(UTC), time.monotonic_ns()
    assignments = [
        Assignment(pair, tuple(scenarios), driver, report, f"interop-{os.getpid()}-{number}", calm)
        for number, pair in enumerate(pairs)
    ]
    click.echo(f"{len(pairs)} pairs, {len(scenarios)} scenarios, {driver}, {jobs} at a time")
    found: dict[tuple[str, str], Findings] = {}
    troubles: list[str] = []
    interrupted = False
    playing: dict[tuple[str, str], str] = {}
    console = Console()
    try:
        with (
            termination_unwinds() as signals,
            closing(work_through(assignments, known, jobs)) as reports,
            console.status("laboratories come up") as status,  # shown at a terminal only
        ):
            for assignment, said in reports:
                if signals:
                    raise KeyboardInterrupt
                if isinstance(said, Findings):
                    found[assignment.pair] = said
                    playing.pop(assignment.pair, None)
                    click.echo(interop_terminal.progress(assignment.pair, said.meetings, len(found), len(pairs)))
                else:
                    playing[assignment.pair] = said
                words = ", ".join(f"{' x '.join(pair)}: {scenario}" for pair, scenario in playing.items())
                status.update(words[: console.width - 4])
    except KeyboardInterrupt:
        interrupted = True
        troubles.append("interrupted: pairs that were not done are missing")
    except LabError as error:
        troubles.append(str(error))
    run = Interop(
        generator=f"bfdspec {__version__}",
        command=shlex.join(["bfdspec", *sys.argv[1:]]),
        driver=driver,
        started=started,
        duration_us=(time.monotonic_ns() - begun) // 1000,
        parties=_parties([found[pair].parties for pair in pairs if pair in found]),
        scenarios=[_info(name) for name in scenarios],
        meetings=[meeting for pair in pairs if pair in found for meeting in found[pair].meetings],
        troubles=troubles + [f"{' and '.join(pair)}: {each.trouble}" for pair, each in found.items() if each.trouble],
    )
    try:
        replace(report / interop.DATA, lambda path: save(run, path))
        replace(report / interop.PAGE, lambda path: write_page(run, path))
    except OSError as error:
        raise Refusal(str(error)) from error
    interop_terminal.print_interop(run, console)
    click.echo(f"report: {report / interop.PAGE}")
    if interrupted:
        return INTERRUPTED
    if run.troubles:
        return NO_LAB
    return UNEXPECTED if run.unexpected() else AS_EXPECTED


def _scenarios(chosen: Sequence[str]) -> list[str]:
    for name in chosen:
        if name not in SCENARIOS:
            raise Refusal(f"unknown scenario {name!r}; there are: {', '.join(SCENARIOS)}")
    return [name for name in SCENARIOS if not chosen or name in chosen]


def pairs_of(names: Sequence[str]) -> list[tuple[str, str]]:
    """Who meets whom: everybody there is, somebody with all others, or some among themselves. The one that was asked
    for stands first. Raises Refusal."""
    for name in names:
        if name not in nodes.bfd_speakers():
            raise Refusal(f"unknown release {name!r}; there are: {', '.join(sorted(nodes.bfd_speakers()))}")
    there = nodes.available()
    for name in names:
        if name not in there:
            raise Refusal(f"release {name}: its programs are not there; bfdspec interop --list says what to do", NO_LAB)
    if len(names) > 1:
        return list(dict.fromkeys(combinations(names, 2)))
    pairs = [(names[0], other) for other in there if other != names[0]] if names else list(combinations(there, 2))
    if not pairs:
        raise Refusal("there are no two releases whose programs are there; see --list", NO_LAB)
    return pairs


def _check_place(driver: str) -> None:
    from topologies.launch import DRIVERS  # noqa: PLC0415

    if driver not in DRIVERS:
        raise Refusal(f"unknown driver {driver!r}; there are: {', '.join(DRIVERS)}")
    if os.geteuid() != 0:
        raise Refusal("laboratories are made of network namespaces, which needs root", NO_LAB)


def _empty(report: Path) -> None:
    """Nothing of an earlier run may be taken for this one's."""
    try:
        report.mkdir(parents=True, exist_ok=True)
        for old in [report / interop.DATA, report / interop.PAGE, *report.glob("captures/*/*.pcapng")]:
            old.unlink(missing_ok=True)
    except OSError as error:
        raise Refusal(f"report folder {report}: {error.strerror}: {error.filename}") from error
    if not os.access(report, os.W_OK | os.X_OK):
        raise Refusal(f"report folder {report} is not writable")


def _parties(told: Sequence[Sequence[Party]]) -> list[Party]:
    """Each release once, in the order of appearance; a version that was learnt counts more than none."""
    parties: dict[str, Party] = {}
    for party in (each for parties_of_pair in told for each in parties_of_pair):
        if party.name not in parties or not parties[party.name].version:
            parties[party.name] = party
    return list(parties.values())


def _info(name: str) -> ScenarioInfo:
    scenario = SCENARIOS[name]
    return ScenarioInfo(
        id=name,
        title=scenario.title,
        expects=scenario.expects,
        clause=scenario.clause,
        directed=scenario.directed,
    )


def _print_list() -> None:
    there, console = nodes.available(), Console()
    releases = Table(box=None, pad_edge=False)
    for column in ("release", "there", "description"):
        releases.add_column(column, overflow="fold")
    for name, found in nodes.bfd_speakers().items():
        missing = "" if name in there else f"; {found.missing(tree(found))[0]}"
        releases.add_row(name, "yes" if name in there else "no", f"{found.description}{missing}")
    scenarios = Table(box=None, pad_edge=False)
    for column in ("scenario", "acts", "title"):
        scenarios.add_column(column, overflow="fold")
    for scenario in SCENARIOS.values():
        scenarios.add_row(scenario.id, "either end" if scenario.directed else "both ends", scenario.title)
    console.print(releases)
    console.print()
    console.print(scenarios)
