"""`bfdspec lab images`: build the images of the nodes, or list them."""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from topologies import journal
from topologies.errors import LabError
from topologies.images import Image, build, images, provide_base

USAGE, NOT_BUILT, INTERRUPTED = 2, 3, 130


@click.command(name="images")
@click.argument("names", metavar="[NAME...]", nargs=-1)
@click.option("--list", "listing", is_flag=True, help="List the images and build nothing.")
def command(names: tuple[str, ...], listing: bool) -> None:
    """Build the container images of the nodes called NAME, or of all.

    Their Debian bases are pulled; where that cannot be done, mmdebstrap makes them of packages. What has not changed
    since the last time is not built again.

    Exit codes: 0 all are there, 2 usage, 3 something cannot be built, 130 interrupted.
    """
    found = images()
    for name in names:
        if name not in found:
            _refuse(f"no image is called {name!r}; allowed is {', '.join(sorted(found))}", USAGE)
    if os.geteuid() != 0:
        _refuse("containers in network namespaces of the laboratory need root's podman: run it with sudo", NOT_BUILT)
    chosen = [found[name] for name in names or sorted(found)]
    failed = False
    try:
        with _workshop() as folder:
            if listing:
                _print_list(chosen, folder)
                return
            for image in chosen:
                failed |= not _provide(image, folder)
    except LabError as error:
        _refuse(str(error), NOT_BUILT)
    except KeyboardInterrupt:
        _refuse("interrupted", INTERRUPTED)
    if failed:
        sys.exit(NOT_BUILT)


def _provide(image: Image, folder: Path) -> bool:
    """Build an image, with its base. Says what happens, and returns whether it is there now."""
    from topologies.podman_service import connected  # noqa: PLC0415 - podman-py takes time to load

    def say(line: str) -> None:
        click.echo(f"{image.name}: {_shortened(line)}")

    began = time.monotonic()
    try:
        with connected(folder) as client:
            provide_base(client, image, say)
            build(client, image, say)
    except LabError as error:
        click.echo(f"bfdspec lab images: {image.name}: {error}", err=True)
        return False
    say(f"there as {image.tag} after {time.monotonic() - began:.1f} s")
    return True


@contextmanager
def _workshop() -> Iterator[Path]:
    """A folder for the service's socket and for what is on its way into an image, which `bfdspec lab gc` finds when
    this process is killed."""
    from topologies.podman_service import end  # noqa: PLC0415 - as below
    from topologies.reservation import clear, own_entry, reserve  # noqa: PLC0415 - netlink is there on Linux only

    runtime = journal.runtime_folder()
    run_id = f"images-{os.getpid()}"
    entry = own_entry(run_id, (), Path(tempfile.gettempdir()) / f"bfdspec-{run_id}")
    reserve(entry, runtime)
    entry.folder.mkdir(mode=0o700)
    try:
        yield entry.folder
    finally:
        end(entry.folder)
        clear(entry, runtime)


def _print_list(chosen: list[Image], folder: Path) -> None:
    from topologies.podman_service import connected  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False)
    for column in ("image", "base", "packages", "there"):
        table.add_column(column, overflow="fold")
    with connected(folder) as client:
        for image in chosen:
            there = "yes" if client.images.exists(image.tag) else "no"
            table.add_row(image.name, image.base, image.arguments.get("PACKAGES", ""), there)
    Console().print(table)


def _shortened(line: str, width: int = 100) -> str:
    line = " ".join(line.split())
    return line if len(line) <= width else f"{line[: width - 3]}..."


def _refuse(problem: str, code: int) -> None:
    click.echo(f"bfdspec lab images: {problem}", err=True)
    raise SystemExit(code)
