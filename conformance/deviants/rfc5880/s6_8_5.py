"""Failures of the Echo function (RFC 5880 section 6.8.5)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import following, with_row
from refimpl.core.constants import Diag, State
from refimpl.core.fsm import Event

DEVIANTS = (
    Deviant(
        "5880-6.8.5-r01",
        "a hundred missing Echo packets are not enough",
        following(echo_failed=lambda missing, v: missing > 100),
    ),
    Deviant(
        "5880-6.8.5-r02",
        "Diag 1 for missing Echo packets",
        with_row(State.UP, Event.ECHO_FAILED, State.DOWN, Diag.CONTROL_DETECTION_TIME_EXPIRED),
    ),
)
