"""`bfdspec lab virtualenvs`: programs in Python that need an environment of their own."""

import click

from topologies.commands.errors import reported


@click.command()
@click.argument("releases", nargs=-1, metavar="[RELEASE]...")
def virtualenvs(releases: tuple[str, ...]) -> None:
    """Make the virtual environments that releases run in, all of them or those named, with pip.

    They go to $BFDSPEC_VIRTUALENVS, else bfdspec/virtualenvs in the cache folder. What is there already is kept.

    Exit codes: 0 all are there, 2 no such release, 3 one cannot be made.
    """
    from topologies.nodes import RELEASES  # noqa: PLC0415 - the adapters take time to load
    from topologies.virtualenvs import prepare  # noqa: PLC0415

    own = {name: found for name, found in RELEASES.items() if found.virtualenv}
    for name in releases:
        if name not in own:
            raise click.UsageError(f"no release {name!r} runs in a virtual environment; there are {', '.join(own)}")
    for name in releases or own:
        with reported("virtualenvs"):
            made = prepare(own[name])
        click.echo(f"{'made' if made else 'kept'} {own[name].home}")
