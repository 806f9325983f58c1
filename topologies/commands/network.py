"""`bfdspec lab cut|restore`: what goes wrong in a network, and that it is over."""

from typing import cast

import click
from pydantic import TypeAdapter, ValidationError

from topologies.commands.errors import reported
from topologies.fields import DURATION_ALLOWED, Duration
from topologies.steps import Direction

_DURATION: TypeAdapter[int] = TypeAdapter(Duration)


class _DurationOption(click.ParamType[int]):
    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return _DURATION.validate_python(value)
        except ValidationError:
            self.fail(f"{value!r}: allowed is {DURATION_ALLOWED}", param, ctx)


@click.command()
@click.argument("name")
@click.argument("network")
@click.argument("node")
@click.option("--direction", type=click.Choice(["both", "to", "from"]), default="both", show_default=True)
@click.option(
    "--loss", type=click.FloatRange(0, 100), default=100.0, show_default=True, help="Per cent of the packets."
)
@click.option("--delay", type=_DurationOption(), default=None, help="Delay packets instead, such as 10ms.")
def cut(name: str, network: str, node: str, direction: str, loss: float, delay: int | None) -> None:
    """Lose the packets between NETWORK and NODE of the laboratory NAME. Links stay up: nobody is told.

    Exit codes: 0 done, 2 bad input, 3 there is no such node, or the kernel cannot do it.
    """
    with reported("cut"):
        from topologies.laboratory import Laboratory  # noqa: PLC0415 - see life.py

        laboratory, where = Laboratory.attach(name), cast(Direction, direction)
        if delay is None:
            laboratory.lose(network, node, loss, where)
        else:
            laboratory.delay(network, node, delay, where)


@click.command()
@click.argument("name")
@click.argument("network", required=False)
@click.argument("node", required=False)
def restore(name: str, network: str | None, node: str | None) -> None:
    """End what `cut` did between NETWORK and NODE of the laboratory NAME, or everywhere in it.

    Exit codes: 0 done, 3 there is no such node.
    """
    with reported("restore"):
        from topologies.laboratory import Laboratory  # noqa: PLC0415 - see life.py

        laboratory = Laboratory.attach(name)
        for house in laboratory.blueprint.houses:
            for interface in house.interfaces:
                chosen = node is None or laboratory.blueprint.node(node).home == house.node
                if chosen and network in (None, interface.network):
                    laboratory.restore(interface.network, house.node)
