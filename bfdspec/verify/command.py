"""`bfdspec verify`: what captures say about the speakers in them, requirement by requirement."""

import gc
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path

import click
from rich.console import Console

from bfdspec.refusal import INTERRUPTED, Refusal
from bfdspec.verify.ahead import ahead
from bfdspec.verify.engines import ENGINES, Source
from bfdspec.verify.packets import csv_writer
from bfdspec.verify.testimony import Testimony
from captures.checks import CHECKS
from captures.digests import KeysError, read_keys
from captures.fold import Fold
from captures.read import CaptureError
from conformance.interruption import termination_unwinds
from refimpl import __version__
from reports.verification import CheckInfo, Verification
from reports.verification_terminal import print_verification
from reports.whole import replace

FOUND = 1

_RFCS = sorted({check.requirement.split("-")[0] for check in CHECKS})
_WRITERS = {
    "data": ("reports.document", "save"),
    "page": ("reports.kinds", "write_page"),
    "junit": ("reports.junit", "write"),
}
"""Who writes what; imported when it is asked for, because a look at a capture should not have to wait for templates."""


def _file(*names: str, help: str) -> Callable[[Callable[..., None]], Callable[..., None]]:  # noqa: A002 - click's word
    return click.option(*names, type=click.Path(dir_okay=False, path_type=Path), help=help)


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--engine", type=click.Choice(list(ENGINES)), default=next(iter(ENGINES)), show_default=True, help="Who reads."
)
@click.option("--rfc", type=click.Choice(_RFCS), help="Only the requirements of this RFC.")
@click.option("--jobs", type=click.IntRange(1), help="Processes that judge.  [default: one per core]")
@_file("--auth-keys", "keys_file", help="YAML with type and keys, as under auth in the configuration of refbfd.")
@_file("--json", "data", help="All that was found, for programs.")
@_file("--html", "page", help="A page for people: states, intervals, packets, findings.")
@_file("--junit", help="For CI servers: a test case per speaker and requirement.")
@_file("--csv", "table", help="All packets, a line each.")
@termination_unwinds()
def verify(
    files: tuple[Path, ...],
    engine: str,
    rfc: str | None,
    jobs: int | None,
    keys_file: Path | None,
    table: Path | None,
    **written: Path | None,
) -> None:
    """Check the BFD packets of capture FILEs, pcap or pcapng, against the RFCs.

    Each speaker is judged by its own packets and by those that it was sent. What a capture cannot decide is "·".

    Exit codes: 0 nothing breaks a MUST, 1 something does, 2 a file that cannot be read or written, 130 interrupted.
    """
    checks = [check for check in CHECKS if rfc in (None, check.requirement.split("-")[0])]
    started, clock = datetime.now(UTC), time.monotonic_ns()
    try:
        keys = None if keys_file is None else read_keys(keys_file)
        testimony = Testimony(checks, jobs or 0)
        _read(files, lambda path: ENGINES[engine](path, keys), testimony, table)
        run = Verification(
            generator=f"bfdspec {__version__}",
            command=shlex.join(["bfdspec", *sys.argv[1:]]),
            engine=engine,
            started=started,
            duration_us=(time.monotonic_ns() - clock) // 1000,
            files=testimony.files,
            checks=[CheckInfo(id=each.requirement, clause=each.clause, level=each.level) for each in checks],
            conversations=testimony.conversations,
            judged=testimony.judged,
            findings=testimony.findings,
        )
        for name, (module, function) in _WRITERS.items():
            if (path := written[name]) is not None:
                replace(path, partial(getattr(import_module(module), function), run))
    except (CaptureError, KeysError, OSError) as error:
        raise Refusal(str(error)) from error
    except KeyboardInterrupt:
        raise Refusal("interrupted", INTERRUPTED) from None
    print_verification(run, Console(highlight=False))
    if run.broken("MUST"):
        raise SystemExit(FOUND)


def _read(files: Sequence[Path], read: Callable[[Path], Source], testimony: Testimony, table: Path | None) -> None:
    """Read and judge file after file. Raises CaptureError, OSError."""
    console = Console(stderr=True)
    with ExitStack() as stack:
        gc.disable()  # all that is read is kept: there is nothing to collect, and looking for it takes its time
        stack.callback(gc.enable)
        write = stack.enter_context(csv_writer(table)) if table is not None else None
        status = stack.enter_context(console.status("")) if console.is_terminal else None
        for path in files:
            if status is not None:
                status.update(f"{path}: reading")
            source = read(path)
            folded = Fold()
            for chunk in ahead(source):
                folded.add(chunk)
                if write is not None:
                    write(path, chunk)
            testimony.add(str(path), folded.conversations, source.warning)
