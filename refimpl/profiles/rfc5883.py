"""Multihop over IPv4 and IPv6: RFC 5883 sections 4.1 (selection by the pair of addresses) and 5 (port)."""

from refimpl.core.constants import PORT_MULTI_HOP
from refimpl.core.packet import Meta
from refimpl.core.profile import Profile, SessionConfig


def selects(config: SessionConfig, meta: Meta) -> bool:
    """The session between this pair of addresses; the interface means nothing across hops (section 4.1)."""
    return meta.source == config.peer and meta.destination == config.local


MULTI_HOP = Profile(name="multi_hop", rfc=5883, destination_port=PORT_MULTI_HOP, rows=(), selects=selects)
