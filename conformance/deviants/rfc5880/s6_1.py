"""Roles, and how a failure is told (RFC 5880 section 6.1)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import following
from refimpl.core.constants import Diag, State
from refimpl.core.transmission import may_transmit
from refimpl.core.variables import StateVariables


def ashamed(v: StateVariables, *, passive: bool) -> bool:
    """Nothing is sent about a Detection Time that expired."""
    failed = v.session_state is State.DOWN and v.local_diag == Diag.CONTROL_DETECTION_TIME_EXPIRED
    return may_transmit(v, passive=passive) and not failed


DEVIANTS = (
    Deviant(
        "5880-6.1-r02", "waits in the Active role", following(may_transmit=lambda v, *, passive: v.remote_discr != 0)
    ),
    Deviant(
        "5880-6.1-r03",
        "passive role ignored",
        following(may_transmit=lambda v, *, passive: v.remote_min_rx_interval_us != 0),
    ),
    Deviant("5880-6.1-r06", "silent after a failure", following(may_transmit=ashamed)),
)
