"""`bfdspec verify`: what captures say about the speakers in them, requirement by requirement."""

import gc
from collections.abc import Callable
from pathlib import Path

import click

from bfdspec.refusal import INTERRUPTED, Refusal
from bfdspec.verify.engines import ENGINES, begin
from captures.checks import CHECKS
from captures.digests import KeysError, read_keys
from captures.read import CaptureError
from conformance.interruption import termination_unwinds

FOUND = 1

_RFCS = sorted({check.requirement.split("-")[0] for check in CHECKS})


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
    **wanted: Path | None,
) -> None:
    """Check the BFD packets of capture FILEs, pcap or pcapng, against the RFCs.

    Each speaker is judged by its own packets and by those that it was sent. What a capture cannot decide is "·".
    A file that is written may be "-", standard output; the words for people go to standard error then.

    Exit codes: 0 nothing breaks a MUST, 1 something does, 2 a file that cannot be read or written, 130 interrupted.
    """
    checks = [check for check in CHECKS if rfc in (None, check.requirement.split("-")[0])]
    gc.disable()  # all that is read is kept: there is nothing to collect, and looking for it takes its time
    try:
        keys = None if keys_file is None else read_keys(keys_file)
        first = begin(engine, files[0], keys)
        # Loading the rest takes as long as reading many a capture does; so one goes on during the other.
        from bfdspec.verify.run import Run  # noqa: PLC0415

        run = Run(engine, checks, jobs or 0, table=table, **wanted)
        run.read(files, first, lambda path: begin(engine, path, keys))
        broken = run.write()
    except (CaptureError, KeysError, OSError) as error:
        raise Refusal(str(error)) from error
    except KeyboardInterrupt:
        raise Refusal("interrupted", INTERRUPTED) from None
    finally:
        gc.freeze()  # nor is it worth it when the program ends
        gc.enable()
    if broken:
        raise SystemExit(FOUND)
