"""Single hop over IPv4 and IPv6: RFC 5881 sections 3 (selection), 4 (port) and 5 (TTL or Hop Limit 255)."""

from refimpl.core.constants import PORT_SINGLE_HOP, TTL_MAX
from refimpl.core.outputs import DiscardReason
from refimpl.core.packet import Meta
from refimpl.core.profile import Profile, SessionConfig
from refimpl.core.reception import SessionRow


def selects(config: SessionConfig, meta: Meta) -> bool:
    """The session bound to the remote system and interface; the address family of the peer is the protocol (section
    3)."""
    bound_elsewhere = config.interface != "" and meta.interface not in ("", config.interface)
    return meta.source == config.peer and not bound_elsewhere


SINGLE_HOP = Profile(
    name="single_hop",
    rfc=5881,
    destination_port=PORT_SINGLE_HOP,
    rows=(SessionRow(DiscardReason.TTL, "RFC 5881 section 5", lambda p, m, v: v.auth_type == 0 and m.ttl != TTL_MAX),),
    selects=selects,
)
