"""What the commands of this room refuse, in one line each, and what all of them read first."""

import click

from conformance import inventory
from conformance.catalogue import Catalogue, CatalogueError, load_catalogue

USAGE = 2
INTERRUPTED = 130


class Refusal(click.ClickException):
    """One line on stderr and an exit code."""

    def __init__(self, message: str, code: int = USAGE) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc]  # click declares it on the class


def load_suite() -> tuple[Catalogue, dict[str, inventory.Runnable]]:
    """The catalogue and every case. Raises Refusal where one of them cannot be used, or they contradict each other."""
    try:
        catalogue = load_catalogue()
        found = inventory.collect()
        inventory.check(found, catalogue)
    except (CatalogueError, inventory.InventoryError) as error:
        raise Refusal(str(error)) from error
    return catalogue, found
