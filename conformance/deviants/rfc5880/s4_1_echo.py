"""Required Min Echo RX Interval (RFC 5880 section 4.1)."""

from dataclasses import replace

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import composing, setting

DEVIANTS = (
    Deviant(
        "5880-4.1-r11",
        "Required Min Echo RX Interval in milliseconds",
        composing(
            lambda packet, v, poll, final: replace(
                packet, required_min_echo_rx_interval_us=packet.required_min_echo_rx_interval_us // 1000
            )
        ),
    ),
    Deviant(
        "5880-4.1-r12",
        "Echo packets asked for and not looped back",
        setting(required_min_echo_rx_interval_us=50_000),
    ),
)
