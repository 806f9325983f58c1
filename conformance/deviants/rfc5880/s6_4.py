"""What RFC 5880 section 6.4 promises for an announced rate."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_echo import dropping_echo, every_other
from conformance.deviants.patches_sessions import Overwhelmed

DEVIANTS = (
    Deviant("5880-6.4-r08", "four packets a second at most", session=Overwhelmed),
    Deviant("5880-6.4-r09", "every other Echo packet looped back", flaws=dropping_echo(every_other())),
)
