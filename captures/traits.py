"""What a speaker has to do with at all: questions that are quick to answer, and spare many checks a closer look."""

from captures.findings import View
from captures.handshake import DOWN, steps


def falls(view: View) -> bool:
    """Whether a session of the speaker comes to Down."""
    return any(step.after.row.state == DOWN for step in steps(view))


def demand(view: View) -> bool:
    """Whether anybody sets the D bit."""
    return any(said.row.demand for end in (*view.ends, *view.peers) for said in end.said)


def authentication(view: View) -> bool:
    """Whether the speaker sends an Authentication Section."""
    return any(said.row.auth_type is not None for said in view.sent)
