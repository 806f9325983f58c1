"""TTL and Hop Limit of a single hop (RFC 5881 section 5)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_links import with_profile
from refimpl.runtime.virtual import EngineFlaws

DEVIANTS = (
    Deviant("5881-5-r01", "TTL 64", flaws=EngineFlaws(ttl=64)),
    Deviant("5881-5-r02", "TTL not looked at", profiles=with_profile("single_hop", rows=())),
)
