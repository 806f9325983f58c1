"""Failures of paths that are joined to the monitored one (RFC 5880 section 6.8.17).

An interworking agent reports them; BFD only carries the word. The session stays Up, so the diagnostic says nothing
about this path, and the next failure of the session itself replaces it.
"""

from refimpl.core.constants import Diag, State
from refimpl.core.fsm import Event
from refimpl.core.variables import StateVariables

FAILURES = frozenset({Diag.CONCATENATED_PATH_DOWN, Diag.REVERSE_CONCATENATED_PATH_DOWN})


def event_of(v: StateVariables, diag: Diag) -> Event | None:
    """What a report means for a session: a failure in the direction of `diag`, or with `Diag.NONE` that it is over;
    None when there is nothing to take back.

    Raises ValueError for any other diagnostic, and for a failure reported to a session that is not Up: its diagnostic
    tells why it is not, and the agent has to report again once it is.
    """
    if diag is Diag.NONE:
        return Event.CONCATENATED_PATH_RESTORED if v.local_diag in FAILURES else None
    if diag not in FAILURES:
        raise ValueError(f"diagnostic {int(diag)} is not about a concatenated path; allowed are 6, 8, and 0 when over")
    if v.session_state is not State.UP:
        raise ValueError(f"the session is {v.session_state.label}; report the path again once it is Up (6.8.17)")
    return Event.CONCATENATED_PATH_DOWN
