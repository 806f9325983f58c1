"""Enabling and disabling the Echo function (RFC 5880 section 6.8.13)."""

from conformance.deviants.deviant import Deviant
from refimpl.core.outputs import Output
from refimpl.core.session import Session


class Stubborn(Session):
    """A session that does with Echo packets what it did from its beginning."""

    def set_echo(
        self, now: int, *, required_min_echo_rx_us: int | None = None, desired_min_echo_tx_us: int | None = None
    ) -> list[Output]:
        """Nothing."""
        return []


DEVIANTS = (Deviant("5880-6.8.13-r03", "the switch does nothing", session=Stubborn),)
