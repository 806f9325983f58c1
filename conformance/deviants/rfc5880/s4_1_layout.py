"""Fields where RFC 5880 section 4.1 does not have them."""

from dataclasses import replace

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import composing
from conformance.deviants.patches_contents import (
    bending,
    exchanged_intervals,
    exchanged_mult_and_length,
    little_endian_intervals,
)
from refimpl.core.constants import State
from refimpl.core.packet import ControlPacket
from refimpl.core.variables import StateVariables

EXCHANGED = {State.INIT: State.UP, State.UP: State.INIT}


def exchanged_states(packet: ControlPacket, v: StateVariables, poll: bool, final: bool) -> ControlPacket:
    """Init and Up have each other's value."""
    return replace(packet, state=EXCHANGED.get(v.session_state, v.session_state))


def no_admin_down(packet: ControlPacket, v: StateVariables, poll: bool, final: bool) -> ControlPacket:
    """AdminDown has the value of Down."""
    return replace(packet, state=State.DOWN) if v.session_state is State.ADMIN_DOWN else packet


DEVIANTS = (
    Deviant("5880-4.1-r01", "least significant byte first", flaws=bending(little_endian_intervals)),
    Deviant("5880-4.1-r01", "intervals exchanged", flaws=bending(exchanged_intervals)),
    Deviant("5880-4.1-r01", "Detect Mult and Length exchanged", flaws=bending(exchanged_mult_and_length)),
    Deviant("5880-4.1-r06", "Init and Up exchanged", composing(exchanged_states)),
    Deviant("5880-4.1-r06", "AdminDown sent as Down", composing(no_admin_down)),
)
