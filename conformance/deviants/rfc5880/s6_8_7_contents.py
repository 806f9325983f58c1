"""Contents of transmitted packets (RFC 5880 section 6.8.7)."""

from dataclasses import replace

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import composing, setting
from refimpl.core.constants import Diag, State
from refimpl.core.packet import ControlPacket
from refimpl.core.variables import StateVariables


def another_after_failure(packet: ControlPacket, v: StateVariables, poll: bool, final: bool) -> ControlPacket:
    """My Discriminator changes when the Detection Time has expired."""
    failed = v.session_state is State.DOWN and v.local_diag == Diag.CONTROL_DETECTION_TIME_EXPIRED
    return replace(packet, my_discriminator=packet.my_discriminator ^ 1) if failed else packet


def wrong_reflection(packet: ControlPacket, v: StateVariables, poll: bool, final: bool) -> ControlPacket:
    """While Up, Your Discriminator is one off."""
    return replace(packet, your_discriminator=v.remote_discr ^ 1) if v.session_state is State.UP else packet


def negotiated_tx(packet: ControlPacket, v: StateVariables, poll: bool, final: bool) -> ControlPacket:
    """Desired Min TX Interval is what was negotiated."""
    return replace(packet, desired_min_tx_interval_us=max(v.desired_min_tx_interval_us, v.remote_min_rx_interval_us))


def negotiated_rx(packet: ControlPacket, v: StateVariables, poll: bool, final: bool) -> ControlPacket:
    """Required Min RX Interval is what was negotiated."""
    negotiated = max(v.required_min_rx_interval_us, v.remote_desired_min_tx_interval_us)
    return replace(packet, required_min_rx_interval_us=negotiated)


DEVIANTS = (
    Deviant("5880-6.8.7-r32", "A set", setting(authentication_present=True)),
    Deviant("5880-6.8.7-r36", "Detect Mult 3 whatever is configured", setting(detect_mult=3)),
    Deviant("5880-6.8.7-r37", "Length 26", setting(length=26)),
    Deviant("5880-6.8.7-r38", "another My Discriminator after a failure", composing(another_after_failure)),
    Deviant("5880-6.8.7-r39", "Your Discriminator one off", composing(wrong_reflection)),
    Deviant("5880-6.8.7-r40", "negotiated Desired Min TX", composing(negotiated_tx)),
    Deviant("5880-6.8.7-r41", "negotiated Required Min RX", composing(negotiated_rx)),
)
