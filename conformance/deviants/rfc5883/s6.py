"""Authentication of multihop sessions (RFC 5883 section 6)."""

from dataclasses import replace

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_auth import unsigned
from refimpl.core.session import Session
from refimpl.runtime.virtual import EngineFlaws
from refimpl.wire.frames import Datagram


def plain(session: Session, datagram: Datagram) -> list[Datagram]:
    """Multihop sessions send without authentication."""
    multihop = session.profile.name == "multi_hop"
    return [replace(datagram, payload=unsigned(datagram.payload)) if multihop else datagram]


DEVIANTS = (Deviant("5883-6-r01", "multihop unsigned", flaws=EngineFlaws(outgoing=plain)),)
