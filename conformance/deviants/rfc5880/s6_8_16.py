"""Administrative control (RFC 5880 section 6.8.16)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import with_row
from conformance.deviants.patches_paths import BlamesNeighbor, SaysOnce
from refimpl.core.constants import Diag, State
from refimpl.core.fsm import Event

DEVIANTS = (
    Deviant("5880-6.8.16-r01", "enabling leads to Init", with_row(State.ADMIN_DOWN, Event.ENABLE, State.INIT)),
    Deviant(
        "5880-6.8.16-r02",
        "disabling leads to Down",
        with_row(State.UP, Event.DISABLE, State.DOWN, Diag.ADMINISTRATIVELY_DOWN),
    ),
    Deviant("5880-6.8.16-r03", "disabled, but the neighbor is blamed", session=BlamesNeighbor),
    Deviant("5880-6.8.16-r07", "AdminDown is said once", session=SaysOnce),
)
