"""Contents of, and permission for, outgoing Control packets (RFC 5880 section 6.8.7)."""

from refimpl.core.constants import MANDATORY_LENGTH
from refimpl.core.packet import ControlPacket
from refimpl.core.variables import StateVariables


def compose(v: StateVariables, *, poll: bool, final: bool) -> ControlPacket:
    """The packet that the variables ask for. Poll and Final never go together (6.5)."""
    return ControlPacket(
        state=v.session_state,
        diag=v.local_diag,
        poll=poll and not final,
        final=final,
        demand=v.demand_active,
        control_plane_independent=v.control_plane_independent,
        detect_mult=v.detect_mult,
        length=MANDATORY_LENGTH,
        my_discriminator=v.local_discr,
        your_discriminator=v.remote_discr,
        desired_min_tx_interval_us=v.desired_min_tx_interval_us,
        required_min_rx_interval_us=v.required_min_rx_interval_us,
        required_min_echo_rx_interval_us=v.required_min_echo_rx_interval_us,
    )


def may_transmit(v: StateVariables, *, passive: bool) -> bool:
    """May packets be sent at all, other than the answer to a Poll? (6.8.7: Passive role, Required Min RX Interval
    zero)."""
    if passive and v.remote_discr == 0:
        return False
    return v.remote_min_rx_interval_us != 0


def is_quieted(v: StateVariables, *, polling: bool) -> bool:
    """Do periodic packets cease, because Demand mode is active on the remote system and nothing is polled for?
    (6.8.7)"""
    return v.remote_demand_active and not polling
