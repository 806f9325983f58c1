"""Clients of a session (RFC 5882 section 2)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_links import SeveralForOnePath

DEVIANTS = (Deviant("5882-2-r06", "a session for each client", node=SeveralForOnePath),)
