"""Paths and addresses of a single hop (RFC 5881 section 6)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_links import SECOND, following_the_source, selecting, silent_to_strangers
from conformance.deviants.patches_outputs import one_in_five
from conformance.deviants.patches_selection import DemandsTheSource, FallsBackOnTheAddress
from refimpl.runtime.virtual import EngineFlaws

DEVIANTS = (
    Deviant("5881-6-r01", "another link", flaws=EngineFlaws(interface=SECOND.target_interface)),
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
    Deviant("5881-6-r04", "source address has a say on a point-to-point link", table=DemandsTheSource),
    Deviant(
        "5881-6-r05",
        "point-to-point link like any other",
        profiles=selecting("single_hop", lambda config, meta: meta.source == config.peer),
    ),
    Deviant("5881-6-r06", "falls back on the source address", table=FallsBackOnTheAddress),
    Deviant("5881-6-r07", "follows the far end's address", flaws=EngineFlaws(outgoing=following_the_source)),
    Deviant(
        "5881-6-r08",
        "falls silent when the far end's address changes",
        flaws=EngineFlaws(outgoing=silent_to_strangers),
    ),
)
