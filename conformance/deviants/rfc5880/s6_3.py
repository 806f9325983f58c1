"""Demultiplexing (RFC 5880 section 6.3)."""

from conformance.deviants import patches_selection as selection
from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import learning_without
from conformance.deviants.patches_links import FIRST, demanding

DEVIANTS = (
    Deviant("5880-6.3-r01", "the discriminator of one session means another", table=selection.PrefersTheOldest),
    Deviant("5880-6.3-r03", "My Discriminator has a say", table=selection.DemandsMyDiscriminator),
    Deviant("5880-6.3-r04", "source address has a say", table=selection.DemandsTheSource),
    Deviant(
        "5880-6.3-r05",
        "first interface only",
        table=demanding(lambda session, meta: meta.interface == FIRST.target_interface),
    ),
    Deviant("5880-6.3-r07", "far end's discriminator learned once", learning_without("remote_discr")),
)
