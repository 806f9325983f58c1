"""Initialization of a single hop (RFC 5881 section 3)."""

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import following
from conformance.deviants.patches_outputs import rewriting_first_packets
from conformance.targets.reference import PROFILES
from refimpl.core.packet import Meta
from refimpl.core.profile import Profile, SessionConfig


def selecting(selects: Callable[[SessionConfig, Meta], bool]) -> MappingProxyType[str, Profile]:
    """A single hop that finds the session of a first packet in another way."""
    return MappingProxyType({**PROFILES, "single_hop": replace(PROFILES["single_hop"], selects=selects)})


def of_the_family(config: SessionConfig, meta: Meta) -> bool:
    """Whoever sends it, as long as the IP version is right."""
    return (":" in meta.source) == (":" in config.peer)


DEVIANTS = (
    Deviant("5881-3-r03", "waits for the far end", following(may_transmit=lambda v, *, passive: v.remote_discr != 0)),
    Deviant("5881-3-r04", "Your Discriminator out of nowhere", flaws=rewriting_first_packets(your_discriminator=1)),
    Deviant("5881-3-r05", "Your Discriminator zero finds nobody", profiles=selecting(lambda config, meta: False)),
    Deviant("5881-3-r05", "Your Discriminator zero from anybody", profiles=selecting(of_the_family)),
    Deviant("5881-3-r07", "IP version has no say", profiles=selecting(lambda config, meta: True)),
)
