"""Congestion (RFC 5880 section 7)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import following
from conformance.deviants.patches_paths import AsksForAsMuch, SelfishInCongestion, Unmoved
from refimpl.core import timing

PACE_US = 300_000
"""The rate at which the deviant goes on, whatever it announced."""

GOES_ON = following(transmit_interval=lambda v: min(timing.transmit_interval(v), PACE_US))

DEVIANTS = (
    Deviant("5880-7-r04", "less is announced, and as much sent", GOES_ON),
    Deviant("5880-7-r05", "less is announced, and as much sent", GOES_ON),
    Deviant("5880-7-r07", "congestion is ignored", session=Unmoved),
    Deviant("5880-7-r07", "the far end is asked for as much", session=AsksForAsMuch),
    Deviant("5880-7-r07", "the own rate is announced as before", session=SelfishInCongestion),
)
