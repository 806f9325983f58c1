"""Transmission of Echo packets (RFC 5880 section 6.8.9)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import following
from conformance.deviants.patches_echo import willing_in
from refimpl.core.constants import State
from refimpl.core.procedures import RFC5880

DEVIANTS = (
    Deviant("5880-6.8.9-r01", "Echo packets in Init", following(may_echo=willing_in(State.INIT, State.UP))),
    Deviant(
        "5880-6.8.9-r01",
        "Echo packets in Down",
        following(
            may_echo=willing_in(State.DOWN, State.UP),
            # Nothing fails in Down, whatever does not come back.
            echo_failed=lambda missing, v: v.session_state is State.UP and RFC5880.echo_failed(missing, v),
        ),
    ),
    Deviant(
        "5880-6.8.9-r02",
        "Echo packets uninvited",
        following(may_echo=lambda v: v.session_state is State.UP and v.desired_min_echo_tx_interval_us != 0),
    ),
    Deviant(
        "5880-6.8.9-r04", "own Echo interval only", following(echo_interval=lambda v: v.desired_min_echo_tx_interval_us)
    ),
)
