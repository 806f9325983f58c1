"""`bfdspec lab`: one group, a command per verb."""

import click

from topologies.commands import drawing, images, life, network, nodes, recording, rehearsing, trees, virtualenvs


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
    trees.trees,
    virtualenvs.virtualenvs,
    images.command,
):
    lab.add_command(_command)
