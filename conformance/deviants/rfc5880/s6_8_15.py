"""A reset of the forwarding plane (RFC 5880 section 6.8.15)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_paths import on_reset
from refimpl.core.constants import Diag, State

DEVIANTS = (
    Deviant("5880-6.8.15-r01", "reset without a diagnostic", on_reset(State.DOWN, None)),
    Deviant("5880-6.8.15-r01", "reset as a failed path", on_reset(State.DOWN, Diag.PATH_DOWN)),
    Deviant("5880-6.8.15-r02", "reset leads to AdminDown", on_reset(State.ADMIN_DOWN, Diag.FORWARDING_PLANE_RESET)),
)
