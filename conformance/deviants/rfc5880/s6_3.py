"""Demultiplexing (RFC 5880 section 6.3)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import learning_without

DEVIANTS = (Deviant("5880-6.3-r07", "far end's discriminator learned once", learning_without("remote_discr")),)
