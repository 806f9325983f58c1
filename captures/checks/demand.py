"""Rules about the D bit and what follows it (RFC 5880 sections 6.6 and 6.8.7)."""

from itertools import pairwise

from captures import traits
from captures.conversation import Said
from captures.detection import ENOUGH_PACKETS, defied, orders
from captures.findings import Check, Evidence, View, Wrong, at
from captures.handshake import LAG_NS, OVERTAKEN_NS, UP, heard_by, judged
from captures.rows import Row


def _peer_not_up(view: View) -> Evidence:
    """The D bit appears, and since before the session came Up no packet of the peer said Up. A packet of the time when
    it was Up before may have been overtaken."""
    examined, wrong, undecided = 0, [], []
    for end, said in judged(view):
        heard = heard_by(end, view)
        begun = min([said[0].first_ns, *(each.stretch.first_ns for each in heard)])
        since: int | None = None
        fell_ns = 0
        up = demanding = False
        for own in said:
            if own.row.state != UP:
                fell_ns = own.first_ns if up else fell_ns
                since, up, demanding = own.last_ns - LAG_NS, False, False
                continue
            up = True
            if own.row.demand and not demanding and own.last_ns > fell_ns + OVERTAKEN_NS:
                demanding = True
                if not heard or since is None or since < begun:
                    undecided.append(f"the D bit of frame {own.first_frame}: the capture began just before")
                    continue
                examined += own.count
                if not any(each.row.state == UP for each in heard.during(since, own.first_ns)):
                    words = "D bit set, and no packet of the peer said Up"
                    wrong.append(Wrong(at(own.first_frame, own.first_ns), "D bit zero until the peer says Up", words))
    return Evidence(examined, wrong, undecided)


def _not_silent(view: View) -> Evidence:
    """The peer is in Demand mode, and says so; the speaker, Up, goes on with packets that have nothing to tell."""
    examined, wrong = 0, []
    for end, said in judged(view):
        if any(own.row.demand for own in said):
            continue  # it may not hear the peer, and live on
        periodic = [
            stretch
            for own in said
            if own.row.state == UP and not (own.row.poll or own.row.final)
            for stretch in own.stretches
            if stretch.count >= ENOUGH_PACKETS
        ]
        for order in orders(end, view, _demands):
            examined += 1
            late = defied(order, periodic)
            if late is not None:
                words = f"packets as before, {(late.last_ns - order.since_ns) / 1e9:.1f} s after the D bit of frame"
                words += f" {order.first.stretch.first_frame}"
                wrong.append(Wrong(at(late.last_frame, late.last_ns), "no periodic packets without P", words))
    return Evidence(examined, wrong)


def _demands(row: Row) -> bool:
    return row.demand and row.state == UP


def _unpolled(view: View) -> Evidence:
    """The D bit changes, both Up, and packets with the new one go out without P before any Final."""
    examined, wrong = 0, []
    for end, said in judged(view):
        heard = heard_by(end, view)
        for number, (before, after) in enumerate(pairwise(said), 1):
            if before.row.demand == after.row.demand or {before.row.state, after.row.state} != {UP}:
                continue
            uses = _same(said[number:], demand=after.row.demand)
            since, until = before.last_ns - LAG_NS, uses[-1].last_ns + LAG_NS
            around = heard.during(since, until)
            if not around or any(each.row.state != UP or each.row.final for each in around):
                continue
            examined += 1
            polled = before.row.poll or any(own.row.poll for own in uses)
            count = sum(own.count for own in uses if not own.row.final)
            if not polled and count >= 2 * ENOUGH_PACKETS:
                words = f"D bit {'set' if after.row.demand else 'clear'}, and P in none of {count} packets"
                wrong.append(Wrong(at(after.first_frame, after.first_ns), "P set when the D bit changes", words))
    return Evidence(examined, wrong)


def _same(said: list[Said], *, demand: bool) -> list[Said]:
    """What was said before the D bit or the state changed again."""
    uses = []
    for own in said:
        if own.row.demand != demand or own.row.state != UP:
            break
        uses.append(own)
    return uses


CHECKS: tuple[Check, ...] = (
    Check(
        requirement="5880-6.8.7-r21",
        clause="RFC 5880 section 6.8.7: the D bit is not set unless the peer last reported Up",
        level="MUST",
        examine=_peer_not_up,
        absent="the speaker did not begin to set the D bit",
        about=traits.demand,
    ),
    Check(
        requirement="5880-6.8.7-r11",
        clause="RFC 5880 section 6.8.7: while the peer is in Demand mode, periodic packets are sent to poll only",
        level="MUST",
        examine=_not_silent,
        absent="no peer of the speaker was in Demand mode",
        about=traits.demand,
    ),
    Check(
        requirement="5880-6.6-r09",
        clause="RFC 5880 section 6.6: a change of the D bit comes with a Poll Sequence",
        level="MUST",
        examine=_unpolled,
        absent="the speaker did not change the D bit while both ends were Up",
        about=traits.demand,
    ),
)
