"""The Poll Sequence (RFC 5880 section 6.5)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import composing, poll_with_final
from conformance.deviants.patches_demand import RestlessAfterPoll

DEVIANTS = (
    Deviant("5880-6.5-r04", "P stays set in a Final", composing(poll_with_final)),
    Deviant("5880-6.5-r07", "periodic packets go on after a Poll in Demand mode", session=RestlessAfterPoll),
)
