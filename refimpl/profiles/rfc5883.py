"""Multihop over IPv4 and IPv6: RFC 5883 sections 4.1 and 4.3 (selection), and 5 (port).

Section 4.2, discriminators that were signalled outside BFD, needs no profile: packets then name their session from the
first one on.

There is no Echo function over several hops (section 3).

RFC 5883 has no rule about the TTL or Hop Limit of received packets: the 255 of a single hop cannot be asked for across
routers (section 3), and authentication takes its place (section 6). So every TTL is accepted unless the operator, who
knows how long the path is, sets a bound.
"""

from dataclasses import replace

from refimpl.core.constants import PORT_MULTI_HOP
from refimpl.core.outputs import DiscardReason
from refimpl.core.packet import Meta
from refimpl.core.profile import Profile, SessionConfig, of_service_level
from refimpl.core.reception import SessionRow

ANY_TTL = 0
"""The least TTL that bounds nothing."""


def selects(config: SessionConfig, meta: Meta) -> bool:
    """The session between this pair of addresses; the interface means nothing across hops (section 4.1)."""
    same_addresses = meta.source == config.peer and meta.destination == config.local
    return same_addresses and of_service_level(config, meta)


def selects_by_link(config: SessionConfig, meta: Meta) -> bool:
    """The session of the unidirectional link that the packet came in on; addresses mean nothing (section 4.3)."""
    same_protocol = (":" in meta.source) == (":" in config.peer)
    return meta.interface == config.interface and same_protocol and of_service_level(config, meta)


MULTI_HOP = Profile(
    name="multi_hop",
    rfc=5883,
    destination_port=PORT_MULTI_HOP,
    rows=(),
    selects=selects,
    failure_means_congestion=True,
)

UNIDIRECTIONAL_RECEIVER = replace(
    MULTI_HOP,
    name="unidirectional_receiver",
    selects=selects_by_link,
    passive=True,
    leaves_by=lambda config: "",  # the way back is arbitrary
)
"""The receiving end of a unidirectional link (section 4.3)."""

UNIDIRECTIONAL_SENDER = replace(
    MULTI_HOP,
    name="unidirectional_sender",
    selects=lambda config, meta: False,  # the receiving end has learnt our discriminator before it sends
    passive=False,
)
"""The sending end of a unidirectional link (section 4.3)."""


def multi_hop(min_ttl: int = ANY_TTL, base: Profile = MULTI_HOP) -> Profile:
    """`base` with packets of a TTL or Hop Limit below `min_ttl` (0 to 255) dropped, authenticated or not; 0 drops none.

    With 255 - n a packet that passed more than n routers is dropped: whoever is further away cannot forge one.
    """
    if min_ttl == ANY_TTL:
        return base
    row = SessionRow(DiscardReason.TTL, "local policy, RFC 5883 section 3", lambda p, m, v: m.ttl < min_ttl)
    return replace(base, rows=(*base.rows, row))
