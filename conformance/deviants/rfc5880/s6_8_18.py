"""Holding down (RFC 5880 section 6.8.18)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import following
from conformance.deviants.patches_paths import NeverForgets
from refimpl.core import timing
from refimpl.core.constants import State
from refimpl.core.variables import StateVariables


def obedient_when_up(v: StateVariables) -> int:
    """The far end's interval counts in Up alone."""
    return timing.transmit_interval(v) if v.session_state is State.UP else v.desired_min_tx_in_force_us


DEVIANTS = (
    Deviant("5880-6.8.18-r04", "a slower rate is obeyed in Up alone", following(transmit_interval=obedient_when_up)),
    Deviant(
        "5880-6.8.18-r04",
        "the zero rate is obeyed in Up alone",
        following(may_transmit=lambda v, *, passive: v.remote_min_rx_interval_us != 0 or v.session_state != State.UP),
    ),
    Deviant("5880-6.8.18-r05", "held down for ever", session=NeverForgets),
)
