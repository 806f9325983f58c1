"""A session as BIRD is to run it, and what BIRD cannot run although its configuration can say it. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from topologies.node import NodeError, SessionSpec

_INTERVAL_MAX_US = 0xFFFF_FFFF
_DETECT_MULT_MAX = 255


@dataclass(frozen=True, slots=True)
class Wish:
    """A session that is asked for. `spec` has the parameters of now, not those that it was created with."""

    spec: SessionSpec
    disabled: bool = False

    @property
    def key(self) -> str:
        """What BIRD tells sessions apart by: the peer and, for a single hop, the interface."""
        return f"{ip_address(self.spec.peer)} {self.interface}"

    @property
    def version(self) -> int:
        """Of the internet protocol: 4 or 6."""
        return ip_address(self.spec.peer).version

    @property
    def interface(self) -> str:
        """As BIRD prints it: a multihop session has none."""
        return "---" if self.spec.kind == "multi_hop" else self.spec.interface


Wishes = Mapping[str, Wish]
"""By their keys."""


def check(wish: Wish, others: Wishes) -> None:
    """Raise NodeError for what BIRD accepts and then does otherwise.

    Of a number that is too large it keeps the last bits. Timers and the passive role belong to an interface, or to
    multihop as a whole, so all sessions of one address family share them there; `others` are the sessions beside.
    """
    spec = wish.spec
    for name, value, least, most in (
        ("Desired Min TX Interval", spec.desired_min_tx_us, 0, _INTERVAL_MAX_US),
        ("Required Min RX Interval", spec.required_min_rx_us, 0, _INTERVAL_MAX_US),
        ("Detect Mult", spec.detect_mult, 1, _DETECT_MULT_MAX),
    ):
        if not least <= value <= most:
            raise NodeError(f"{name} of {value}: {least} to {most} are allowed")
    for other in others.values():
        if _block(other) == _block(wish) and _options(other) != _options(wish):
            raise NodeError(
                f"session {other.spec.name} has other timers or another role: "
                f"BIRD has one set of them for IPv{wish.version} on {wish.interface.replace('---', 'multihop')}"
            )


def _block(wish: Wish) -> tuple[int, str]:
    return wish.version, wish.interface


def _options(wish: Wish) -> tuple[int, int, int, bool, bool, bool]:
    spec = wish.spec
    return spec.desired_min_tx_us, spec.required_min_rx_us, spec.detect_mult, spec.passive, spec.demand, wish.disabled
