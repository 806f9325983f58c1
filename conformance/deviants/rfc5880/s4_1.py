"""Contents of Control packets that RFC 5880 section 4.1 forbids."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import setting, with_row
from refimpl.core.constants import Diag, State
from refimpl.core.fsm import Event

DEVIANTS = (
    Deviant(
        "5880-4.1-r04",
        "a neighbor that went down is called a failed path",
        with_row(State.UP, Event.RECEIVED_DOWN, State.DOWN, Diag.PATH_DOWN),
    ),
    Deviant(
        "5880-4.1-r04",
        "a silent neighbor is called a reset of the forwarding plane",
        with_row(State.UP, Event.DETECTION_TIME_EXPIRED, State.DOWN, Diag.FORWARDING_PLANE_RESET),
    ),
    Deviant("5880-4.1-r05", "reserved diagnostic", setting(diag=9)),
)
