"""Expiry of the Detection Time (RFC 5880 section 6.8.4)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import following
from conformance.deviants.patches_selection import DiscardedPacketsCount
from conformance.deviants.patches_states import ExpiresInDown
from refimpl.core import timing

DEVIANTS = (
    Deviant(
        "5880-6.8.4-r07",
        "Detection Time cut short",
        following(detection_time=lambda v: timing.detection_time(v) * 7 // 10),
    ),
    Deviant("5880-6.8.4-r08", "diagnostic of an expiry in Down", session=ExpiresInDown),
    Deviant("5880-6.8.4-r16", "discarded packets hold off the expiry", table=DiscardedPacketsCount),
)
