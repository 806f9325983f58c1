"""Administrative control (RFC 5880 section 6.8.16)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import with_row
from refimpl.core.constants import State
from refimpl.core.fsm import Event

DEVIANTS = (Deviant("5880-6.8.16-r01", "enabling leads to Init", with_row(State.ADMIN_DOWN, Event.ENABLE, State.INIT)),)
