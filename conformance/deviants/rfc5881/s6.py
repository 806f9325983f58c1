"""Addresses on a subnet (RFC 5881 section 6)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_outputs import one_in_five

DEVIANTS = (
    Deviant(
        "5881-6-r02",
        "from another subnet now and then",
        flaws=one_in_five(source4="198.51.100.2", source6="2001:db8:1::2"),
    ),
    Deviant(
        "5881-6-r03",
        "to another subnet now and then",
        flaws=one_in_five(destination4="198.51.100.1", destination6="2001:db8:1::1"),
    ),
)
