"""Data protocols and service levels (RFC 5882 section 6)."""

from dataclasses import replace

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_links import OneForAll, has_failed, selecting, straying
from refimpl.runtime.virtual import EngineFlaws

DEVIANTS = (
    Deviant("5882-6-r02", "the other IP version after a failure", flaws=straying(has_failed)),
    Deviant("5882-6-r04", "what is for one session moves all", table=OneForAll),
    Deviant(
        "5882-6-r06",
        "CS6 whatever the service level",
        flaws=EngineFlaws(outgoing=lambda session, datagram: (replace(datagram, traffic_class=0xC0),)),
    ),
    Deviant(
        "5882-6-r07",
        "first packet by its addresses alone",
        profiles=selecting("single_hop", lambda config, meta: meta.source == config.peer),
    ),
)
