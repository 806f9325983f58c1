"""Changes of intervals, on either side (RFC 5880 section 6.8.3)."""

from conformance.deviants import patches_states as states
from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import learning_without

DEVIANTS = (
    Deviant("5880-6.8.3-r02", "fails over new timers", session=states.FailsOverTimers),
    Deviant("5880-6.8.3-r03", "new Desired Min TX without a Poll", session=states.AsksNobodyAboutTx),
    Deviant("5880-6.8.3-r03", "leaves the slow rate without a Poll", session=states.AsksNobodyOnceUp),
    Deviant("5880-6.8.3-r04", "new Required Min RX without a Poll", session=states.AsksNobodyAboutRx),
    Deviant("5880-6.8.3-r09", "comes up to speed in steps", session=states.ComesUpInSteps),
    Deviant("5880-6.8.3-r10", "a packet that is scheduled stays where it is", session=states.SchedulesOnce),
    Deviant("5880-6.8.3-r13", "far end's wish learned once", learning_without("remote_min_rx_interval_us")),
)
