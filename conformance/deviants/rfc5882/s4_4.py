"""Several control protocols (RFC 5882 section 4.4)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_links import LosingSession

DEVIANTS = (Deviant("5882-4.4-r01", "the session goes with its first client", node=LosingSession),)
