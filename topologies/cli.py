"""`bfdspec lab`: one group, a command per verb, each in a module of its own."""

import click

from topologies.errors import LabError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def lab() -> None:
    """Laboratories of real implementations: start, look at, disturb, take down."""


@lab.command()
def gc() -> None:
    """Clear away the laboratories whose owner died without doing so.

    Exit codes: 0 all is clear, 3 something cannot be removed.
    """
    from topologies.reservation import collect_garbage  # noqa: PLC0415 - netlink is there on Linux only, and takes time to load

    try:
        cleared = collect_garbage()
    except LabError as error:
        click.echo(f"bfdspec lab gc: {error}", err=True)
        raise SystemExit(3) from None
    for run_id in cleared:
        click.echo(f"cleared {run_id}")
