"""`bfdspec`: one command line, a command per job. Each command lives in the room that does the job."""

import click

from bfdspec.verify.command import verify
from conformance.cli import command as test
from conformance.coverage import command as requirements
from conformance.deviants.command import command as deviants
from interop.cli import command as interop
from refimpl import __version__
from reports.cli import report
from topologies.cli import lab


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="bfdspec")
def main() -> None:
    """The open conformance and interoperability laboratory for BFD (RFC 5880 and its family)."""


main.add_command(test)
main.add_command(requirements)
main.add_command(deviants)
main.add_command(lab)
main.add_command(interop)
main.add_command(report)
main.add_command(verify)
