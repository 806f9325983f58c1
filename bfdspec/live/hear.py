"""An interface, or one line that says why it cannot be heard."""

from bfdspec.refusal import NO_INTERFACE, Refusal
from captures.live import Listener


def listener(interface: str) -> Listener:
    """A listener on an interface of this machine. Raises Refusal."""
    try:
        return Listener(interface)
    except PermissionError:
        raise Refusal(f"{interface}: only root, or who has CAP_NET_RAW, can hear an interface", NO_INTERFACE) from None
    except OSError as error:
        raise Refusal(f"{interface}: {error.strerror}", NO_INTERFACE) from error
