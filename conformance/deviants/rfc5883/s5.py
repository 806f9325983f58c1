"""Encapsulation over several hops (RFC 5883 section 5)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_selection import DemandsTheSourcePort
from refimpl.runtime.virtual import EngineFlaws

DEVIANTS = (
    Deviant("5883-5-r01", "single-hop port", flaws=EngineFlaws(destination_port=3784)),
    Deviant("5883-5-r03", "source port 40000", flaws=EngineFlaws(first_source_port=40_000)),
    Deviant("5883-5-r04", "source ports in turn", flaws=EngineFlaws(ports_per_session=2)),
    Deviant("5883-5-r05", "one source port for all", flaws=EngineFlaws(shared_source_port=True)),
    Deviant("5883-5-r06", "far end's source port has a say", table=DemandsTheSourcePort),
)
