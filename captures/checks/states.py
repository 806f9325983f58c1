"""Rules about the state machine: how a session may come to a state, and what has to take it out of one.

Covers RFC 5880 sections 4.1, 6.2, 6.8.4 and 6.8.6. What a bystander can know of it is said in captures.handshake.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import partial
from itertools import groupby
from operator import attrgetter

from captures import traits
from captures.conversation import End, Said
from captures.detection import defied, orders_by_state
from captures.findings import Check, Evidence, Span, View, Wrong, at
from captures.handshake import (
    ADMIN_DOWN,
    DOWN,
    INIT,
    STATE_NAMES,
    UP,
    Step,
    entries,
    judged,
    steps,
)

_NEIGHBOR_DOWN, _NO_DIAG = 3, 0


def _must_leave(view: View, *, state: int, on: int, way: str) -> Evidence:
    """In `state`, the peer's state `on` moves the session.

    Whether a packet arrived is not known. But who hears nothing of the peer for a Detection Time has to leave the state
    as well (section 6.8.4); so one that stays for longer breaks the one rule or the other.
    """
    examined, wrong = 0, []
    for end, stay in view.once("stays", _stays).get(state, ()):
        given = orders_by_state(end, view).get(on)
        if not given:
            continue
        begin, after = (
            bisect(given, ns, key=_SINCE)
            for bisect, ns in ((bisect_right, stay[0].first_ns), (bisect_left, stay[-1].last_ns))
        )
        inside = given[begin:after]
        examined += len(inside)
        if not inside or any(each.row.demand for each in stay):  # silence means nothing in Demand mode
            continue
        stretches = [stretch for each in stay for stretch in each.stretches]
        for order in inside:
            late = defied(order, stretches)
            if late is not None:
                heard = order.first
                words = f"{STATE_NAMES[state]} still, {(late.last_ns - order.since_ns) / 1e9:.1f} s after the peer's"
                words += f" {STATE_NAMES[heard.row.state]} of frame {heard.stretch.first_frame}"
                wrong.append(Wrong(at(late.last_frame, late.last_ns), way, words))
                break
    return Evidence(examined, wrong)


_SINCE = attrgetter("since_ns")


def _stays(view: View) -> dict[int, list[tuple[End, list[Said]]]]:
    """By state, the times without a change of it."""
    found: dict[int, list[tuple[End, list[Said]]]] = {}
    for end, said in judged(view):
        for state, run in groupby(said, key=lambda each: each.row.state):
            found.setdefault(state, []).append((end, list(run)))
    return found


def _diagnosed(view: View, *, out_of: int, on: int) -> Evidence:
    """The peer's word takes the session down, and the diagnostic has to say so; another reason at the same moment has a
    diagnostic of its own, but none at all is no reason. After a long silence, a session may have begun anew."""
    examined, wrong = 0, []
    for step in _falls(view):
        states = {heard.row.state for heard in step.heard if heard.stretch.first_ns > step.before.first_ns}
        if step.before.row.state != out_of or states & {DOWN, ADMIN_DOWN} != {on} or step.silent:
            continue
        examined += 1
        if step.after.row.diag == _NO_DIAG:
            words = f"Diag 0, {step.words}"
            wrong.append(
                Wrong(at(step.after.first_frame, step.after.first_ns), "Diag 3, Neighbor Signaled Session Down", words)
            )
    return Evidence(examined, wrong)


def _meaning(view: View) -> Evidence:
    """Diag 3 is about what the peer said: it said neither Down nor AdminDown."""
    examined, wrong, undecided = 0, [], []
    for step in _falls(view):
        if step.after.row.diag != _NEIGHBOR_DOWN or step.before.row.state not in (INIT, UP):
            continue
        frame = step.after.first_frame
        if step.doubt:
            undecided.append(f"Diag 3 of frame {frame}: {step.doubt}")
            continue
        examined += 1
        if not step.states & {DOWN, ADMIN_DOWN}:
            wrong.append(
                Wrong(at(frame, step.after.first_ns), "Diag 3 only after a Down or AdminDown of the peer", step.words)
            )
    return Evidence(examined, wrong, undecided)


def _falls(view: View) -> Iterator[Step]:
    return (step for step in steps(view) if step.after.row.state == DOWN)


def _where(step: Step) -> Span:
    return at(step.after.first_frame, step.after.first_ns)


_LEAVE = "RFC 5880 sections 6.2 and 6.8.6: in {}, a received {} moves the session to {}"

CHECKS: tuple[Check, ...] = (
    Check(
        requirement="5880-6.8.6-r33",
        clause="RFC 5880 sections 6.2 and 6.8.6: Init is entered from Down on a received Down",
        level="MUST",
        examine=partial(entries, to=INIT, out_of=(ADMIN_DOWN, DOWN, UP)),
        absent="no session of the speaker came to Init",
    ),
    Check(
        requirement="5880-6.8.6-r34",
        clause="RFC 5880 sections 6.2 and 6.8.6: from Down, Up is entered on a received Init",
        level="MUST",
        examine=partial(entries, to=UP, out_of=(ADMIN_DOWN, DOWN), peer_up=False),
        absent="no session of the speaker came from Down to Up while the peer was not Up",
    ),
    Check(
        requirement="5880-6.8.6-r35",
        clause="RFC 5880 sections 6.2 and 6.8.6: in Down, a received Up leaves the session in Down",
        level="MUST",
        examine=partial(entries, to=UP, out_of=(ADMIN_DOWN, DOWN), peer_up=True),
        absent="no session of the speaker came from Down to Up when the peer was Up already",
    ),
    Check(
        requirement="5880-6.8.6-r38",
        clause="RFC 5880 sections 6.2 and 6.8.6: in Init, a received Down leaves the session in Init",
        level="MUST",
        examine=partial(entries, to=UP, out_of=(INIT,)),
        absent="no session of the speaker came from Init to Up",
    ),
    Check(
        requirement="5880-6.8.6-r36",
        clause=_LEAVE.format("Init", "Init", "Up"),
        level="MUST",
        examine=partial(_must_leave, state=INIT, on=INIT, way="Up, or Down when nothing arrives"),
        absent="no session of the speaker was in Init when the peer said Init",
    ),
    Check(
        requirement="5880-6.8.6-r37",
        clause=_LEAVE.format("Init", "Up", "Up"),
        level="MUST",
        examine=partial(_must_leave, state=INIT, on=UP, way="Up, or Down when nothing arrives"),
        absent="no session of the speaker was in Init when the peer said Up",
    ),
    Check(
        requirement="5880-6.8.6-r29",
        clause=_LEAVE.format("Init", "AdminDown", "Down"),
        level="MUST",
        examine=partial(_must_leave, state=INIT, on=ADMIN_DOWN, way="Down, also when nothing arrives"),
        absent="no session of the speaker was in Init when the peer said AdminDown",
    ),
    Check(
        requirement="5880-6.8.6-r39",
        clause=_LEAVE.format("Up", "Down", "Down"),
        level="MUST",
        examine=partial(_must_leave, state=UP, on=DOWN, way="Down, also when nothing arrives"),
        absent="no session of the speaker was Up when the peer said Down",
    ),
    Check(
        requirement="5880-6.8.6-r30",
        clause=_LEAVE.format("Up", "AdminDown", "Down"),
        level="MUST",
        examine=partial(_must_leave, state=UP, on=ADMIN_DOWN, way="Down, also when nothing arrives"),
        absent="no session of the speaker was Up when the peer said AdminDown",
    ),
    Check(
        requirement="5880-6.8.6-r40",
        clause="RFC 5880 section 6.8.6: in Up, a received Down sets bfd.LocalDiag to 3",
        level="MUST",
        examine=partial(_diagnosed, out_of=UP, on=DOWN),
        absent="no session of the speaker fell from Up after a Down of the peer",
        about=traits.falls,
    ),
    Check(
        requirement="5880-6.8.6-r32",
        clause="RFC 5880 section 6.8.6: in Up, a received AdminDown sets bfd.LocalDiag to 3",
        level="MUST",
        examine=partial(_diagnosed, out_of=UP, on=ADMIN_DOWN),
        absent="no session of the speaker fell from Up after an AdminDown of the peer",
        about=traits.falls,
    ),
    Check(
        requirement="5880-6.8.6-r31",
        clause="RFC 5880 section 6.8.6: in Init, a received AdminDown sets bfd.LocalDiag to 3",
        level="MUST",
        examine=partial(_diagnosed, out_of=INIT, on=ADMIN_DOWN),
        absent="no session of the speaker fell from Init after an AdminDown of the peer",
        about=traits.falls,
    ),
    Check(
        requirement="5880-4.1-r04",
        clause="RFC 5880 section 4.1: Diag 3 says that the peer signaled Down",
        level="MUST",
        examine=_meaning,
        absent="no session of the speaker fell with Diag 3",
        about=traits.falls,
    ),
)
