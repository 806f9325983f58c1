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

    `point_to_point` says that the interface leads to one neighbour only (RFC 5881 section 6). `dscp` is the service
    level that the session is for, 0 to 63; None means all of them (RFC 5882 section 6). The discriminators, 1 to
    2**32-1, are those that were signalled outside BFD (RFC 5883 section 4.2); 0 means that ours is drawn, and theirs is
    learnt.

    `required_min_echo_rx_us` 0 means that Echo packets are not looped back, `desired_min_echo_tx_us` 0 that none are
    sent; `echo_source` is their source address, "" for the engine's own choice.

    `padded_pdu_size` is bfd.PaddedPduSize (RFC 9764 section 3): engines fill the UDP payload of Control packets up with
    zero bytes to this size, 24 to 65507; 0, and anything that a packet is longer than, means as it is.
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
    point_to_point: bool = False
    dscp: int | None = None
    local_discr: int = 0
    remote_discr: int = 0
    required_min_echo_rx_us: int = 0
    desired_min_echo_tx_us: int = 0
    echo_source: str = ""
    padded_pdu_size: int = 0


@dataclass(frozen=True, slots=True)
class Profile:
    """`selects` answers whether a packet with Your Discriminator zero belongs to the session of this configuration.

    `passive` is the role that the application prescribes, None where it leaves the choice. `leaves_by` is the interface
    that outgoing packets are bound to, "" where routing decides. `failure_means_congestion` says that a failed session
    may have failed of congestion and is slowed down (section 7).
    `echo_port` is the UDP destination port of Echo packets, None where the application has no Echo function.
    """

    name: str
    rfc: int
    destination_port: int
    rows: tuple[SessionRow, ...]
    selects: Callable[[SessionConfig, Meta], bool]
    failure_means_congestion: bool = False
    passive: bool | None = None
    leaves_by: Callable[[SessionConfig], str] = lambda config: config.interface
    echo_port: int | None = None


def of_service_level(config: SessionConfig, meta: Meta) -> bool:
    """Does a packet with Your Discriminator zero bear the mark of the service level that the session is for? (RFC 5882
    section 6)"""
    return config.dscp is None or meta.dscp == config.dscp
