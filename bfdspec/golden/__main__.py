"""`python -m bfdspec.golden`: make the corpus anew, and write down what the checks find in it."""

import sys

import click

from bfdspec.golden import corpus


@click.command()
@click.option("--keep", is_flag=True, help="Make no capture; only write down what is found.")
def main(keep: bool) -> None:
    """Make the captures of the plan, and renew expected.yaml of captures/golden. Read the difference before you commit
    it: each line is an accusation."""
    if not keep:
        click.echo(f"{len(corpus.make())} captures made")
    found = corpus.renew()
    click.echo(f"{len(found)} captures, {sum(map(len, found.values()))} findings in {corpus.FOLDER / corpus.EXPECTED}")


if __name__ == "__main__":
    sys.exit(main())
