"""What holds a session where it is (RFC 5880 section 6.2)."""

from conformance.deviants import patches_states as states
from conformance.deviants.deviant import Deviant

DEVIANTS = (
    Deviant("5880-6.2-r03", "fails without a reason", session=states.FailsAtRandom),
    Deviant("5880-6.2-r04", "AdminDown ends by itself", session=states.ForgivesInTime),
)
