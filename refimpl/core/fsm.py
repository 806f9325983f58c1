"""The state machine as one table (RFC 5880 sections 6.2, 6.8.4 to 6.8.6 and 6.8.15 to 6.8.17).

`TABLE[state, event]` is the next state, the diagnostic to set (None leaves bfd.LocalDiag alone) and the clause.
Every pair of state and event has a row, also those in which nothing happens: what is not in the table does not exist.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import NamedTuple

from refimpl.core.constants import Diag, State


class Event(Enum):
    """What may move a session."""

    RECEIVED_ADMIN_DOWN = "received AdminDown"
    RECEIVED_DOWN = "received Down"
    RECEIVED_INIT = "received Init"
    RECEIVED_UP = "received Up"
    DETECTION_TIME_EXPIRED = "Detection Time expired"
    ECHO_FAILED = "Echo packets did not come back"
    DISABLE = "administratively disabled"
    ENABLE = "administratively enabled"
    FORWARDING_PLANE_RESET = "forwarding plane reset"
    CONCATENATED_PATH_DOWN = "concatenated path down"
    CONCATENATED_PATH_RESTORED = "concatenated path restored"


RECEIVED: Mapping[int, Event] = MappingProxyType(
    {
        State.ADMIN_DOWN: Event.RECEIVED_ADMIN_DOWN,
        State.DOWN: Event.RECEIVED_DOWN,
        State.INIT: Event.RECEIVED_INIT,
        State.UP: Event.RECEIVED_UP,
    }
)
"""The event for each value of a received State field."""


class Transition(NamedTuple):
    """Where an event leads. `diag` None means that bfd.LocalDiag stays as it is."""

    state: State
    diag: Diag | None
    clause: str


_ADMIN, _DOWN, _INIT, _UP = State.ADMIN_DOWN, State.DOWN, State.INIT, State.UP
_NEIGHBOR = Diag.NEIGHBOR_SIGNALED_SESSION_DOWN
_EXPIRED = Diag.CONTROL_DETECTION_TIME_EXPIRED
_ECHO_FAILED = Diag.ECHO_FUNCTION_FAILED
_DISABLED = Diag.ADMINISTRATIVELY_DOWN
_RESET = Diag.FORWARDING_PLANE_RESET
_PATH_DOWN = Diag.CONCATENATED_PATH_DOWN

TABLE: Mapping[tuple[State, Event], Transition] = MappingProxyType(
    {
        # AdminDown: a received packet is discarded before it could move the session.
        (_ADMIN, Event.RECEIVED_ADMIN_DOWN): Transition(_ADMIN, None, "6.8.6"),
        (_ADMIN, Event.RECEIVED_DOWN): Transition(_ADMIN, None, "6.8.6"),
        (_ADMIN, Event.RECEIVED_INIT): Transition(_ADMIN, None, "6.8.6"),
        (_ADMIN, Event.RECEIVED_UP): Transition(_ADMIN, None, "6.8.6"),
        (_ADMIN, Event.DETECTION_TIME_EXPIRED): Transition(_ADMIN, None, "6.8.4"),
        (_ADMIN, Event.ECHO_FAILED): Transition(_ADMIN, None, "6.8.5"),
        (_ADMIN, Event.DISABLE): Transition(_ADMIN, _DISABLED, "6.8.16"),
        (_ADMIN, Event.ENABLE): Transition(_DOWN, None, "6.8.16"),
        # Nobody relies on a session that is AdminDown, and only the operator ends this state (6.2, 6.8.16).
        (_ADMIN, Event.FORWARDING_PLANE_RESET): Transition(_ADMIN, None, "6.8.15"),
        (_ADMIN, Event.CONCATENATED_PATH_DOWN): Transition(_ADMIN, None, "6.8.17"),
        (_ADMIN, Event.CONCATENATED_PATH_RESTORED): Transition(_ADMIN, None, "6.8.17"),
        # Down: waits until the remote system agrees that the session is down.
        (_DOWN, Event.RECEIVED_ADMIN_DOWN): Transition(_DOWN, None, "6.8.6"),
        (_DOWN, Event.RECEIVED_DOWN): Transition(_INIT, None, "6.8.6"),
        (_DOWN, Event.RECEIVED_INIT): Transition(_UP, None, "6.8.6"),
        (_DOWN, Event.RECEIVED_UP): Transition(_DOWN, None, "6.8.6"),
        (_DOWN, Event.DETECTION_TIME_EXPIRED): Transition(_DOWN, None, "6.8.4"),
        (_DOWN, Event.ECHO_FAILED): Transition(_DOWN, None, "6.8.5"),
        (_DOWN, Event.DISABLE): Transition(_ADMIN, _DISABLED, "6.8.16"),
        (_DOWN, Event.ENABLE): Transition(_DOWN, None, "6.8.16"),
        (_DOWN, Event.FORWARDING_PLANE_RESET): Transition(_DOWN, _RESET, "6.8.15"),
        (_DOWN, Event.CONCATENATED_PATH_DOWN): Transition(_DOWN, None, "6.8.17"),
        (_DOWN, Event.CONCATENATED_PATH_RESTORED): Transition(_DOWN, None, "6.8.17"),
        # Init: the remote system is there, but does not yet know that we are.
        (_INIT, Event.RECEIVED_ADMIN_DOWN): Transition(_DOWN, _NEIGHBOR, "6.8.6"),
        (_INIT, Event.RECEIVED_DOWN): Transition(_INIT, None, "6.8.6"),
        (_INIT, Event.RECEIVED_INIT): Transition(_UP, None, "6.8.6"),
        (_INIT, Event.RECEIVED_UP): Transition(_UP, None, "6.8.6"),
        (_INIT, Event.DETECTION_TIME_EXPIRED): Transition(_DOWN, _EXPIRED, "6.8.4"),
        (_INIT, Event.ECHO_FAILED): Transition(_INIT, None, "6.8.5"),
        (_INIT, Event.DISABLE): Transition(_ADMIN, _DISABLED, "6.8.16"),
        (_INIT, Event.ENABLE): Transition(_INIT, None, "6.8.16"),
        (_INIT, Event.FORWARDING_PLANE_RESET): Transition(_DOWN, _RESET, "6.8.15"),
        (_INIT, Event.CONCATENATED_PATH_DOWN): Transition(_INIT, None, "6.8.17"),
        (_INIT, Event.CONCATENATED_PATH_RESTORED): Transition(_INIT, None, "6.8.17"),
        # Up: connectivity works in both directions.
        (_UP, Event.RECEIVED_ADMIN_DOWN): Transition(_DOWN, _NEIGHBOR, "6.8.6"),
        (_UP, Event.RECEIVED_DOWN): Transition(_DOWN, _NEIGHBOR, "6.8.6"),
        (_UP, Event.RECEIVED_INIT): Transition(_UP, None, "6.8.6"),
        (_UP, Event.RECEIVED_UP): Transition(_UP, None, "6.8.6"),
        (_UP, Event.DETECTION_TIME_EXPIRED): Transition(_DOWN, _EXPIRED, "6.8.4"),
        (_UP, Event.ECHO_FAILED): Transition(_DOWN, _ECHO_FAILED, "6.8.5"),
        (_UP, Event.DISABLE): Transition(_ADMIN, _DISABLED, "6.8.16"),
        (_UP, Event.ENABLE): Transition(_UP, None, "6.8.16"),
        (_UP, Event.FORWARDING_PLANE_RESET): Transition(_DOWN, _RESET, "6.8.15"),
        (_UP, Event.CONCATENATED_PATH_DOWN): Transition(_UP, _PATH_DOWN, "6.8.17"),
        (_UP, Event.CONCATENATED_PATH_RESTORED): Transition(_UP, Diag.NONE, "6.8.17"),
    }
)
