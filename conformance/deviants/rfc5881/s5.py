"""TTL and Hop Limit of a single hop (RFC 5881 section 5)."""

from dataclasses import replace
from types import MappingProxyType

from conformance.deviants.deviant import Deviant
from conformance.targets.reference import PROFILES
from refimpl.runtime.virtual import EngineFlaws

ANY_TTL = MappingProxyType({**PROFILES, "single_hop": replace(PROFILES["single_hop"], rows=())})
"""A single hop that does not look at the TTL."""

DEVIANTS = (
    Deviant("5881-5-r01", "TTL 64", flaws=EngineFlaws(ttl=64)),
    Deviant("5881-5-r02", "TTL not looked at", profiles=ANY_TTL),
)
