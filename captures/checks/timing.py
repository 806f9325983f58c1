"""Rules about the Detection Time (RFC 5880 sections 6.8.1 and 6.8.4): too late, too early, and what follows it.

What is not in the capture was not received, so silence is certain; what is in it may have been lost behind it.
"""

from collections.abc import Callable, Iterator
from functools import partial

from captures import traits
from captures.checks.contents import single_hop
from captures.conversation import End, Said, Stretch
from captures.detection import detection_ns, lives_until
from captures.findings import Check, Evidence, View, Wrong, at
from captures.handshake import DOWN, INIT, LAG_NS, STATE_NAMES, UP, Step, heard_by, judged, steps
from captures.rows import Row

_EXPIRED, _NO_DIAG = 1, 0
_SLACK = 0.1
"""So much of a Detection Time is left to timers."""


def _outlived(view: View, *, shows: Callable[[Row], bool], expected: str) -> Evidence:
    """The peer is silent for longer than a Detection Time, and packets of the speaker show what must be over. A speaker
    that has changed its discriminator may still know itself by the old one."""
    examined, wrong = 0, []
    heard = [each for end in view.ends for each in heard_by(end, view)]
    for end, said in judged(view):
        for own in said:
            if not shows(own.row) or any(each.row.demand for each in said):  # silence means nothing in Demand mode
                continue
            for stretch in own.stretches:
                for silent_ns, seen_ns, until_ns in _silences(view, stretch):
                    deadline = lives_until(end, heard, silent_ns)
                    if deadline is None or until_ns < deadline:
                        continue
                    examined += 1
                    if seen_ns > deadline + LAG_NS + _SLACK * (deadline - silent_ns):
                        words = f"{STATE_NAMES[own.row.state]}, Your Discriminator {own.row.your_discriminator:#010x}"
                        words += f", {(seen_ns - silent_ns) / 1e9:.1f} s after the peer's last packet"
                        wrong.append(Wrong(at(stretch.last_frame, stretch.last_ns), expected, words))
                        break
    return Evidence(examined, wrong)


def _silences(view: View, stretch: Stretch) -> Iterator[tuple[int, int, int]]:
    """Times without a packet of any peer: since when, the last moment of it at which the speaker said something, and
    until when.

    When a pause began in which the peer did not change what it says is not known. If the speaker paused for less, some
    packet of its came when most of that was over; the pause is taken to have begun with the peer's stretch, for what
    was heard longer ago counts the more.
    """
    since: int | None = None
    until, speaking = view.ends_ns, False
    for peer in view.peers:
        for _, each in peer.stretches():
            if each.first_ns <= stretch.last_ns:
                speaking = speaking or each.last_ns >= stretch.last_ns
                since = max(since or 0, each.last_ns)
            else:
                until = min(until, each.first_ns)
            together = each.epoch == stretch.epoch and _spans(stretch, each) and _alone(view, peer, each)
            if each.longest is not None and together:
                own_ns = stretch.longest.ns if stretch.longest is not None else 0
                yield each.first_ns, each.first_ns + max(0, each.longest.ns - own_ns), each.first_ns + each.longest.ns
    if since is not None and not speaking:
        yield since, stretch.last_ns, until


def _alone(view: View, peer: End, stretch: Stretch) -> bool:
    """Whether no other end of the peer's spoke meanwhile."""
    return not any(
        other is not peer and each.first_ns < stretch.last_ns and each.last_ns > stretch.first_ns
        for other in view.peers
        for _, each in other.stretches()
    )


def _spans(stretch: Stretch, other: Stretch) -> bool:
    return stretch.first_ns <= other.first_ns + LAG_NS and stretch.last_ns >= other.last_ns - LAG_NS


def _undiagnosed(view: View) -> Evidence:
    """A session that falls when the peer has been silent for a Detection Time, and gives no reason. One that does not
    know its peer any more may be a restarted one, of which the diagnostic is zero."""
    examined, wrong = 0, []
    for step, silent_ns in _falls(view):
        deadline = lives_until(step.end, heard_by(step.end, view), silent_ns)
        if deadline is None or step.after.first_ns < deadline or not step.after.row.your_discriminator:
            continue
        examined += 1
        if step.after.row.diag == _NO_DIAG:
            words = f"Diag 0, {(step.after.first_ns - silent_ns) / 1e9:.1f} s after the peer's last packet"
            where = at(step.after.first_frame, step.after.first_ns)
            wrong.append(Wrong(where, "Diag 1, Control Detection Time Expired", words))
    return Evidence(examined, wrong)


def _falls(view: View) -> Iterator[tuple[Step, int]]:
    """Steps out of Init and Up to Down outside of Demand mode, with since when the peer was silent."""
    for step in steps(view):
        fallen = step.before.row.state in (INIT, UP) and step.after.row.state == DOWN
        if not fallen or step.doubt or any(each.row.demand for each in step.end.said):
            continue
        silent_ns = max((each.last_ns for each in _before(view, step.after.first_ns)), default=None)
        if silent_ns is not None:
            yield step, silent_ns


def _before(view: View, ns: int) -> Iterator[Stretch]:
    """What peers said before a moment, the last one cut at it."""
    for peer in view.peers:
        for _, each in peer.stretches():
            if each.first_ns <= ns:
                yield each


def _early(view: View) -> Evidence:
    """Diag 1 less than a Detection Time after the speaker has shown that it received a packet: by a step of its state
    machine, or by an answer. Whether it received those after that is not known."""
    examined, wrong, undecided = 0, [], []
    for step, _ in _falls(view):
        if step.after.row.diag != _EXPIRED:
            continue
        frame, fell_ns = step.after.first_frame, step.after.first_ns
        shown = _shown(step)
        values = [each.row for each in heard_by(step.end, view) if each.stretch.first_ns <= fell_ns]
        if shown is None or not values:
            undecided.append(f"Diag 1 of frame {frame}: what the speaker received before is not known")
            continue
        required = min(each.row.required_min_rx_interval_us for each in step.end.said)
        least = min(detection_ns(row, required) for row in values)
        slack = LAG_NS + max(LAG_NS, step.before.stretches[-1].interval_us * 1000)
        if least * (1 - _SLACK) <= slack:
            undecided.append(f"Diag 1 of frame {frame}: packets may take as long as the Detection Time")
            continue
        examined += 1
        if fell_ns - shown < least * (1 - _SLACK) - slack:
            words = f"Diag 1 {(fell_ns - shown) / 1e9:.1f} s after the speaker was seen to receive a packet"
            wrong.append(Wrong(at(frame, fell_ns), f"a Detection Time of {least / 1e9:g} s or more", words))
    return Evidence(examined, wrong, undecided)


def _shown(step: Step) -> int | None:
    """When the end last showed before a step that it had received something."""
    before: Said | None = None
    shown = None
    for own in step.end.said:
        if own.first_ns >= step.after.first_ns:
            break
        entered = before is not None and own.row.state in (INIT, UP) and own.row.state != before.row.state
        if own.row.final or entered:
            shown = own.first_ns
        before = own
    return shown


def _in_state(row: Row, *, state: int) -> bool:
    return row.state == state


def _down_and_known(row: Row) -> bool:
    """RFC 5883 section 4.2 and RFC 5884 let discriminators be known from outside."""
    return row.state == DOWN and row.your_discriminator != 0 and single_hop(row)


CHECKS: tuple[Check, ...] = (
    Check(
        requirement="5880-6.8.4-r04",
        clause="RFC 5880 section 6.8.4: an Up session goes Down after a Detection Time without packets",
        level="MUST",
        examine=partial(_outlived, shows=partial(_in_state, state=UP), expected="Down after a Detection Time"),
        absent="no session of the speaker was Up while its peer could be heard and fell silent",
    ),
    Check(
        requirement="5880-6.8.4-r05",
        clause="RFC 5880 section 6.8.4: an Init session goes Down after a Detection Time without packets",
        level="MUST",
        examine=partial(_outlived, shows=partial(_in_state, state=INIT), expected="Down after a Detection Time"),
        absent="no session of the speaker was in Init while its peer could be heard and fell silent",
    ),
    Check(
        requirement="5880-6.8.4-r06",
        clause="RFC 5880 section 6.8.4: an expiry of the Detection Time sets bfd.LocalDiag to 1",
        level="MUST",
        examine=_undiagnosed,
        absent="no session of the speaker fell after a Detection Time without packets",
        about=traits.falls,
    ),
    Check(
        requirement="5880-6.8.4-r07",
        clause="RFC 5880 section 6.8.4: a session is not declared Down before a Detection Time has gone by",
        level="MUST",
        examine=_early,
        absent="no session of the speaker fell with Diag 1",
        about=traits.falls,
    ),
    Check(
        requirement="5880-6.8.1-r12",
        clause="RFC 5880 section 6.8.1: after a Detection Time without packets, Your Discriminator is zero",
        level="MUST",
        examine=partial(_outlived, shows=_down_and_known, expected="Your Discriminator zero after a Detection Time"),
        absent="no session of the speaker was Down while its peer was known and fell silent",
    ),
)
