"""Discriminators of many sessions (RFC 5880 sections 6.3 and 6.8.1)."""

from dataclasses import replace

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import composing
from conformance.deviants.patches_tables import CountingUp

DEVIANTS = (
    Deviant(
        "5880-6.3-r02",
        "discriminators of three bits",
        composing(lambda packet, v, poll, final: replace(packet, my_discriminator=v.local_discr % 7 + 1)),
    ),
    Deviant("5880-6.8.1-r09", "discriminators counted up", table=CountingUp),
)
