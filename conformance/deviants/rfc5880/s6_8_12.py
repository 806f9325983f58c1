"""Announcing new values (RFC 5880 sections 6.8.10 and 6.8.12)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_sessions import Postponing, Unmoved

DEVIANTS = (
    Deviant("5880-6.8.10-r02", "changes one packet late", session=Postponing),
    Deviant("5880-6.8.12-r02", "changes one packet late", session=Postponing),
    Deviant("5880-6.8.12-r02", "Detect Mult for the next session only", session=Unmoved),
)
