"""IPv4 and IPv6 beside each other (RFC 5881 section 2)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_links import OneForBothVersions, answers_only, over_both
from refimpl.runtime.virtual import EngineFlaws

DEVIANTS = (
    Deviant(
        "5881-2-r03",
        "one session for both IP versions",
        flaws=EngineFlaws(outgoing=over_both),
        node=OneForBothVersions,
    ),
    Deviant("5881-2-r04", "Finals over the other IP version", flaws=EngineFlaws(outgoing=answers_only)),
)
