"""IPv4 and IPv6 beside each other, and the way of Echo packets (RFC 5881 section 2)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_echo import bending_echo, dropping_echo
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
    Deviant("5881-2-r05", "Echo packets not looped back", flaws=dropping_echo(lambda datagram: True)),
    Deviant(
        "5881-2-r06",
        "Echo packets from foreign addresses filtered",
        flaws=dropping_echo(lambda datagram: not datagram.source.startswith(("192.0.2.", "2001:db8::"))),
    ),
    Deviant("5881-2-r07", "packets to itself do not get out", flaws=bending_echo(lambda session, datagram: ())),
)
