"""State variables (RFC 5880 section 6.8.1)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import composing, swapped

DEVIANTS = (Deviant("5880-6.8.1-r10", "wrong Your Discriminator", composing(swapped)),)
