"""`bfdspec lab graph`: a picture of a topology, up or not."""

from pathlib import Path

import click

from topologies.blueprint import draw
from topologies.commands.errors import reported
from topologies.graph import draw_svg
from topologies.topology import find_topology


@click.command()
@click.argument("topology")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), default=None, metavar="FILE")
def graph(topology: str, output: Path | None) -> None:
    """Draw TOPOLOGY, one of `bfdspec lab list` or a file *.yaml, as SVG: nodes, networks, addresses, sessions.

    Exit codes: 0 done, 2 bad input, 3 the file cannot be written.
    """
    with reported("graph"):
        found = find_topology(topology)
        picture = draw_svg(draw(found, found.name, Path("/")), found.description)
        file = output or Path(f"{found.name}.svg")
        try:
            file.write_text(picture, encoding="utf-8")
        except OSError as error:
            click.echo(f"bfdspec lab graph: {file}: {error.strerror}", err=True)
            raise SystemExit(3) from None
        click.echo(f"wrote {file}", err=True)
