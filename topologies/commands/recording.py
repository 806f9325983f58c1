"""`bfdspec lab capture`: what a node sends and gets, in a pcapng file."""

import contextlib
from pathlib import Path

import click

from topologies.commands.errors import ended_by_sigterm, reported
from topologies.topology import DEFAULT_FILTER


@click.command()
@click.argument("name")
@click.argument("node")
@click.argument("network")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), default=None, metavar="FILE")
@click.option("--filter", "wanted", default=DEFAULT_FILTER, show_default=True, help="As in pcap-filter(7).")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="Largest size, MB.")
@click.option("--seconds", type=click.FloatRange(0), default=None, help="End after so long; default: at Ctrl-C.")
def capture(
    name: str, node: str, network: str, output: Path | None, wanted: str, limit: int, seconds: float | None
) -> None:
    """Record what NODE of the laboratory NAME sees of NETWORK, until Ctrl-C.

    Exit codes: 0 done, 2 bad input, 3 it cannot be recorded.
    """
    file = output or Path(f"{name}-{node}-{network}.pcapng")
    with reported("capture"), ended_by_sigterm():
        from topologies.laboratory import Laboratory  # noqa: PLC0415 - see life.py

        laboratory = Laboratory.attach(name)
        with laboratory.capture(node, network, file.resolve(), wanted=wanted, limit_mb=limit) as sniffer:
            click.echo(f"recording {node} on {network} to {file}", err=True)
            with contextlib.suppress(KeyboardInterrupt):
                sniffer.wait(seconds)
