"""Rules about the Detection Time (RFC 5880 sections 6.8.1 and 6.8.4): too late, too early, and what follows it.

What is not in the capture was not received, so silence is certain; what is in it may have been lost behind it.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import partial
from itertools import accumulate, pairwise

from captures import traits
from captures.checks.contents import single_hop
from captures.conversation import End, Stretch
from captures.detection import Lifetime, all_heard, demanding, detection_ns, lifetime
from captures.findings import Check, Evidence, View, Wrong, at
from captures.handshake import DOWN, INIT, LAG_NS, STATE_NAMES, UP, Step, heard_by, judged, steps
from captures.rows import Row
from captures.timeline import Timeline

_EXPIRED, _NO_DIAG = 1, 0
_SLACK = 0.1
"""So much of a Detection Time is left to timers."""


def _outlived(view: View, *, shows: Callable[[Row], bool], expected: str) -> Evidence:
    """The peer is silent for longer than a Detection Time, and packets of the speaker show what must be over. A speaker
    that has changed its discriminator may still know itself by the old one."""
    examined, wrong = 0, []
    for end, said in judged(view):
        if end in demanding(view):  # silence means nothing in Demand mode
            continue
        for own in said:
            if not shows(own.row):
                continue
            for stretch in own.stretches:
                for silent_ns, seen_ns, until_ns in view.once("silences", _Silences).of(stretch):
                    deadline = view.once("lifetimes by all", _lifetimes)[end].until(silent_ns)
                    if deadline is None or until_ns < deadline:
                        continue
                    examined += 1
                    if seen_ns > deadline + LAG_NS + _SLACK * (deadline - silent_ns):
                        words = f"{STATE_NAMES[own.row.state]}, Your Discriminator {own.row.your_discriminator:#010x}"
                        words += f", {(seen_ns - silent_ns) / 1e9:.1f} s after the peer's last packet"
                        wrong.append(Wrong(at(stretch.last_frame, stretch.last_ns), expected, words))
                        break
    return Evidence(examined, wrong)


def _lifetimes(view: View) -> dict[End, Lifetime]:
    """By what any end of the speaker heard."""
    heard = Timeline(each for end in view.ends for each in heard_by(end, view))
    return {end: Lifetime(end, heard) for end in view.ends}


class _Silences:
    """Times without a packet of any peer."""

    def __init__(self, view: View) -> None:
        self._ends_ns = view.ends_ns
        self._heard = all_heard(view)
        self._by_epoch: dict[int, list[Stretch]] = {}
        for each in self._heard:
            self._by_epoch.setdefault(each.stretch.epoch, []).append(each.stretch)

    def of(self, stretch: Stretch) -> Iterator[tuple[int, int, int]]:
        """Since when, the last moment of it at which the speaker said something in `stretch`, and until when.

        Pauses that the way alone explains are left out. When one began in which the peer did not change what it says is
        not known. If the speaker paused for less, some packet of its came when most of that was over; the pause is
        taken to have begun with the peer's stretch, for what was heard longer ago counts the more.
        """
        for each in self._by_epoch.get(stretch.epoch, ()):
            longest_ns = each.longest.ns if each.longest is not None else 0
            if longest_ns < LAG_NS or not _spans(stretch, each):
                continue
            if len(self._heard.during(each.first_ns + 1, each.last_ns - 1)) <= 1:  # no other peer spoke meanwhile
                own_ns = stretch.longest.ns if stretch.longest is not None else 0
                yield each.first_ns, each.first_ns + max(0, longest_ns - own_ns), each.first_ns + longest_ns
        since_ns = self._heard.last_ns(stretch.last_ns)
        if since_ns is not None and since_ns < stretch.last_ns:
            until_ns = self._heard.next_ns(stretch.last_ns) or self._ends_ns
            if until_ns - since_ns >= LAG_NS:
                yield since_ns, stretch.last_ns, until_ns


def _spans(stretch: Stretch, other: Stretch) -> bool:
    return stretch.first_ns <= other.first_ns + LAG_NS and stretch.last_ns >= other.last_ns - LAG_NS


def _undiagnosed(view: View) -> Evidence:
    """A session that falls when the peer has been silent for a Detection Time, and gives no reason. One that does not
    know its peer any more may be a restarted one, of which the diagnostic is zero."""
    examined, wrong = 0, []
    for step, silent_ns in _falls(view):
        deadline = lifetime(step.end, view).until(silent_ns)
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
        if not fallen or step.doubt or step.end in demanding(view):
            continue
        silent_ns = all_heard(view).last_ns(step.after.first_ns)
        if silent_ns is not None:
            yield step, silent_ns


def _early(view: View) -> Evidence:
    """Diag 1 less than a Detection Time after the speaker has shown that it received a packet: by a step of its state
    machine, or by an answer. Whether it received those after that is not known."""
    examined, wrong, undecided = 0, [], []
    for step, _ in _falls(view):
        if step.after.row.diag != _EXPIRED:
            continue
        frame, fell_ns = step.after.first_frame, step.after.first_ns
        shown = _shown(step, view)
        least = view.once("least times", _LeastTimes).of(step.end, fell_ns)
        if shown is None or least is None:
            undecided.append(f"Diag 1 of frame {frame}: what the speaker received before is not known")
            continue
        if step.silent:
            undecided.append(f"Diag 1 of frame {frame}: what the speaker said before is not known")
            continue
        slack = LAG_NS + max(LAG_NS, step.before.stretches[-1].interval_us * 1000)
        if least * (1 - _SLACK) <= slack:
            undecided.append(f"Diag 1 of frame {frame}: packets may take as long as the Detection Time")
            continue
        examined += 1
        if fell_ns - shown < least * (1 - _SLACK) - slack:
            words = f"Diag 1 {(fell_ns - shown) / 1e9:.1f} s after the speaker was seen to receive a packet"
            wrong.append(Wrong(at(frame, fell_ns), f"a Detection Time of {least / 1e9:g} s or more", words))
    return Evidence(examined, wrong, undecided)


class _LeastTimes:
    """The shortest Detection Time by anything that an end had heard, in nanoseconds."""

    def __init__(self, view: View) -> None:
        self._heard = {end: heard_by(end, view) for end in view.ends}
        self._least: dict[End, list[int]] = {}
        for end, heard in self._heard.items():
            required = min(said.row.required_min_rx_interval_us for said in end.said)
            self._least[end] = list(accumulate((detection_ns(each.row, required) for each in heard), min))

    def of(self, end: End, until_ns: int) -> int | None:
        """None where it had heard nothing by then."""
        begun = self._heard[end].begun(until_ns)
        return self._least[end][begun - 1] if begun else None


def _shown(step: Step, view: View) -> int | None:
    """When the end last showed before a step that it had received something."""
    shown = view.once("shown", _shows)[step.end]
    number = bisect_left(shown, step.after.first_ns)
    return shown[number - 1] if number else None


def _shows(view: View) -> dict[End, list[int]]:
    """When each end had certainly not received yet what it then showed: it answered, or came to another state, maybe
    right after it had said the one before for the last time."""
    shown: dict[End, list[int]] = {}
    for end in view.ends:
        moments = shown.setdefault(end, [])
        for before, own in pairwise([None, *end.said]):
            if own is not None and own.row.final:
                moments.append(own.first_ns)
            elif own is not None and before and own.row.state in (INIT, UP) and own.row.state != before.row.state:
                moments.append(before.last_ns)
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
        about=traits.peer_pauses,
    ),
    Check(
        requirement="5880-6.8.4-r05",
        clause="RFC 5880 section 6.8.4: an Init session goes Down after a Detection Time without packets",
        level="MUST",
        examine=partial(_outlived, shows=partial(_in_state, state=INIT), expected="Down after a Detection Time"),
        absent="no session of the speaker was in Init while its peer could be heard and fell silent",
        about=traits.peer_pauses,
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
        about=traits.peer_pauses,
    ),
)
