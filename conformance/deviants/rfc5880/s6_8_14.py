"""Enabling and disabling Demand mode (RFC 5880 section 6.8.14)."""

from dataclasses import replace

from conformance.deviants import patches_demand as patches
from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import composing

DEVIANTS = (
    Deviant(
        "5880-6.8.14-r01",
        "Demand mode active as soon as it is asked for",
        replace(composing(patches.demand_as_stored), demand_may_be_active=lambda v: True),
    ),
)
