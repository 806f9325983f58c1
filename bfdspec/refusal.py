"""What the commands of this room refuse, in one line."""

import click

USAGE, NO_INTERFACE, INTERRUPTED = 2, 3, 130


class Refusal(click.ClickException):
    """One line on stderr and an exit code."""

    def __init__(self, message: str, code: int = USAGE) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc]  # click declares it on the class
