"""The state variables of a session (RFC 5880 section 6.8.1).

Some variables are kept in two forms, because 6.8.3 tells them apart: what is *announced* in outgoing packets, and
what is *in force* in our own timers while a Poll Sequence has not yet told the remote system about the change.
"""

from dataclasses import dataclass

from refimpl.core.constants import INITIAL_REMOTE_MIN_RX_US, State


@dataclass(slots=True)
class StateVariables:
    """bfd.Xx of RFC 5880 section 6.8.1; intervals in microseconds, discriminators 0 to 2**32-1.

    `demand_mode` is what the D bit announces; `demand_in_force` outlasts it until the remote system knows that it may
    no longer be silent. `remote_desired_min_tx_interval_us` and `remote_detect_mult` are the last received fields, from
    which 6.8.4 computes the Detection Time; 0 until a packet came. Sequence numbers are 0 to 2**32-1, circular, and
    mean nothing while `auth_type` is 0. The C bit of each direction is no variable of 6.8.1, but has to be kept for
    RFC 5882 section 4.3.

    6.8.1 has no variables for the Echo function. `required_min_echo_rx_interval_us` is announced (0: Echo packets are
    not looped back), `desired_min_echo_tx_interval_us` is the operator's wish (0: none are sent), and
    `remote_min_echo_rx_interval_us` the last received field.
    """

    local_discr: int
    desired_min_tx_interval_us: int
    required_min_rx_interval_us: int
    detect_mult: int
    desired_min_tx_in_force_us: int
    required_min_rx_in_force_us: int
    session_state: State = State.DOWN
    remote_session_state: State = State.DOWN
    remote_discr: int = 0
    local_diag: int = 0
    remote_diag: int = 0
    remote_min_rx_interval_us: int = INITIAL_REMOTE_MIN_RX_US
    demand_mode: bool = False
    demand_in_force: bool = False
    remote_demand_mode: bool = False
    auth_type: int = 0
    rcv_auth_seq: int = 0
    xmit_auth_seq: int = 0
    auth_seq_known: bool = False
    remote_desired_min_tx_interval_us: int = 0
    remote_detect_mult: int = 0
    control_plane_independent: bool = False
    remote_control_plane_independent: bool = False
    required_min_echo_rx_interval_us: int = 0
    desired_min_echo_tx_interval_us: int = 0
    remote_min_echo_rx_interval_us: int = 0

    @property
    def both_up(self) -> bool:
        """The session is Up, and so says the remote system."""
        return self.session_state is State.UP and self.remote_session_state is State.UP

    @property
    def demand_active(self) -> bool:
        """Demand mode is active on the local system (RFC 5880 section 6.8)."""
        return self.demand_mode and self.both_up

    @property
    def remote_demand_active(self) -> bool:
        """Demand mode is active on the remote system (RFC 5880 section 6.8)."""
        return self.remote_demand_mode and self.both_up

    @property
    def shares_fate_with_control_plane(self) -> bool:
        """The C bit is clear in at least one direction, so that a failure of the session may be no more than a restart
        of a control plane (RFC 5882 section 4.3.2)."""
        return not (self.control_plane_independent and self.remote_control_plane_independent)
