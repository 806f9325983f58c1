"""Which session a first packet finds over several hops (RFC 5883 section 4.1)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_links import FIRST, SeveralForOnePath, selecting
from refimpl.profiles.rfc5883 import selects

DEVIANTS = (
    Deviant("5883-4.1-r03", "a session for everybody who asks", node=SeveralForOnePath),
    Deviant(
        "5883-4.1-r04",
        "destination address alone",
        profiles=selecting("multi_hop", lambda config, meta: meta.destination == config.local),
    ),
    Deviant(
        "5883-4.1-r05",
        "source address alone",
        profiles=selecting("multi_hop", lambda config, meta: meta.source == config.peer),
    ),
    Deviant(
        "5883-4.1-r06",
        "over the first interface only",
        profiles=selecting(
            "multi_hop", lambda config, meta: selects(config, meta) and meta.interface == FIRST.target_interface
        ),
    ),
)
