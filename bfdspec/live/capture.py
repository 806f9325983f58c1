"""`bfdspec capture`: BFD packets of an interface into pcapng files."""

import select
import time
from pathlib import Path

import click

from bfdspec.live.hear import listener
from bfdspec.live.record import Recording
from bfdspec.refusal import Refusal
from conformance.interruption import termination_unwinds

_TICK_S = 0.5


@click.command()
@click.argument("interface")
@click.option(
    "-w",
    "--write",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("bfd.pcapng"),
    show_default=True,
    help="Where to; with --size, a number goes before the suffix.",
)
@click.option(
    "--size",
    type=click.FloatRange(0.001, 100_000),
    metavar="MB",
    help="Go over to another file when one has this size.",
)
@click.option("--files", type=click.IntRange(1), metavar="N", help="Keep the newest N files; needs --size.")
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="End after so long.")
@click.option("--packets", type=click.IntRange(1), help="End after so many.")
def capture(
    interface: str,
    path: Path,
    size: float | None,
    files: int | None,
    seconds: float | None,
    packets: int | None,
) -> None:
    """Record the BFD packets of INTERFACE, until Ctrl-C.

    Control packets (UDP ports 3784, 4784, 6784, 7784, also in VXLAN and Geneve) and Echo packets (3785), as the kernel
    stamps them. Needs root, or CAP_NET_RAW.

    Exit codes: 0 done, 2 bad input or a file that cannot be written, 3 the interface cannot be heard.
    """
    if files and not size:
        raise Refusal("--files: it is about the files of --size, which is missing")
    heard = listener(interface)
    ends = None if seconds is None else time.monotonic() + seconds
    try:
        recording = Recording(path, interface, limit=int((size or 0) * 1_000_000), keep=files or 0)
        click.echo(f"recording BFD on {interface} to {recording.files[-1]}; Ctrl-C ends it", err=True)
        try:
            with termination_unwinds() as signals:
                while not signals and (ends is None or time.monotonic() < ends):
                    left = _TICK_S if ends is None else min(_TICK_S, max(0.0, ends - time.monotonic()))
                    select.select([heard], [], [], left)
                    for frame in heard.read()[0]:
                        recording.write(frame)
                        if recording.frames == packets:
                            return
        except KeyboardInterrupt:
            pass
        finally:
            recording.close()
            _tell(recording, heard.lost())
    except OSError as error:
        raise Refusal(f"{error.filename or interface}: {error.strerror or error}") from error
    finally:
        heard.close()


def _tell(recording: Recording, lost: int) -> None:
    names = ", ".join(map(str, recording.files)) if len(recording.files) <= 3 else f"{len(recording.files)} files"
    click.echo(
        f"{recording.frames} packets in {names}" + (f"; the kernel dropped {lost} frames" if lost else ""), err=True
    )
