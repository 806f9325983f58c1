"""Rules about who a session's packets come from: its ports and discriminators, and that there is one of it.

Covers RFC 5880 sections 6.3, 6.8.6 and 6.8.7, RFC 5881 sections 3 and 4, RFC 5883 section 5.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter

from captures import traits
from captures.checks.contents import NO_MULTIHOP, NO_SINGLE_HOP, SINGLE_HOP_PORT, multihop, single_hop
from captures.conversation import End, Said, Stretch
from captures.detection import defied, demanding, first_orders
from captures.findings import Check, Evidence, System, View, Wrong, at, span
from captures.handshake import INIT, LAG_NS, UP, judged
from captures.rows import Row

_ALIVE_PACKETS = 3
"""An end that sent fewer may be a packet that was on its way when a session ended."""


def _destination_port(view: View) -> Evidence:
    """Another port may be another application; it is a stray when the peer runs the same session on 3784."""
    if view.conversation.destination_port == SINGLE_HOP_PORT:
        named = {said.row.your_discriminator for peer in view.peers for said in peer.said}
        return Evidence(sum(end.count for end in view.ends if end.discriminator in named))  # those are sessions
    sessions = view.system.once("single-hop sessions", _sessions)
    examined, wrong = 0, []
    for said in view.sent:
        row = said.row
        if row.your_discriminator and (row.destination, row.your_discriminator, row.my_discriminator) in sessions:
            examined += said.count
            words = f"destination port {row.destination_port}, while the peer's packets of the session go to 3784"
            wrong.append(Wrong(span(said), "destination port 3784", words))
    return Evidence(examined, wrong)


def _sessions(system: System) -> set[tuple[str, int, int]]:
    """What peers send the system on port 3784: their address and discriminator, and that of the system."""
    return {
        (said.row.source, said.row.my_discriminator, said.row.your_discriminator)
        for conversation in system.conversations
        if conversation.destination_port == SINGLE_HOP_PORT
        for end in conversation.of(conversation.other(system.address))
        for said in end.said
        if said.row.destination == system.address
    }


def _same_source_port(view: View, *, of: Callable[[Row], bool]) -> Evidence:
    """A return to Your Discriminator zero may be a restarted speaker with the old discriminator: it starts anew."""
    examined, wrong = 0, []
    for end in view.ends:
        begun: Said | None = None
        before: Said | None = None
        for said in end.said:
            if not of(said.row):
                continue
            last, before = before, said
            if begun is None or (last is not None and last.row.your_discriminator and not said.row.your_discriminator):
                begun = said
                examined += said.count - 1
                continue
            examined += said.count
            if said.row.source_port != begun.row.source_port:
                expected = f"source port {begun.row.source_port}, as in the session's frame {begun.first_frame}"
                wrong.append(Wrong(span(said), expected, f"source port {said.row.source_port}"))
    return Evidence(examined, wrong)


def _own_source_port(view: View, *, of: Callable[[Row], bool]) -> Evidence:
    """Only sessions that live at the same time are compared, with other peers of the same address."""
    others = view.system.once("sessions", _Sessions)
    examined, wrong = 0, []
    for end in filter(_alive, view.ends):
        row = end.said[0].row
        if not of(row) or not others.any_with(end):
            continue
        examined += 1
        for other in others.of_ports.get((row.source_port, row.destination_port), ()):
            if other.conversation is not end.conversation and _overlap(end, other):
                theirs = other.said[0].row
                words = f"source port {row.source_port} in the session with {theirs.destination} as well"
                wrong.append(Wrong(span(end.said[0]), "a source port that no other session has", words))
                break
    return Evidence(examined, wrong)


def _own_discriminator(view: View) -> Evidence:
    """One address in one place of the capture is taken for one system."""
    others = view.system.once("sessions", _Sessions)
    examined, wrong = 0, []
    for end in filter(_alive, view.ends):
        examined += others.any_with(end)
        for other in others.of_discriminator.get(end.discriminator, ()):
            if other.conversation is not end.conversation and _overlap(end, other) and not _strays(end, other):
                theirs = other.said[0]
                words = f"{end.discriminator:#010x} in the session with {theirs.row.destination} as well"
                words += f", frame {theirs.first_frame}"
                wrong.append(Wrong(span(end.said[0]), "a discriminator that no other session has", words))
                break
    return Evidence(examined, wrong)


class _Sessions:
    """The ends of a system that are alive, found again by what no two of them may share."""

    def __init__(self, system: System) -> None:
        ends = [end for each in system.conversations for end in each.of(system.address) if _alive(end)]
        self.of_ports: dict[tuple[int, int], list[End]] = {}
        self.of_discriminator: dict[int | None, list[End]] = {}
        for end in ends:
            row = end.said[0].row
            self.of_ports.setdefault((row.source_port, row.destination_port), []).append(end)
            self.of_discriminator.setdefault(end.discriminator, []).append(end)
        self._all = _Lives(ends)
        self._by_conversation: dict[int, _Lives] = {}

    def any_with(self, end: End) -> bool:
        """Whether the system sends in another conversation while the end does."""
        own = self._by_conversation.get(id(end.conversation))
        if own is None:
            ends = [each for each in end.conversation.of(end.address) if _alive(each)]
            own = self._by_conversation[id(end.conversation)] = _Lives(ends)
        return self._all.overlapping(end) > own.overlapping(end)


class _Lives:
    """From when to when ends send."""

    def __init__(self, ends: Sequence[End]) -> None:
        long = [life for end in ends if (life := _life(end))[1] - life[0] > LAG_NS]
        self._begins = sorted(begin for begin, _ in long)
        self._ends = sorted(end for _, end in long)

    def overlapping(self, end: End) -> int:
        """How many overlap with the end, see `_overlap`: not those that began too late, nor those that ended too early;
        none does both."""
        begins, ends = _life(end)
        if ends - begins <= LAG_NS:
            return 0
        early = bisect_left(self._begins, ends - LAG_NS)
        return early - bisect_right(self._ends, begins + LAG_NS)


def _strays(end: End, other: End) -> bool:
    """Both to the same peer: one session whose packets go to several ports, which is another rule's matter."""
    return end.said[0].row.destination == other.said[0].row.destination


def _one_session(view: View) -> Evidence:
    """Two discriminators that both go on for longer than a restart takes, towards one peer on one interface."""
    ends = sorted((end for end in view.ends if single_hop(end.said[0].row) and _alive(end)), key=_life)
    wrong = []
    one: End | None = None  # of those that began before, the one that goes on for longest
    for other in ends:
        if one is not None and _overlap(one, other):
            words = f"{one.discriminator:#010x} and {other.discriminator:#010x} at the same time"
            wrong.append(Wrong(span(other.said[0]), "one session between two systems on an interface", words))
        if one is None or _life(one)[1] < _life(other)[1]:
            one = other
    return Evidence(len(ends), wrong)


def _alive(end: End) -> bool:
    return end.discriminator != 0 and end.count >= _ALIVE_PACKETS


def _life(end: End) -> tuple[int, int]:
    return end.said[0].first_ns, end.said[-1].last_ns


def _overlap(one: End, other: End) -> bool:
    """Whether both sent during more time than it takes to replace one session by another."""
    (one_begins, one_ends), (other_begins, other_ends) = _life(one), _life(other)
    return min(one_ends, other_ends) - max(one_begins, other_begins) > LAG_NS


def _reflected(view: View) -> Evidence:
    """What a session says of the peer's discriminator must have come from the peer; a value that stood in the session's
    first packet of the capture may have come before it, and so may one that is said just after that."""
    examined, wrong, undecided = 0, [], []
    begun_ns = min([end.said[0].first_ns for end in (*view.ends, *view.peers)], default=0)
    for end in view.ends:
        taken = end.said[0].row.your_discriminator if end.said else 0
        for said in end.said:
            row = said.row
            if row.version != 1 or not row.your_discriminator or row.to_many:
                continue
            sent_before = _sent_before(view, row.your_discriminator, said)
            early = row.your_discriminator == taken or said.first_ns < begun_ns + LAG_NS
            if early and not sent_before:
                undecided.append(f"Your Discriminator of frame {said.first_frame}: the capture began later")
                continue
            examined += said.count
            if not sent_before:
                words = f"Your Discriminator {row.your_discriminator:#010x}, which the peer had not sent"
                wrong.append(Wrong(span(said), "the My Discriminator received last", words))
    return Evidence(examined, wrong if view.peers else (), undecided)


def _sent_before(view: View, discriminator: int, said: Said) -> bool:
    frame, ns = said.first_frame, said.first_ns
    return any(
        peer.said[0].first_frame < frame or peer.said[0].first_ns <= ns
        for peer in view.once("peers by discriminator", _by_discriminator).get(discriminator, ())
    )


def _by_discriminator(view: View) -> dict[int | None, list[End]]:
    found: dict[int | None, list[End]] = {}
    for peer in view.peers:
        found.setdefault(peer.discriminator, []).append(peer)
    return found


def _newest(view: View) -> Evidence:
    """The peer went over to another discriminator, and the session lives on with the old one: had it not heard of that,
    it would have to be Down (section 6.8.4)."""
    examined, wrong = 0, []
    for end, said in judged(view):
        if end in demanding(view):  # silence means nothing in Demand mode
            continue
        named: dict[int, list[Stretch]] = {}
        for each in said:
            if each.row.state in (INIT, UP):
                named.setdefault(each.row.your_discriminator, []).extend(each.stretches)
        arrivals = list(first_orders(end, view, attrgetter("my_discriminator")))
        for discriminator, outdated in named.items():
            olds = view.once("peers by discriminator", _by_discriminator).get(discriminator)
            if olds is None:
                continue
            later = bisect_right(arrivals, max(old.said[-1].last_ns for old in olds), key=attrgetter("since_ns"))
            examined += len(arrivals) - later
            for order in arrivals[later:]:
                late = defied(order, outdated)
                if late is not None:
                    new = order.first.row.my_discriminator
                    seconds = (late.last_ns - order.since_ns) / 1e9
                    words = f"{discriminator:#010x}, {seconds:.1f} s after frame {order.first.stretch.first_frame}"
                    expected = f"Your Discriminator {new:#010x}, which the peer sends now"
                    wrong.append(Wrong(at(late.last_frame, late.last_ns), expected, words))
                    break
                if order.since_ns > outdated[-1].last_ns:
                    break
    return Evidence(examined, wrong)


CHECKS: tuple[Check, ...] = (
    Check(
        requirement="5880-6.3-r02",
        clause="RFC 5880 section 6.3: no two sessions of a system use the same discriminator",
        level="MUST",
        examine=_own_discriminator,
        absent="the capture shows no two sessions of the speaker at the same time",
        about=traits.is_one_of_many,
    ),
    Check(
        requirement="5880-6.8.7-r39",
        clause="RFC 5880 section 6.8.7: Your Discriminator is what was received, zero if nothing was",
        level="MUST",
        examine=_reflected,
        absent="the speaker sent no Your Discriminator that it learned within the capture",
    ),
    Check(
        requirement="5880-6.8.6-r19",
        clause="RFC 5880 section 6.8.6: a new My Discriminator of the peer is reflected from then on",
        level="MUST",
        examine=_newest,
        absent="no peer of the speaker went over to another discriminator",
        about=traits.peer_changes,
    ),
    Check(
        requirement="5881-3-r01",
        clause="RFC 5881 section 3: two systems have one session only on an interface",
        level="MUST",
        examine=_one_session,
        absent=NO_SINGLE_HOP,
    ),
    Check(
        requirement="5881-4-r01",
        clause="RFC 5881 section 4: the UDP destination port is 3784",
        level="MUST",
        examine=_destination_port,
        absent="the capture shows no single-hop session of the speaker",
    ),
    Check(
        requirement="5881-4-r04",
        clause="RFC 5881 section 4: all packets of a session have the same UDP source port",
        level="MUST",
        examine=partial(_same_source_port, of=single_hop),
        absent="no single-hop session of the speaker has two packets in the capture",
    ),
    Check(
        requirement="5883-5-r04",
        clause="RFC 5883 section 5: as on a single hop, all packets of a session have the same UDP source port",
        level="MUST",
        examine=partial(_same_source_port, of=multihop),
        absent=NO_MULTIHOP,
    ),
    Check(
        requirement="5881-4-r05",
        clause="RFC 5881 section 4: no two sessions of a system share a UDP source port",
        level="SHOULD",
        examine=partial(_own_source_port, of=single_hop),
        absent="the capture shows no two single-hop sessions of the speaker at the same time",
        about=traits.is_one_of_many,
    ),
    Check(
        requirement="5883-5-r05",
        clause="RFC 5883 section 5: as on a single hop, no two sessions of a system share a UDP source port",
        level="SHOULD",
        examine=partial(_own_source_port, of=multihop),
        absent="the capture shows no two multihop sessions of the speaker at the same time",
        about=traits.is_one_of_many,
    ),
)
