"""What an application RFC adds to RFC 5880: a port, discard rules, and how a first packet finds its session.

The profiles themselves are in `refimpl.profiles`, one RFC a file.
"""

from collections.abc import Callable
from dataclasses import dataclass

from refimpl.core.auth.config import AuthConfig
from refimpl.core.packet import Meta
from refimpl.core.reception import SessionRow


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """What an operator decides about a session; intervals in microseconds (1 to 2**32-1; required_min_rx_us also 0).

    `interface` is "" where the session is not bound to one. `detect_mult` is 1 to 255. `auth` None means that no
    authentication is in use. `demand` asks for Demand mode (6.6): something outside BFD then has to tell that
    connectivity goes on. `control_plane_independent` is what the C bit claims (4.1): true only where BFD goes on while
    the control plane does not.
    """

    peer: str
    local: str
    interface: str = ""
    desired_min_tx_us: int = 300_000
    required_min_rx_us: int = 300_000
    detect_mult: int = 3
    passive: bool = False
    auth: AuthConfig | None = None
    demand: bool = False
    control_plane_independent: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """`selects` answers whether a packet with Your Discriminator zero belongs to the session of this configuration.
    `failure_means_congestion` says that a failed session may have failed of congestion and is slowed down (section 7).
    """

    name: str
    rfc: int
    destination_port: int
    rows: tuple[SessionRow, ...]
    selects: Callable[[SessionConfig, Meta], bool]
    failure_means_congestion: bool = False
