"""Single hop over IPv4 and IPv6: RFC 5881 sections 3 (selection), 4 (ports), 5 (TTL or Hop Limit 255) and 6
(point-to-point links)."""

from refimpl.core.constants import PORT_ECHO, PORT_SINGLE_HOP, TTL_MAX
from refimpl.core.outputs import DiscardReason
from refimpl.core.packet import Meta
from refimpl.core.profile import Profile, SessionConfig, of_service_level
from refimpl.core.reception import SessionRow


def selects(config: SessionConfig, meta: Meta) -> bool:
    """The session bound to the remote system, interface and protocol (section 3). On a point-to-point link there is one
    remote system only, and its address plays no part (section 6)."""
    bound_elsewhere = config.interface != "" and meta.interface not in ("", config.interface)
    same_protocol = (":" in meta.source) == (":" in config.peer)
    from_peer = same_protocol if config.point_to_point else meta.source == config.peer
    return from_peer and not bound_elsewhere and of_service_level(config, meta)


SINGLE_HOP = Profile(
    name="single_hop",
    rfc=5881,
    destination_port=PORT_SINGLE_HOP,
    rows=(SessionRow(DiscardReason.TTL, "RFC 5881 section 5", lambda p, m, v: v.auth_type == 0 and m.ttl != TTL_MAX),),
    selects=selects,
    echo_port=PORT_ECHO,
)
