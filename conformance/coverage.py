"""`bfdspec requirements`: which requirement is judged by which cases, and which by none."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import click
from rich.console import Console
from rich.table import Table

from conformance import inventory
from conformance.catalogue import Catalogue, CatalogueError, Requirement, load_catalogue
from conformance.refusal import Refusal
from refimpl import __version__
from reports import requirements_html
from reports.model import RfcCoverage
from reports.requirements_html import Line, Section

COVERED, ORPHANS = 0, 1

HELP = """Show the requirement catalogue with the cases that judge each requirement.

With --check: every requirement that can be seen on the wire has a case, every other one a reason, and every case judges
requirements that exist.

Exit codes: 0 fine, 1 orphans (with --check), 2 usage, or a catalogue that cannot be used.
"""


@dataclass(frozen=True, slots=True)
class Coverage:
    """A requirement and the ids of the cases that judge it."""

    requirement: Requirement
    cases: tuple[str, ...]

    @property
    def rfc(self) -> str:
        """The RFC number."""
        return self.requirement.id.split("-")[0]

    @property
    def observable(self) -> bool:
        """A tester, or a capture, can see whether it is followed."""
        return "wire" in self.requirement.observable

    @property
    def uncovered(self) -> bool:
        """It could be seen on the wire, and no case looks."""
        return self.observable and not self.cases


def coverage(catalogue: Catalogue, cases: dict[str, inventory.Runnable]) -> list[Coverage]:
    """Every requirement in the order of the RFCs."""
    judged: dict[str, list[str]] = {}
    for runnable in cases.values():
        for requirement in runnable.case.judges:
            judged.setdefault(requirement, []).append(runnable.case.id)
    return [Coverage(each, tuple(judged.get(each.id, ()))) for each in catalogue.requirements.values()]


def by_rfc(covered: Sequence[Coverage]) -> list[RfcCoverage]:
    """The counts of each RFC, in the order of the catalogue."""
    return [
        RfcCoverage(
            rfc=rfc,
            requirements=sum(each.rfc == rfc for each in covered),
            observable=sum(each.rfc == rfc and each.observable for each in covered),
            covered=sum(each.rfc == rfc and each.observable and bool(each.cases) for each in covered),
        )
        for rfc in dict.fromkeys(each.rfc for each in covered)
    ]


def orphans(catalogue: Catalogue, cases: dict[str, inventory.Runnable]) -> list[str]:
    """What is missing between requirements and cases, a line each."""
    lines = [
        f"case {runnable.case.id} judges {requirement}, which is not in the catalogue"
        for runnable in cases.values()
        for requirement in runnable.case.judges
        if requirement not in catalogue.requirements
    ]
    for each in coverage(catalogue, cases):
        if each.uncovered:
            lines.append(f"{each.requirement.id} has no case: {each.requirement.summary}")
        elif not each.observable and not each.requirement.reason:
            lines.append(f"{each.requirement.id} cannot be seen on the wire, and gives no reason")
    return lines


@click.command(name="requirements", help=HELP)
@click.option("--rfc", metavar="N", help="Only requirements of this RFC.")
@click.option("--uncovered", is_flag=True, help="Only what could be seen on the wire and has no case.")
@click.option("--format", "form", type=click.Choice(["table", "json", "html"]), default="table", show_default=True)
@click.option("--check", "checking", is_flag=True, help="Fail where a requirement or a case is an orphan.")
def command(rfc: str | None, uncovered: bool, form: str, checking: bool) -> None:
    """See HELP."""
    try:
        catalogue, cases = load_catalogue(), inventory.collect()
        if checking:
            _check(catalogue, cases)
        inventory.check(cases, catalogue)
    except (CatalogueError, inventory.InventoryError) as error:
        raise Refusal(str(error)) from error
    everything = [each for each in coverage(catalogue, cases) if rfc in (None, each.rfc)]
    if not everything:
        raise Refusal(f"no requirement of RFC {rfc} in the catalogue")
    shown = [each for each in everything if each.uncovered or not uncovered]
    if form == "json":
        click.echo(json.dumps([each.requirement.model_dump() | {"cases": each.cases} for each in shown], indent=1))
    elif form == "html":
        click.echo(requirements_html.render(_sections(shown, catalogue), by_rfc(everything), f"bfdspec {__version__}"))
    else:
        _print(shown)
        _print_counts(by_rfc(everything))


def _check(catalogue: Catalogue, cases: dict[str, inventory.Runnable]) -> None:
    found = orphans(catalogue, cases)
    for line in found:
        click.echo(line)
    _print_counts(by_rfc(coverage(catalogue, cases)))
    click.echo(f"{len(found)} orphans")
    sys.exit(ORPHANS if found else COVERED)


def _print_counts(counts: Sequence[RfcCoverage]) -> None:
    for each in counts:
        click.echo(
            f"RFC {each.rfc}: {each.requirements} requirements, {each.observable} observable on the wire, "
            f"{each.covered} of them with a case"
        )


def _sections(shown: Sequence[Coverage], catalogue: Catalogue) -> list[Section]:
    """What the page shows, section by section."""
    lines = {
        each.requirement.id: Line(
            id=each.requirement.id,
            level=each.requirement.level,
            summary=each.requirement.summary,
            seen=", ".join(each.requirement.observable) if each.observable else "",
            reason=each.requirement.reason,
            cases=each.cases,
        )
        for each in shown
    }
    sections = (
        Section(
            str(section.rfc),
            section.section,
            section.title,
            tuple(lines[each.id] for each in section.requirements if each.id in lines),
        )
        for section in catalogue.sections.values()
    )
    return [section for section in sections if section.lines]


def _print(shown: list[Coverage]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("requirement", "level", "summary", "cases"):
        table.add_column(column, overflow="fold", no_wrap=column in ("requirement", "level"))
    for each in shown:
        requirement = each.requirement
        unseen = f"({requirement.observable[0]}: {requirement.reason})" if requirement.reason else "none"
        table.add_row(requirement.id, requirement.level, requirement.summary, " ".join(each.cases) or unseen)
    Console().print(table)
