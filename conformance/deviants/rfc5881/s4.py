"""Encapsulation of a single hop (RFC 5881 section 4)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_selection import DemandsTheSourcePort
from refimpl.runtime.virtual import EngineFlaws

DEVIANTS = (
    Deviant("5881-4-r01", "multihop port", flaws=EngineFlaws(destination_port=4784)),
    Deviant("5881-4-r03", "source port 40000", flaws=EngineFlaws(first_source_port=40_000)),
    Deviant("5881-4-r04", "source ports in turn", flaws=EngineFlaws(ports_per_session=2)),
    Deviant("5881-4-r09", "far end's source port has a say", table=DemandsTheSourcePort),
    Deviant("5881-4-r05", "one source port for all", flaws=EngineFlaws(shared_source_port=True)),
)
