"""`bfdspec lab logs|exec`: what a node said, and a command where it is."""

import os
from pathlib import Path

import click

from topologies.commands.errors import reported


@click.command()
@click.argument("name")
@click.argument("node")
@click.option(
    "--lines", "-n", type=click.IntRange(1), default=40, show_default=True, help="The last lines of each log."
)
def logs(name: str, node: str, lines: int) -> None:
    """What NODE of the laboratory NAME logged.

    Exit codes: 0 done, 3 there is no such node.
    """
    with reported("logs"):
        from topologies.laboratory import Laboratory  # noqa: PLC0415 - see life.py

        files = sorted(Laboratory.attach(name).blueprint.node(node).folder.glob("*.log"))
        for file in files:
            if len(files) > 1:
                click.echo(f"==> {file.name} <==")
            for line in _last(file, lines):
                click.echo(line)


@click.command("exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("name")
@click.argument("node")
@click.argument("argv", metavar="COMMAND...", nargs=-1, required=True, type=click.UNPROCESSED)
def execute(name: str, node: str, argv: tuple[str, ...]) -> None:
    """Run COMMAND where NODE of the laboratory NAME is: with its network and its programs.

    The exit code is the command's; 3 where there is no such node.
    """
    with reported("exec"):
        from topologies.laboratory import Laboratory  # noqa: PLC0415 - see life.py

        command = Laboratory.attach(name).command(node, argv[1:] if argv[0] == "--" else argv)
    os.execvp(command[0], command)


def _last(file: Path, lines: int) -> list[str]:
    return file.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
