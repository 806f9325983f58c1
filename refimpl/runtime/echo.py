"""Echo packets in their datagrams (RFC 5881 section 4), and whose Echo packets this system loops back; for every
engine.

The source address must give the far end no cause for Redirects, so it must not be of the link's subnet, and an operator
may have no other address to offer. Then it is one that the registries keep as a source that nobody has: the IPv4 dummy
address (RFC 7600), and an address of the IPv6 discard prefix (RFC 6666).
"""

from collections.abc import Iterable

from refimpl.core.constants import TTL_MAX
from refimpl.core.session import Session
from refimpl.wire.frames import Datagram

NOBODY_IPV4 = "192.0.0.8"
NOBODY_IPV6 = "100::8"


def echo_datagram(session: Session, payload: bytes, source_port: int) -> Datagram:
    """The datagram of an Echo packet: to this system's own address, which makes the far end forward it back. Raises
    ValueError where the session's application has no Echo function."""
    config, port = session.config, session.profile.echo_port
    if port is None:
        raise ValueError(f"there is no Echo function in a session of type {session.profile.name}")
    return Datagram(
        source=config.echo_source or (NOBODY_IPV6 if ":" in config.local else NOBODY_IPV4),
        destination=config.local,
        source_port=source_port,
        destination_port=port,
        ttl=TTL_MAX,
        payload=payload,
    )


def is_looped(datagram: Datagram, interface: str, sessions: Iterable[Session]) -> bool:
    """Is this an Echo packet to be sent straight back over `interface`, where it came in? It is when a session there
    announces that it loops Echo packets back, and the packet is addressed to that session's peer."""
    return any(
        session.loops_echo
        and session.profile.echo_port == datagram.destination_port
        and session.config.peer == datagram.destination
        and session.config.interface in ("", interface)
        for session in sessions
    )
