"""Hop counts (RFC 5880 section 9)."""

from conformance.deviants.deviant import Deviant
from refimpl.runtime.virtual import EngineFlaws

DEVIANTS = (Deviant("5880-9-r01", "hop count 254", flaws=EngineFlaws(ttl=254)),)
