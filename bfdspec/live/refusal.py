"""What live commands refuse, in one line."""

import click

from captures.live import Listener

USAGE, NO_INTERFACE = 2, 3


class Refusal(click.ClickException):
    """One line on stderr and an exit code."""

    def __init__(self, message: str, code: int = USAGE) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc]  # click declares it on the class


def listener(interface: str) -> Listener:
    """A listener on an interface of this machine. Raises Refusal."""
    try:
        return Listener(interface)
    except PermissionError:
        raise Refusal(f"{interface}: only root, or who has CAP_NET_RAW, can hear an interface", NO_INTERFACE) from None
    except OSError as error:
        raise Refusal(f"{interface}: {error.strerror}", NO_INTERFACE) from error
