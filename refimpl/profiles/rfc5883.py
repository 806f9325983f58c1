"""Multihop over IPv4 and IPv6: RFC 5883 sections 4.1 (selection by the pair of addresses) and 5 (port).

RFC 5883 has no rule about the TTL or Hop Limit of received packets: the 255 of a single hop cannot be asked for across
routers (section 3), and authentication takes its place (section 6). So every TTL is accepted unless the operator, who
knows how long the path is, sets a bound.
"""

from dataclasses import replace

from refimpl.core.constants import PORT_MULTI_HOP
from refimpl.core.outputs import DiscardReason
from refimpl.core.packet import Meta
from refimpl.core.profile import Profile, SessionConfig
from refimpl.core.reception import SessionRow

ANY_TTL = 0
"""The least TTL that bounds nothing."""


def selects(config: SessionConfig, meta: Meta) -> bool:
    """The session between this pair of addresses; the interface means nothing across hops (section 4.1)."""
    return meta.source == config.peer and meta.destination == config.local


MULTI_HOP = Profile(
    name="multi_hop",
    rfc=5883,
    destination_port=PORT_MULTI_HOP,
    rows=(),
    selects=selects,
    failure_means_congestion=True,
)


def multi_hop(min_ttl: int = ANY_TTL, base: Profile = MULTI_HOP) -> Profile:
    """`base` with packets of a TTL or Hop Limit below `min_ttl` (0 to 255) dropped, authenticated or not; 0 drops none.

    With 255 - n a packet that passed more than n routers is dropped: whoever is further away cannot forge one.
    """
    if min_ttl == ANY_TTL:
        return base
    row = SessionRow(DiscardReason.TTL, "local policy, RFC 5883 section 3", lambda p, m, v: m.ttl < min_ttl)
    return replace(base, rows=(*base.rows, row))
