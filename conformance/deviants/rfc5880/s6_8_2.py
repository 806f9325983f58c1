"""Timer negotiation (RFC 5880 section 6.8.2)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import following, learning_without
from conformance.deviants.patches_tables import InStep
from refimpl.core import timing
from refimpl.core.variables import StateVariables


def slowest_of_all(v: StateVariables) -> int:
    """One interval for both directions."""
    received = max(v.required_min_rx_in_force_us, v.remote_desired_min_tx_interval_us)
    return max(timing.transmit_interval(v), received)


DEVIANTS = (
    Deviant("5880-6.8.2-r01", "rate negotiated once", learning_without("remote_min_rx_interval_us")),
    Deviant("5880-6.8.2-r01", "Detection Time negotiated once", learning_without("remote_desired_min_tx_interval_us")),
    Deviant("5880-6.8.2-r02", "one interval for both directions", following(transmit_interval=slowest_of_all)),
    Deviant(
        "5880-6.8.2-r02",
        "Detection Time of the slower direction",
        following(detection_time=lambda v: v.remote_detect_mult * slowest_of_all(v)),
    ),
    Deviant("5880-6.8.2-r03", "one rate for all sessions", table=InStep),
)
