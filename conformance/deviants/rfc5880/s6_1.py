"""Roles (RFC 5880 section 6.1)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import following

DEVIANTS = (
    Deviant(
        "5880-6.1-r03",
        "passive role ignored",
        following(may_transmit=lambda v, *, passive: v.remote_min_rx_interval_us != 0),
    ),
)
