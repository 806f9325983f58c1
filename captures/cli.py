"""`bfdspec verify`: what a capture says about the speakers in it, requirement by requirement."""

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.table import Table

from captures.findings import Finding, Outcome, Ruling, in_frames
from captures.fold import fold
from captures.handshake import STATE_NAMES, Handshake, handshake_seen
from captures.judging import judge
from captures.read import CaptureError, Reading, read_pyshark, read_tshark
from captures.rows import Row
from captures.table import from_packets

FOUND, USAGE = 1, 2

ENGINES: Mapping[str, Callable[[Path], Reading]] = {"tshark": read_tshark, "pyshark": read_pyshark}

_SHOWN = 8
"""Changes of state of one session that are told."""

_GLYPHS = {Ruling.CONFIRMED: "[green]✓[/]", Ruling.VIOLATED: "[red]✗[/]", Ruling.NOT_APPLICABLE: "·"}


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--engine", type=click.Choice(list(ENGINES)), default="tshark", show_default=True, help="Who dissects.")
@click.option("--csv", "table", type=click.Path(dir_okay=False, path_type=Path), help="All packets, a line each.")
def verify(files: tuple[Path, ...], engine: str, table: Path | None) -> None:
    """Check the BFD packets of capture FILEs, pcap or pcapng, against the RFCs.

    For each speaker: version, length and padding, flags, discriminators, ports, TTL, the three-way handshake. What a
    capture cannot decide is shown as "·".

    Exit codes: 0 nothing breaks a requirement, 1 something does, 2 a file that cannot be read or written.
    """
    console = Console(highlight=False)
    found, rows = False, []
    for file in files:
        try:
            reading = ENGINES[engine](file)
        except CaptureError as error:
            raise _refusal(str(error)) from error
        rows += [(file, row) for row in reading.rows]
        found |= _show(file, reading, console)
    if table is not None:
        try:
            _write(table, rows)
        except OSError as error:
            raise _refusal(f"{table}: {error.strerror}") from error
    if found:
        raise SystemExit(FOUND)


def _show(file: Path, reading: Reading, console: Console) -> bool:
    """Print what the file says; whether a requirement is broken."""
    speakers = list(dict.fromkeys(row.source for row in (*reading.rows, *reading.undecoded)))
    packets = len(reading.rows) + len(reading.undecoded)
    console.print(f"[bold]{file}[/]: {packets} BFD packets of {len(speakers)} speakers")
    if reading.warning:
        console.print(f"read in part only: {reading.warning}", style="yellow")
    if not speakers:
        return False
    outcomes = {speaker: judge(reading.rows, speaker, reading.undecoded) for speaker in speakers}
    console.print(_table(outcomes))
    for handshake in handshake_seen(fold([from_packets(reading.rows)])):
        console.print(_words(handshake))
    for speaker, judged in outcomes.items():
        for outcome in judged:
            for finding in outcome.findings:
                console.print(_complaint(speaker, finding), style="red")
            for note in outcome.notes:
                console.print(f"{speaker}: {outcome.check}: {note}")
    console.print()
    return any(outcome.ruling is Ruling.VIOLATED for judged in outcomes.values() for outcome in judged)


def _table(outcomes: Mapping[str, list[Outcome]]) -> Table:
    """A line for each check, a column for each speaker with the number of packets that could have broken it."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("requirement", no_wrap=True)
    table.add_column("what it asks")
    for speaker in outcomes:
        table.add_column(speaker, justify="right", overflow="fold")
    for judged in zip(*outcomes.values(), strict=True):
        first = judged[0]
        cells = [f"{outcome.examined or ''} {_GLYPHS[outcome.ruling]}" for outcome in judged]
        table.add_row(first.check, first.clause, *cells)
    return table


def _words(handshake: Handshake) -> str:
    one, other = handshake.sides
    ends = " and ".join(f"{side.address} ({side.discriminator:#010x})" for side in (one, other))
    steps = sorted((change.frame, side.address, change.state) for side in (one, other) for change in side.changes)
    shown = ", ".join(f"{address} {STATE_NAMES[state]} in frame {frame}" for frame, address, state in steps[:_SHOWN])
    more = f" and {len(steps) - _SHOWN} more" if len(steps) > _SHOWN else ""
    outcome = "three-way handshake complete" if handshake.complete else "no whole handshake"
    return f"session {ends}: {outcome}: {shown}{more}"


def _complaint(speaker: str, finding: Finding) -> str:
    return (
        f"{speaker}: {finding.check} ({finding.level}) {finding.clause}: expected {finding.expected}, "
        f"seen {finding.seen}, {in_frames(finding.where)}"
    )


def _write(path: Path, rows: Iterable[tuple[Path, Row]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, ["file", *(field.name for field in fields(Row))])
        writer.writeheader()
        writer.writerows({"file": str(file), **asdict(row)} for file, row in rows)


def _refusal(message: str) -> click.ClickException:
    refusal = click.ClickException(message)
    refusal.exit_code = USAGE  # type: ignore[misc]  # click declares it on the class
    return refusal
