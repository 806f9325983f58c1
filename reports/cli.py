"""`bfdspec report`: what can be made of runs that are over."""

import os
from functools import partial
from pathlib import Path

import click
from pydantic import ValidationError
from rich import box
from rich.console import Console
from rich.table import Table

from reports import comparison, comparison_html
from reports.comparison import Comparison, compare
from reports.model import Run, Verdict, load
from reports.whole import replace
from reports.words import count

_GENERATOR = "bfdspec report compare"


class _Refusal(click.ClickException):
    """One line on stderr."""

    exit_code = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def report() -> None:
    """Make more of the results of earlier runs."""


@report.command("compare")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("out/comparison.html"),
    show_default=True,
    help="The page to write.",
)
@click.option("--json", "data", type=click.Path(dir_okay=False, path_type=Path), help="The same as JSON.")
def compare_command(runs: tuple[Path, ...], page: Path, data: Path | None) -> None:
    """Lay RUNS side by side, requirement by implementation.

    Each of RUNS is the results.json of a run, or the folder that it lies in. Evidence stays where it is: the page links
    to the reports beside them.

    Exit codes: 0 done, 2 a file that cannot be read, is no result of a run, or cannot be written.
    """
    paths = [path / "results.json" if path.is_dir() else path for path in runs]
    compared = compare([_load(path) for path in paths], [_page_of(path, page) for path in paths], _GENERATOR)
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        replace(page, partial(comparison_html.write, compared))
        if data is not None:
            replace(data, partial(comparison.save, compared))
    except OSError as error:
        raise _Refusal(str(error)) from error
    Console().print(_table(compared))
    differing = sum(row.differs for row in compared.rows)
    click.echo(f"they differ on {differing} of {count(len(compared.rows), 'requirement')}")
    click.echo(f"page: {page}")


def _load(path: Path) -> Run:
    try:
        return load(path)
    except OSError as error:
        raise _Refusal(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "whole file"
        raise _Refusal(f"{path}: {where}: {first['msg']}; a results.json of bfdspec test is needed") from error
    except ValueError as error:  # not UTF-8
        raise _Refusal(f"{path}: {error}; a results.json of bfdspec test is needed") from error


def _page_of(results: Path, page: Path) -> str:
    """The report beside some results, as seen from the folder of `page`."""
    beside = results.with_name("report.html")
    return os.path.relpath(beside, page.parent) if beside.exists() else ""


def _table(compared: Comparison) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("run")
    for verdict in Verdict:
        table.add_column(verdict.removeprefix("PASS_").lower(), justify="right")
    for number, column in enumerate(compared.columns):
        table.add_row(
            f"{column.target} {column.version}", *(str(compared.count(number, verdict) or "") for verdict in Verdict)
        )
    return table
