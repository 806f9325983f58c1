"""The Echo function in the procedures of Control packets (RFC 5880 sections 6.8.3, 6.8.6, 6.8.7 and 6.8.16)."""

from dataclasses import replace

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import composing, following
from conformance.deviants.patches_echo import heedless, willing_in
from refimpl.core.constants import State

DEVIANTS = (
    Deviant("5880-6.8.3-r11", "fast Control packets beside Echo packets", following(sedate_rx_us=0)),
    Deviant("5880-6.8.6-r23", "zero Required Min Echo RX Interval ignored", following(learn=heedless)),
    Deviant(
        "5880-6.8.7-r42",
        "one Required Min Echo RX Interval for all",
        composing(
            lambda packet, v, poll, final: replace(
                packet, required_min_echo_rx_interval_us=v.required_min_echo_rx_interval_us and 50_000
            )
        ),
    ),
    Deviant("5880-6.8.16-r04", "Echo packets in AdminDown", following(may_echo=willing_in(State.ADMIN_DOWN, State.UP))),
)
