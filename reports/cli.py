"""`bfdspec report`: what can be made of runs that are over."""

import os
import shlex
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console

from reports import interop, junit, kill_matrix, kinds
from reports.comparison import compare
from reports.comparison_terminal import print_comparison
from reports.document import Document, Made, save
from reports.kinds import LoadError
from reports.model import Run
from reports.whole import replace

D = TypeVar("D", bound=Document)

_FILE = click.Path(path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)
_NAMES = ("results.json", interop.DATA, kill_matrix.DATA)
"""What a folder is looked for; the first that is there stands for the folder."""


class _Refusal(click.ClickException):
    """One line on stderr."""

    exit_code = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def report() -> None:
    """Make more of the results of earlier runs."""


@report.command("render")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=_FILE)
@click.option("--html", "html_file", type=_OUT, help="Write the page.")
@click.option("--junit", "junit_file", type=_OUT, help="Write JUnit XML.")
@click.option("--json", "json_file", type=_OUT, help="Write the result itself, by the newest schema.")
def render_command(
    files: tuple[Path, ...], html_file: Path | None, junit_file: Path | None, json_file: Path | None
) -> None:
    """Print result FILEs of whatever kind, or write them in other formats.

    Each FILE is a result file, or the folder that it lies in. An option that writes needs a single FILE. Links to
    captures hold where the page lies beside FILE.

    Exit codes: 0 done, 2 a file that cannot be read, is no result, or cannot be written.
    """
    wanted: list[tuple[Path | None, Callable[[Document, Path], None]]] = [
        (html_file, kinds.write_page),
        (junit_file, junit.write),
        (json_file, save),
    ]
    outputs = [(path, writer) for path, writer in wanted if path is not None]
    if outputs and len(files) > 1:
        raise _Refusal(f"{len(files)} FILEs, but --html, --junit and --json write one; render them one by one")
    documents = [_load(Document, file) for file in files]
    for path, writer in outputs:
        _write(path, partial(writer, documents[0]))
    if not outputs:
        for file, document in zip(files, documents, strict=True):
            if len(files) > 1:
                click.echo(f"{file}:")
            kinds.of(document).show(document, Console())


@report.command("compare")
@click.argument("runs", nargs=-1, required=True, type=_FILE)
@click.option(
    "--html",
    "html_file",
    type=_OUT,
    default=Path("out/comparison.html"),
    show_default=True,
    help="The page to write.",
)
@click.option("--json", "json_file", type=_OUT, help="The same as JSON.")
def compare_command(runs: tuple[Path, ...], html_file: Path, json_file: Path | None) -> None:
    """Lay RUNS side by side, requirement by implementation.

    Each of RUNS is the results.json of a run, or the folder that it lies in. Evidence stays where it is: the page links
    to the reports beside them.

    Exit codes: 0 done, 2 a file that cannot be read, is no result of a run, or cannot be written.
    """
    pages = [_page_of("report.html", path, html_file) for path in runs]
    compared = compare([_load(Run, path) for path in runs], pages, _made())
    _write(html_file, partial(kinds.write_page, compared))
    if json_file is not None:
        _write(json_file, partial(save, compared))
    print_comparison(compared, Console())
    click.echo(f"page: {html_file}")


def _load(model: type[D], path: Path) -> D:
    """The document at `path`, which may be the folder of one."""
    found = path
    if path.is_dir():
        found = next((path / name for name in _NAMES if (path / name).exists()), path / _NAMES[0])
    try:
        return kinds.load_as(model, found)
    except LoadError as error:
        raise _Refusal(str(error)) from error


def _write(path: Path, writer: Callable[[Path], None]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, writer)
    except OSError as error:
        raise _Refusal(str(error)) from error


def _page_of(name: str, file: Path, seen_from: Path) -> str:
    """The page beside a result file, as seen from the folder of `seen_from`; "" where there is none."""
    beside = (file if file.is_dir() else file.parent) / name
    return os.path.relpath(beside, seen_from.parent) if beside.exists() else ""


def _made() -> Made:
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    return Made(generator=f"bfdspec {version('bfdspec')}", command=command, started=datetime.now(UTC))
