"""`bfdspec lab trees`: the root trees from which the netns driver runs releases that are not of this machine."""

import click

from topologies.commands.errors import reported


@click.command()
@click.argument("suites", metavar="[SUITE]...", nargs=-1)
@click.option("--list", "listing", is_flag=True, help="Show the suites, their packages and the versions found.")
def trees(suites: tuple[str, ...], *, listing: bool) -> None:
    """Build the root tree of each SUITE with mmdebstrap, or of all; needs root.

    A tree holds the packages of all releases of its suite, and goes to $BFDSPEC_TREES, by default the cache folder of
    the user. The one that is there is replaced when the new one is complete.

    Exit codes: 0 done, 2 unknown suite, 3 a tree cannot be built.
    """
    from topologies.nodes import RELEASES  # noqa: PLC0415 - the adapters take time to load
    from topologies.trees import build, folder, wanted_by  # noqa: PLC0415

    wanted = wanted_by(RELEASES.values())
    unknown = [suite for suite in suites if suite not in wanted]
    if unknown:
        raise click.UsageError(f"no release is of suite {unknown[0]!r}; there are {', '.join(wanted)}")
    for suite in suites or wanted:
        if listing:
            _show(suite, wanted[suite])
            continue
        click.echo(f"{suite}: building {folder() / suite} with {', '.join(wanted[suite])}")
        with reported("trees"):
            build(suite, wanted[suite])
        _show(suite, wanted[suite])


def _show(suite: str, packages: list[str]) -> None:
    from topologies.trees import folder, found  # noqa: PLC0415 - see above

    there = found(suite)
    click.echo(f"{suite}  {folder() / suite}{'' if there else '  not built'}")
    for package in packages:
        click.echo(f"  {package:<20} {there.get(package, 'missing')}")
