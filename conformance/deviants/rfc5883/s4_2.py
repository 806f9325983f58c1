"""Discriminators that were signalled outside BFD (RFC 5883 section 4.2)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_links import Drawing, Learning

DEVIANTS = (
    Deviant("5883-4.2-r03", "a discriminator of its own choice", table=Drawing),
    Deviant("5883-4.2-r04", "learns what was signalled", session=Learning),
)
