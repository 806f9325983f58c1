"""The Poll Sequence from the side that asks (RFC 5880 section 6.5)."""

from conformance.deviants import patches_outputs as outputs
from conformance.deviants.deviant import Deviant
from refimpl.runtime.virtual import EngineFlaws

DEVIANTS = (
    Deviant("5880-6.5-r01", "polls with one packet", session=outputs.PollsOnce),
    Deviant("5880-6.5-r02", "gives up after three Polls", session=outputs.PollsThrice),
    Deviant("5880-6.5-r03", "one Poll after the Final", session=outputs.PollsOnceMore),
    Deviant("5880-6.5-r05", "P on every other packet", session=outputs.PollsEveryOther),
    Deviant("5880-6.5-r06", "extra packets while polling", flaws=EngineFlaws(outgoing=outputs.twice_while_polling)),
    Deviant("5880-6.5-r08", "silent after the Poll Sequence", session=outputs.MuteAfterPolling),
)
