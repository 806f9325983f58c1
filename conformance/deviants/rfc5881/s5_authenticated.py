"""TTL and Hop Limit with authentication (RFC 5881 section 5)."""

from dataclasses import replace

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_auth import Credulous, leaving, unsigned
from refimpl.core.session import Session
from refimpl.runtime.virtual import EngineFlaws
from refimpl.wire.frames import Datagram


def relaxed(session: Session, datagram: Datagram) -> list[Datagram]:
    """TTL 64 where there is authentication."""
    return [datagram if session.config.auth is None else replace(datagram, ttl=64)]


DEVIANTS = (
    Deviant("5881-5-r03", "TTL 64 with authentication", flaws=EngineFlaws(outgoing=relaxed)),
    Deviant("5881-5-r06", "sends unsigned", flaws=leaving(unsigned)),
    Deviant("5881-5-r07", "unauthenticated packets obeyed", session=Credulous),
)
