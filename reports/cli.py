"""`bfdspec report`: what can be made of runs that are over."""

import contextlib
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console

from reports import interop, junit, kill_matrix, kinds, serve
from reports.comparison import compare
from reports.comparison_terminal import print_comparison
from reports.diff import Change, Side, diff
from reports.diff_terminal import print_diff
from reports.document import Document, Made, save
from reports.items import Item
from reports.kinds import LoadError
from reports.model import Run
from reports.whole import console_beside, replace

D = TypeVar("D", bound=Document)

_FILE = click.Path(path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)
_NEW_FAILURES = 1
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
@click.option(
    "--allure", type=click.Path(file_okay=False, path_type=Path), help="Folder for Allure results of a conformance run."
)
def render_command(
    files: tuple[Path, ...],
    html_file: Path | None,
    junit_file: Path | None,
    json_file: Path | None,
    allure: Path | None,
) -> None:
    """Print result FILEs of whatever kind, or write them in other formats.

    Each FILE is a result file, or the folder that it lies in. An option that writes needs a single FILE. Links to
    captures hold where the page lies beside FILE.

    Exit codes: 0 done, 2 a file that cannot be read, is no result (for --allure, of a conformance run), or cannot be
    written.
    """
    wanted: list[tuple[Path | None, Callable[[Document, Path], None]]] = [
        (html_file, kinds.write_page),
        (junit_file, junit.write),
        (json_file, save),
    ]
    outputs = [(path, writer) for path, writer in wanted if path is not None]
    if (outputs or allure) and len(files) > 1:
        raise _Refusal(
            f"{len(files)} FILEs, but --html, --junit, --json and --allure write one; render them one by one"
        )
    if allure is not None:
        _write_allure(_load(Run, files[0]), files[0] if files[0].is_dir() else files[0].parent, allure)
    documents = [_load(Document, file) for file in files]
    for path, writer in outputs:
        _write(path, partial(writer, documents[0]))
    if not outputs and allure is None:
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
    console = console_beside(html_file, json_file)
    print_comparison(compared, console)
    console.print(f"page: {html_file}", markup=False, soft_wrap=True)


@report.command("diff")
@click.argument("old", metavar="A", type=_FILE)
@click.argument("new", metavar="B", type=_FILE)
@click.option("--html", "html_file", type=_OUT, help="Write it as a page.")
@click.option("--json", "json_file", type=_OUT, help="Write it as JSON.")
def diff_command(old: Path, new: Path, html_file: Path | None, json_file: Path | None) -> None:
    """Tell what is not in result B as it was in result A.

    A and B are result files of one kind, or the folders that they lie in: of conformance, interop, a kill matrix ...
    A failure is a FAIL or a WARN, whether it is a known deviation or not. A new one is in B and was not in A, or not
    as grave, or of another requirement.

    Exit codes: 0 no new failure, 1 new failures, 2 a file that cannot be read, is no result or cannot be written, or
    A and B are of different kinds.
    """
    seen_from = html_file or Path("diff.html")
    before, after = _load(Document, old), _load(Document, new)
    if before.kind != after.kind:
        raise _Refusal(f"{old} is of kind {before.kind}, {new} of kind {after.kind}; two of one kind are needed")
    sides = [_side(document, file, seen_from) for document, file in ((before, old), (after, new))]
    found = diff(before.kind, sides[0], sides[1], _made())
    console = console_beside(html_file, json_file)
    print_diff(found, console)
    for path, writer in ((html_file, kinds.write_page), (json_file, save)):
        if path is not None:
            _write(path, partial(writer, found))
            console.print(f"written: {path}", markup=False, soft_wrap=True)
    if found.found(Change.NEW_FAILURE):
        raise SystemExit(_NEW_FAILURES)


@report.command("serve")
@click.argument("folder", default=Path("out"), type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 for any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
def serve_command(folder: Path, port: int, host: str) -> None:
    """Serve the results below FOLDER (default: out) to a browser on this machine.

    The first page lists all result files; each has its page, made by the newest templates. Nothing outside of FOLDER
    is served. Another --host lets others on the network read all of FOLDER.

    Exit codes: 0 ended by Ctrl-C, 2 the address cannot be listened on.
    """
    try:
        server = serve.make(folder, host, port)
    except OSError as error:
        raise _Refusal(f"{host} port {port}: {error.strerror or error}") from error
    with server, contextlib.suppress(KeyboardInterrupt):
        click.echo(f"serving {folder} at {serve.address(server)} until Ctrl-C")
        server.serve_forever()
    click.echo("ended")


def _load(model: type[D], path: Path) -> D:
    """The document at `path`, which may be the folder of one."""
    found = path
    if path.is_dir():
        found = next((path / name for name in _NAMES if (path / name).exists()), path / _NAMES[0])
    try:
        return kinds.load_as(model, found)
    except LoadError as error:
        raise _Refusal(str(error)) from error


def _side(document: Document, file: Path, seen_from: Path) -> tuple[Side, Sequence[Item]]:
    kind = kinds.of(document)
    items = list(kind.items(document))
    side = Side(
        subject=kind.subject(document),
        started=document.started,
        generator=document.generator,
        items=len(items),
        page=_page_of(kind.page_name, file, seen_from),
    )
    return side, items


def _write(path: Path, writer: Callable[[Path], None]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, writer)
    except OSError as error:
        raise _Refusal(str(error)) from error


def _write_allure(run: Run, captures: Path, folder: Path) -> None:
    from reports.allure import empty, write  # noqa: PLC0415 - only those who ask for it wait for its import

    try:
        empty(folder)
        write(run, captures, folder)
    except OSError as error:
        raise _Refusal(str(error)) from error


def _page_of(name: str, file: Path, seen_from: Path) -> str:
    """The page beside a result file, as seen from the folder of `seen_from`; "" where there is none."""
    beside = (file if file.is_dir() else file.parent) / name
    return os.path.relpath(beside, seen_from.parent) if beside.exists() else ""


def _made() -> Made:
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    return Made(generator=f"bfdspec {version('bfdspec')}", command=command, started=datetime.now(UTC))
