"""Transitions by a received state (RFC 5880 section 6.8.6)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import following, with_row
from conformance.deviants.patches_outputs import AnswersTooEarly
from conformance.deviants.patches_states import WokenByPackets, reset_by_polls
from refimpl.core.constants import State
from refimpl.core.fsm import Event

DOWN, INIT, UP = State.DOWN, State.INIT, State.UP

DEVIANTS = (
    Deviant("5880-6.8.6-r27", "AdminDown ends with a packet", session=WokenByPackets),
    Deviant("5880-6.8.6-r28", "Down takes AdminDown for Down", with_row(DOWN, Event.RECEIVED_ADMIN_DOWN, INIT)),
    Deviant("5880-6.8.6-r29", "Init ignores AdminDown", with_row(INIT, Event.RECEIVED_ADMIN_DOWN, INIT)),
    Deviant("5880-6.8.6-r31", "Init leaves without diagnostic", with_row(INIT, Event.RECEIVED_ADMIN_DOWN, DOWN)),
    Deviant("5880-6.8.6-r32", "Up leaves without diagnostic", with_row(UP, Event.RECEIVED_ADMIN_DOWN, DOWN)),
    Deviant("5880-6.8.6-r33", "Down ignores Down", with_row(DOWN, Event.RECEIVED_DOWN, DOWN)),
    Deviant("5880-6.8.6-r34", "Down takes Init for Down", with_row(DOWN, Event.RECEIVED_INIT, INIT)),
    Deviant("5880-6.8.6-r36", "Init waits for Up", with_row(INIT, Event.RECEIVED_INIT, INIT)),
    Deviant("5880-6.8.6-r38", "Init falls back on Down", with_row(INIT, Event.RECEIVED_DOWN, DOWN)),
    Deviant("5880-6.8.6-r39", "Up ignores Down", with_row(UP, Event.RECEIVED_DOWN, UP)),
    Deviant("5880-6.8.6-r41", "Up falls back on Init", with_row(UP, Event.RECEIVED_INIT, INIT)),
    Deviant("5880-6.8.6-r42", "Up is reset by a Poll", following(learn=reset_by_polls)),
    Deviant("5880-6.8.6-r48", "a Poll is answered with the old state", session=AnswersTooEarly),
)
