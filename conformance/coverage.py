"""`bfdspec requirements`: which requirement is judged by which cases, and which by none."""

import json
from dataclasses import dataclass

import click
from rich.console import Console
from rich.table import Table

from conformance import inventory
from conformance.catalogue import Catalogue, CatalogueError, Requirement, load_catalogue


@dataclass(frozen=True, slots=True)
class Coverage:
    """A requirement and the ids of the cases that judge it."""

    requirement: Requirement
    cases: tuple[str, ...]

    @property
    def uncovered(self) -> bool:
        """It could be seen on the wire, and no case looks."""
        return "wire" in self.requirement.observable and not self.cases


def coverage(catalogue: Catalogue, cases: dict[str, inventory.Runnable]) -> list[Coverage]:
    """Every requirement in the order of the RFCs."""
    judged: dict[str, list[str]] = {}
    for runnable in cases.values():
        for requirement in runnable.case.judges:
            judged.setdefault(requirement, []).append(runnable.case.id)
    return [Coverage(each, tuple(judged.get(each.id, ()))) for each in catalogue.requirements.values()]


@click.command(name="requirements")
@click.option("--rfc", metavar="N", help="Only requirements of this RFC.")
@click.option("--uncovered", is_flag=True, help="Only what could be seen on the wire and has no case.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def command(rfc: str | None, uncovered: bool, form: str) -> None:
    """Show the requirement catalogue with the cases that judge each requirement."""
    try:
        catalogue, cases = load_catalogue(), inventory.collect()
        inventory.check(cases, catalogue)
    except (CatalogueError, inventory.InventoryError) as error:
        raise click.UsageError(str(error)) from error
    everything = [each for each in coverage(catalogue, cases) if rfc in (None, each.requirement.id.split("-")[0])]
    if not everything:
        raise click.UsageError(f"no requirement of RFC {rfc} in the catalogue")
    shown = [each for each in everything if each.uncovered or not uncovered]
    if form == "json":
        click.echo(json.dumps([each.requirement.model_dump() | {"cases": each.cases} for each in shown], indent=1))
        return
    _print(shown)
    observable = [each for each in everything if "wire" in each.requirement.observable]
    covered = sum(1 for each in observable if each.cases)
    click.echo(
        f"{len(everything)} requirements, {len(observable)} observable on the wire, {covered} of them with a case"
    )


def _print(shown: list[Coverage]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("requirement", "level", "summary", "cases"):
        table.add_column(column, overflow="fold", no_wrap=column in ("requirement", "level"))
    for each in shown:
        requirement = each.requirement
        unseen = f"({requirement.observable[0]}: {requirement.reason})" if requirement.reason else "none"
        table.add_row(requirement.id, requirement.level, requirement.summary, " ".join(each.cases) or unseen)
    Console().print(table)
