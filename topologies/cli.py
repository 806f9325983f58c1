"""`bfdspec lab`: one group, a command per verb."""

import click

from topologies.cli_images import command as images
from topologies.commands import drawing, life, network, nodes, recording, rehearsing, virtualenvs


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def lab() -> None:
    """Laboratories of real implementations: start, look at, disturb, take down."""


for _command in (
    life.list_,
    life.up,
    life.down,
    life.status,
    life.gc,
    nodes.logs,
    nodes.execute,
    network.cut,
    network.restore,
    recording.capture,
    drawing.graph,
    rehearsing.run,
    virtualenvs.virtualenvs,
    images,
):
    lab.add_command(_command)
