"""The rate of periodic packets (RFC 5880 section 6.8.7)."""

from conformance.deviants import patches_states as states
from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import following

DEVIANTS = (
    Deviant(
        "5880-6.8.7-r05",
        "jitter of 40 % at Detect Mult 1",
        following(jitter_bounds=lambda mult: (100_000, 400_000 if mult == 1 else 250_000)),
    ),
    Deviant("5880-6.8.7-r06", "raised interval never kept", session=states.KeepsTheOldRate),
    Deviant("5880-6.8.7-r07", "rate of the far end from Polls only", following(learn=states.rate_from_polls_only)),
    Deviant("5880-6.8.7-r07", "silenced for ever", following(learn=states.silent_for_ever)),
    Deviant(
        "5880-6.8.7-r09",
        "passive only once",
        following(
            may_transmit=lambda v, *, passive: (
                v.remote_min_rx_interval_us != 0 and not (passive and v.remote_detect_mult == 0)
            )
        ),
    ),
    Deviant("5880-6.8.7-r11", "slow in Demand mode", session=states.SlowInDemand),
)
