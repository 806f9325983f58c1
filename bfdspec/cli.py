"""`bfdspec`: one command line, a command per job. Each command lives in the room that does the job."""

from importlib import import_module

import click

from refimpl import __version__

_COMMANDS = {
    "test": ("conformance.cli", "command"),
    "requirements": ("conformance.coverage", "command"),
    "deviants": ("conformance.deviants.command", "command"),
    "lab": ("topologies.cli", "lab"),
    "interop": ("interop.cli", "command"),
    "report": ("reports.cli", "report"),
    "verify": ("bfdspec.verify.command", "verify"),
    "watch": ("bfdspec.live.watch", "watch"),
    "capture": ("bfdspec.live.capture", "capture"),
}
"""Where each command is. Only the one that is asked for is imported: a look at a capture needs no laboratory."""


class _Rooms(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(module), name)
        return command


@click.group(cls=_Rooms, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="bfdspec")
def main() -> None:
    """The open conformance and interoperability laboratory for BFD (RFC 5880 and its family)."""
