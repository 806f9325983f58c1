"""TTL, Your Discriminator and no Echo function over several hops (RFC 5883 section 3)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_links import demanding, with_profile
from conformance.deviants.patches_selection import DemandsTheSource
from conformance.targets.reference import PROFILES
from refimpl.core.constants import PORT_ECHO

DEVIANTS = (
    Deviant("5883-3-r01", "TTL 255 demanded", profiles=with_profile("multi_hop", rows=PROFILES["single_hop"].rows)),
    Deviant("5883-3-r02", "source address has a say", table=DemandsTheSource),
    Deviant(
        "5883-3-r02",
        "destination address has a say",
        table=demanding(lambda session, meta: meta.destination == session.config.local),
    ),
    Deviant("5883-3-r03", "Echo packets over several hops", profiles=with_profile("multi_hop", echo_port=PORT_ECHO)),
)
