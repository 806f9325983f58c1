"""A session as keepalived is to run it, in keepalived's terms. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from topologies.node import NodeError, SessionSpec


@dataclass(frozen=True, slots=True)
class Wish:
    """A session that is asked for. `spec` has the parameters of now, not those that it was created with. `instance` is
    the name that keepalived has for it: what is created anew has another one, for by its name an instance inherits the
    state of a former one."""

    instance: str
    spec: SessionSpec
    disabled: bool = False

    @property
    def version(self) -> int:
        """Of the internet protocol: 4 or 6."""
        return ip_address(self.spec.peer).version

    @property
    def peer(self) -> str:
        """The far end's address, with the interface where it is a link-local one."""
        return _scoped(self.spec.peer, self.spec.interface)

    @property
    def local(self) -> str:
        """As `peer`, of the own end."""
        return _scoped(self.spec.local, self.spec.interface)

    @property
    def min_tx_ms(self) -> str:
        """Desired Min TX Interval, as all of these in milliseconds with three decimal places at most."""
        return _milliseconds(self.spec.desired_min_tx_us)

    @property
    def min_rx_ms(self) -> str:
        """Required Min RX Interval."""
        return _milliseconds(self.spec.required_min_rx_us)

    @property
    def min_echo_rx_ms(self) -> str:
        """Required Min Echo RX Interval."""
        return _milliseconds(self.spec.required_min_echo_rx_us)

    @property
    def min_echo_tx_ms(self) -> str:
        """Interval of Echo packets."""
        return _milliseconds(self.spec.desired_min_echo_tx_us)


Wishes = Mapping[str, Wish]
"""By their keys."""


def key(spec: SessionSpec) -> str:
    """What keepalived tells sessions apart by. Raises NodeError where an address is none."""
    try:
        return f"{ip_address(spec.peer)} {ip_address(spec.local)} {spec.kind}"
    except ValueError as error:
        raise NodeError(str(error)) from None


def _scoped(address: str, interface: str) -> str:
    return f"{address}%{interface}" if ip_address(address).is_link_local and interface else address


def _milliseconds(interval_us: int) -> str:
    whole, rest = divmod(interval_us, 1000)
    return f"{whole}.{rest:03}" if rest else str(whole)
