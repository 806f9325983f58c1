"""`bfdspec deviants`: does the suite catch whoever breaks a requirement?"""

import contextlib
import difflib
import os
import shlex
import sys
import time
from collections.abc import Generator, Sequence
from concurrent.futures import BrokenExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from conformance.catalogue import Catalogue
from conformance.deviants import findings
from conformance.deviants.collection import collect
from conformance.deviants.deviant import Deviant
from conformance.deviants.hunt import SEED, STRANGERS, Trial, hunt
from conformance.interruption import termination_unwinds
from conformance.inventory import Runnable
from conformance.refusal import INTERRUPTED, Refusal, load_suite
from refimpl import __version__
from reports import kill_matrix_terminal
from reports.document import save
from reports.kill_matrix import KillMatrix
from reports.kinds import write_page
from reports.whole import console_beside, replace

CLEAN, FLAWED, NO_HUNT = 0, 1, 3

HELP = """Hunt the deviants: speakers that each break one requirement on purpose.

Each of them meets, on the virtual clock, all cases of its requirement, one of which has to accuse it by that very
requirement: FAIL for a MUST, WARN for a SHOULD. What other cases accuse it of is its blast radius; one in four of them
is tried, or with --thorough all. A hunt for all deviants also finds requirements without a deviant, and cases that
never fail, or fail for everybody.

Exit codes: 0 all deviants caught and nothing else found, 1 findings, 2 usage, 3 a process of the hunt was killed, 130
interrupted.
"""


@click.command(name="deviants", help=HELP)
@click.option(
    "--requirement", "requirements", metavar="ID", multiple=True, help="Only deviants of this one; may be repeated."
)
@click.option("--rfc", metavar="N", help="Only deviants of this RFC's requirements.")
@click.option("--jobs", type=click.IntRange(1, 200), help="Processes at once. Default: one per core.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the kill matrix as a page.")
@click.option("--json", "data", type=click.Path(dir_okay=False, path_type=Path), help="Write the kill matrix as JSON.")
@click.option("--thorough", is_flag=True, help="Every deviant meets every case; takes several minutes.")
@click.option("--list", "listing", is_flag=True, help="List the selected deviants and hunt none.")
def command(
    requirements: tuple[str, ...],
    rfc: str | None,
    jobs: int | None,
    html: Path | None,
    data: Path | None,
    thorough: bool,
    listing: bool,
) -> None:
    """See HELP."""
    catalogue, found = load_suite()
    try:
        everybody = collect()
    except ValueError as error:
        raise Refusal(str(error)) from error
    wanted = _wanted(requirements, rfc, everybody, catalogue)
    deviants = [deviant for deviant in everybody if deviant.breaks in wanted]
    if listing:
        _print_list(deviants, catalogue)
        return
    for path in (html, data):
        if path is not None:
            _make_folder(path.parent)
    strangers = 1 if thorough else STRANGERS
    cases, started, clock = list(found.values()), datetime.now(UTC), time.monotonic_ns()
    try:
        with termination_unwinds() as signals:
            jobs = min(jobs or os.cpu_count() or 1, len(cases))
            trials = _hunt(hunt(deviants, cases, catalogue, jobs=jobs, strangers=strangers), len(cases), signals)
    except KeyboardInterrupt:
        raise Refusal("interrupted", INTERRUPTED) from None
    except BrokenExecutor:
        raise Refusal("a process of the hunt was killed", NO_HUNT) from None
    tally = findings.tallies(deviants, cases, trials)
    complete = len(deviants) == len(everybody)
    found_wrong = [
        *findings.about_deviants(deviants, cases, trials, catalogue),
        *findings.about_requirements(wanted, deviants, cases, catalogue),
        *(findings.about_cases(cases, tally, trials, catalogue) if complete else ()),
    ]
    matrix = KillMatrix(
        generator=f"bfdspec {__version__}",
        command=shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        seed=SEED,
        started=started,
        duration_us=(time.monotonic_ns() - clock) // 1000,
        complete=complete,
        strangers=strangers,
        kills=findings.kills(deviants, trials, catalogue),
        cases=tally,
        findings=found_wrong,
    )
    console = console_beside(html, data)
    kill_matrix_terminal.print_matrix(matrix, console)
    _write(matrix, html, data, console)
    sys.exit(FLAWED if matrix.findings else CLEAN)


def _wanted(
    requirements: Sequence[str], rfc: str | None, deviants: Sequence[Deviant], catalogue: Catalogue
) -> list[str]:
    """Ids of the requirements that the hunt is about: the catalogue's, and those that only a deviant knows."""
    known = list(dict.fromkeys([*catalogue.requirements, *(deviant.breaks for deviant in deviants)]))
    for requirement in requirements:
        if requirement not in known:
            near = ", ".join(difflib.get_close_matches(requirement, known, n=3)) or "see bfdspec requirements"
            raise Refusal(f"unknown requirement {requirement!r}; did you mean: {near}")
    wanted = [each for each in known if each in (requirements or known) and rfc in (None, each.split("-")[0])]
    if not any(deviant.breaks in wanted for deviant in deviants):
        raise Refusal("no deviant is selected by --requirement and --rfc together; see --list")
    return wanted


def _hunt(
    met: Generator[tuple[Runnable, list[Trial]], None, None], number: int, signals: Sequence[int]
) -> dict[str, list[Trial]]:
    """What each of `number` cases said, shown as it comes. Raises KeyboardInterrupt when one of `signals` came."""
    trials: dict[str, list[Trial]] = {}
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(f"deviants meet {number} cases", total=number)
        with contextlib.closing(met):  # at once when interrupted, so that no process is left
            for case, of_case in met:
                if signals:
                    raise KeyboardInterrupt
                trials[case.case.id] = of_case
                progress.advance(task)
    return trials


def _make_folder(folder: Path) -> None:
    """Find out before the hunt whether its result can be kept."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refusal(f"folder {folder}: {error.strerror}: {error.filename}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Refusal(f"folder {folder} is not writable")


def _write(matrix: KillMatrix, html: Path | None, data: Path | None, console: Console) -> None:
    for path, writer in ((data, save), (html, write_page)):
        if path is None:
            continue
        try:
            replace(path, partial(writer, matrix))
        except OSError as error:
            raise Refusal(str(error)) from error
        console.print(f"kill matrix: {path}", markup=False, soft_wrap=True)


def _print_list(deviants: Sequence[Deviant], catalogue: Catalogue) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("breaks", "level", "deviant"):
        table.add_column(column, overflow="fold")
    for deviant in deviants:
        requirement = catalogue.requirements.get(deviant.breaks)
        table.add_row(deviant.breaks, requirement.level if requirement is not None else "unknown", deviant.name)
    Console().print(table)
    click.echo(f"{len(deviants)} deviants")
