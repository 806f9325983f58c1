"""What a speaker has to do with at all: questions that are quick to answer, and spare many checks a closer look."""

from captures.findings import View
from captures.handshake import DOWN, LAG_NS, steps


def falls(view: View) -> bool:
    """Whether a session of the speaker comes to Down."""
    return any(step.after.row.state == DOWN for step in steps(view))


def demand(view: View) -> bool:
    """Whether anybody sets the D bit."""
    return any(said.row.demand for end in (*view.ends, *view.peers) for said in end.said)


def authentication(view: View) -> bool:
    """Whether the speaker sends an Authentication Section."""
    return any(said.row.auth_type is not None for said in view.sent)


def polls(view: View) -> bool:
    """Whether the speaker sets the P bit."""
    return any(said.row.poll for said in view.sent)


def is_polled(view: View) -> bool:
    """Whether a peer sets the P bit."""
    return any(said.row.poll for peer in view.peers for said in peer.said)


def answers(view: View) -> bool:
    """Whether the speaker sets the F bit."""
    return any(said.row.final for said in view.sent)


def peer_pauses(view: View) -> bool:
    """Whether any end of the other side is silent for so long that it cannot be on the way only."""
    for peer in view.peers:
        if view.ends_ns - peer.said[-1].last_ns >= LAG_NS:
            return True
        for _, each in peer.stretches():
            if (each.lead_ns or 0) >= LAG_NS or (each.longest is not None and each.longest.ns >= LAG_NS):
                return True
    return False


def peer_changes(view: View) -> bool:
    """Whether the other side has several discriminators."""
    return len({peer.discriminator for peer in view.peers}) > 1


def peer_wants_none(view: View) -> bool:
    """Whether a peer asks for no periodic packets."""
    return any(said.row.required_min_rx_interval_us == 0 for peer in view.peers for said in peer.said)


def is_one_of_many(view: View) -> bool:
    """Whether the capture shows the speaker's address in other conversations, too."""
    return len(view.system.conversations) > 1
