"""Initialization of a single hop (RFC 5881 section 3)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import following
from conformance.deviants.patches_links import SeveralForOnePath, selecting
from conformance.deviants.patches_outputs import rewriting_first_packets
from refimpl.core.packet import Meta
from refimpl.core.profile import SessionConfig

ANY_INTERFACE = selecting("single_hop", lambda config, meta: meta.source == config.peer)


def of_the_family(config: SessionConfig, meta: Meta) -> bool:
    """Whoever sends it, as long as the IP version is right."""
    return (":" in meta.source) == (":" in config.peer)


DEVIANTS = (
    Deviant("5881-3-r01", "a session for everybody who asks", node=SeveralForOnePath),
    Deviant("5881-3-r02", "first packet over any interface", profiles=ANY_INTERFACE),
    Deviant("5881-3-r03", "waits for the far end", following(may_transmit=lambda v, *, passive: v.remote_discr != 0)),
    Deviant("5881-3-r04", "Your Discriminator out of nowhere", flaws=rewriting_first_packets(your_discriminator=1)),
    Deviant(
        "5881-3-r05",
        "Your Discriminator zero finds nobody",
        profiles=selecting("single_hop", lambda config, meta: False),
    ),
    Deviant("5881-3-r05", "Your Discriminator zero from anybody", profiles=selecting("single_hop", of_the_family)),
    Deviant("5881-3-r06", "first of the sessions with this far end", profiles=ANY_INTERFACE),
    Deviant("5881-3-r07", "IP version has no say", profiles=selecting("single_hop", lambda config, meta: True)),
)
