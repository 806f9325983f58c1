"""Detection Times of two directions, of great size, and in AdminDown (RFC 5880 section 6.8.4)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import following, with_row
from conformance.deviants.patches_sessions import Restless
from refimpl.core import timing
from refimpl.core.constants import Diag, State
from refimpl.core.fsm import Event
from refimpl.core.variables import StateVariables


def of_the_far_end(v: StateVariables) -> int:
    """The Detection Time that the far end has."""
    return v.detect_mult * timing.transmit_interval(v)


def later(v: StateVariables) -> int:
    """The longer one for both."""
    return v.remote_detect_mult and max(timing.detection_time(v), of_the_far_end(v))


def sooner(v: StateVariables) -> int:
    """The shorter one for both."""
    return min(timing.detection_time(v), of_the_far_end(v))


DEVIANTS = (
    Deviant("5880-6.8.4-r01", "longer Detection Time for both", following(detection_time=later)),
    Deviant("5880-6.8.4-r01", "shorter Detection Time for both", following(detection_time=sooner)),
    Deviant(
        "5880-6.8.4-r03",
        "Detection Time of 32 bits",
        following(detection_time=lambda v: timing.detection_time(v) & 0xFFFFFFFF),
    ),
    Deviant(
        "5880-6.8.4-r09",
        "Detection Time ends AdminDown",
        with_row(State.ADMIN_DOWN, Event.DETECTION_TIME_EXPIRED, State.DOWN, Diag.CONTROL_DETECTION_TIME_EXPIRED),
        session=Restless,
    ),
)
