"""Intervals that RFC 5880 section 4.1 does not know."""

from dataclasses import replace

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import composing
from refimpl.core.constants import State
from refimpl.core.packet import ControlPacket
from refimpl.core.variables import StateVariables


def tx_in_milliseconds(packet: ControlPacket, v: StateVariables, poll: bool, final: bool) -> ControlPacket:
    """Desired Min TX Interval in the wrong unit."""
    return replace(packet, desired_min_tx_interval_us=packet.desired_min_tx_interval_us // 1000)


def rx_in_milliseconds(packet: ControlPacket, v: StateVariables, poll: bool, final: bool) -> ControlPacket:
    """Required Min RX Interval in the wrong unit."""
    return replace(packet, required_min_rx_interval_us=packet.required_min_rx_interval_us // 1000)


def no_interval_while_down(packet: ControlPacket, v: StateVariables, poll: bool, final: bool) -> ControlPacket:
    """Desired Min TX Interval zero in Down."""
    return replace(packet, desired_min_tx_interval_us=0) if v.session_state is State.DOWN else packet


DEVIANTS = (
    Deviant("5880-4.1-r08", "Desired Min TX in milliseconds", composing(tx_in_milliseconds)),
    Deviant("5880-4.1-r09", "Desired Min TX zero while Down", composing(no_interval_while_down)),
    Deviant("5880-4.1-r10", "Required Min RX in milliseconds", composing(rx_in_milliseconds)),
)
