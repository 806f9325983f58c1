"""Rules about the Poll Sequence: who asks, for how long, and who answers.

Covers RFC 5880 sections 6.5, 6.8.3 and 6.8.7. A capture lies on the only way between two systems, so a Final that is
not in it was not received, and a Poll that is not in it was not answered; what is in it may still have been lost.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise

from captures import traits
from captures.conversation import End, Said
from captures.detection import ENOUGH_PACKETS, lifetime
from captures.findings import Check, Evidence, View, Wrong, at
from captures.handshake import LAG_NS, UP, heard_by, judged
from captures.rows import Row
from captures.timeline import Heard, Timeline, heard_by_name, heard_of

_MANY = 20
"""So many answers in a row are not lost while the session lives on."""

_UNANSWERED = 8
_CALM_PERCENT = 150
"""A gap that is longer than this part of the interval shows that packets are lost, or late."""


def _unanswered(view: View) -> Evidence:
    """The speaker lives on what it hears, all of which are Polls, and none of its own packets is lost; yet there is no
    answer. An answer may be held back for as long as the speaker's Desired Min TX Interval (rate limiting)."""
    examined, wrong = 0, []
    for end, _ in judged(view):
        for number, polled in enumerate(heard_by(end, view)):
            stretch = polled.stretch
            if not polled.row.poll or polled.row.your_discriminator != end.discriminator:
                continue
            examined += 1
            if stretch.count < max(_UNANSWERED, polled.row.detect_mult):
                continue
            spoken = view.once("spoken", _spoken)[end]
            if any(each.row.final for each in spoken.during(stretch.first_ns, stretch.last_ns)):
                continue
            own = _calm(spoken, stretch.first_ns)
            limit = lifetime(end, view).until(stretch.first_ns, number)
            if own is None or limit is None:
                continue
            held_back = own.row.desired_min_tx_interval_us * 1000
            if min(own.stretch.last_ns, stretch.last_ns) > limit + LAG_NS + _UNANSWERED * held_back:
                words = f"none, while the peer polled in frames {stretch.first_frame} to {stretch.last_frame}"
                wrong.append(Wrong(at(stretch.last_frame, stretch.last_ns), "a packet with the F bit set", words))
    return Evidence(examined, wrong)


def _spoken(view: View) -> dict[End, Timeline]:
    """What each end said."""
    return {end: Timeline(heard_of(said)) for end, said in judged(view)}


def _calm(spoken: Timeline, since_ns: int) -> Heard | None:
    """The end's stretch that began before the moment or soon after it, if it is Up and misses no packet."""
    soon_ns = since_ns + LAG_NS
    for own in spoken.during(soon_ns + 1, soon_ns):
        row, stretch = own.row, own.stretch
        calm = stretch.longest is None or stretch.longest.ns * 100 < _CALM_PERCENT * stretch.interval_us * 1000
        return own if calm and row.state == UP and not row.demand else None
    return None


def _unasked(view: View) -> Evidence:
    """An answer to nothing: no Poll of the peer was on its way during the time that an answer may take."""
    examined, wrong, undecided = 0, [], []
    polls = Timeline(heard_of(said for peer in view.peers for said in peer.said if said.row.poll))
    begun = min((peer.said[0].first_ns for peer in view.peers), default=None)
    for end, said in judged(view):
        for own in said:
            if not own.row.final:
                continue
            slack = LAG_NS + max(LAG_NS, own.row.desired_min_tx_interval_us * 1000)
            for stretch in own.stretches:
                if begun is None or stretch.first_ns - slack < max(begun, end.said[0].first_ns):
                    undecided.append(f"the Final of frame {stretch.first_frame}: the capture began just before")
                    continue
                examined += stretch.count
                for frame, ns in ((stretch.first_frame, stretch.first_ns), (stretch.last_frame, stretch.last_ns)):
                    if not polls.during(ns - slack, ns + LAG_NS):
                        words = "F set, with no Poll of the peer before it"
                        wrong.append(Wrong(at(frame, ns), "F only in the answer to a Poll", words))
                        break
    return Evidence(examined, wrong, undecided)


def _goes_on(view: View) -> Evidence:
    """The answers came again and again while the speaker repeated its Poll, also when it must have heard something, or
    be Down. In Demand mode one Poll Sequence may follow the other."""
    examined, wrong = 0, []
    for end, said in judged(view):
        for own in said:
            if not own.row.poll or own.row.demand or own.row.state != UP:
                continue
            during = [
                each
                for each in _finals(view, end).during(own.first_ns, own.last_ns)
                if own.first_ns < each.stretch.first_ns < own.last_ns - LAG_NS
                and each.row.your_discriminator == end.discriminator
                and not each.row.demand
            ]
            if not during:
                continue
            examined += 1
            first_ns = during[0].stretch.first_ns
            deaf_ns = lifetime(end, view).until(first_ns, heard_by(end, view).begun(first_ns - 1))
            if deaf_ns is None:
                continue
            late = [each.stretch for each in during if each.stretch.first_ns > deaf_ns + LAG_NS]
            count = sum(each.count for each in late)
            if count >= _MANY and own.last_ns - late[0].first_ns > 2 * LAG_NS:
                words = f"P set still after {count} answers, the first in frame {late[0].first_frame}"
                wrong.append(Wrong(at(own.last_frame, own.last_ns), "P clear after the Final", words))
    return Evidence(examined, wrong)


def _given_up(view: View) -> Evidence:
    """From a packet with P to others that are the same without, and no Final that could have ended it."""
    examined, wrong = 0, []
    for end, said in judged(view):
        asking = [own for own in said if not own.row.final]
        for polled, after in pairwise(asking):
            if not polled.row.poll or after.row.poll or _contents(polled.row) != _contents(after.row):
                continue
            if _finals(view, end).during(polled.first_ns - LAG_NS, after.first_ns + LAG_NS):
                examined += 1
                continue
            listening = heard_by(end, view).during(polled.first_ns, after.first_ns)
            if listening and after.count >= ENOUGH_PACKETS and polled.row.state == UP:
                examined += 1
                words = f"P clear, with no Final since the Poll of frame {polled.first_frame}"
                wrong.append(Wrong(at(after.first_frame, after.first_ns), "P set until a Final comes", words))
    return Evidence(examined, wrong)


def _unannounced(view: View, *, field: str, name: str) -> Evidence:
    """Values that came into use while Up, and were repeated without any Poll."""
    examined, wrong = 0, []
    for end, said in judged(view):
        for before, uses in _changes(said, field):
            examined += 1
            plain = [each for each in uses if not each.row.final]
            count = sum(each.count for each in plain)
            if count < 2 * ENOUGH_PACKETS or plain[-1].last_ns - uses[0].first_ns < 2 * LAG_NS:
                continue
            polled = before.row.poll or any(each.row.poll for each in uses)
            if polled or _finals(view, end).during(before.last_ns - LAG_NS, uses[-1].last_ns + LAG_NS):
                continue
            old, new = (getattr(each.row, field) // 1000 for each in (before, uses[0]))
            words = f"{name} {new} ms instead of {old} ms, and P in none of {count} packets"
            wrong.append(Wrong(at(uses[0].first_frame, uses[0].first_ns), "P set when the value changes", words))
    return Evidence(examined, wrong)


def _changes(said: Sequence[Said], field: str) -> Iterator[tuple[Said, list[Said]]]:
    """What was said last with the old value, and all that was said in Up with the new one before it changed again."""
    for number, (before, after) in enumerate(pairwise(said), 1):
        old, new = getattr(before.row, field), getattr(after.row, field)
        gap = after.stretches[0].lead_ns
        if old == new or after.row.state != UP or gap is None or gap > 2 * LAG_NS:
            continue
        uses = []
        for each in said[number:]:
            if getattr(each.row, field) != new or each.row.state != UP:
                break
            uses.append(each)
        yield before, uses


def _finals(view: View, end: End) -> Timeline:
    """The answers that may be to the end."""
    return view.once("finals", _finals_by_end)[end]


def _finals_by_end(view: View) -> dict[End, Timeline]:
    by_name = heard_by_name(said for peer in view.peers for said in peer.said if said.row.final)
    to_all = by_name.pop(0, [])
    return {end: Timeline([*to_all, *by_name.get(end.discriminator or 0, ())]) for end in view.ends}


def _contents(row: Row) -> tuple[object, ...]:
    """What a Poll Sequence may be about, and all that could be another reason to end it."""
    return (
        row.state,
        row.diag,
        row.demand,
        row.detect_mult,
        row.my_discriminator,
        row.your_discriminator,
        row.desired_min_tx_interval_us,
        row.required_min_rx_interval_us,
        row.required_min_echo_rx_interval_us,
        row.auth_type,
        row.auth_key_id,
    )


CHECKS: tuple[Check, ...] = (
    Check(
        requirement="5880-6.8.7-r12",
        clause="RFC 5880 section 6.8.7: a received Poll is answered by a packet with F set",
        level="MUST",
        examine=_unanswered,
        absent="no peer polled the speaker",
        about=traits.is_polled,
    ),
    Check(
        requirement="5880-6.8.7-r29",
        clause="RFC 5880 section 6.8.7: F is clear in a packet that does not answer a Poll",
        level="MUST",
        examine=_unasked,
        absent="the speaker sent no packet with the F bit set",
        about=traits.answers,
    ),
    Check(
        requirement="5880-6.5-r02",
        clause="RFC 5880 section 6.5: while no Final has come, the P bit stays set",
        level="MUST",
        examine=_given_up,
        absent="the speaker ended no Poll Sequence",
        about=traits.polls,
    ),
    Check(
        requirement="5880-6.5-r03",
        clause="RFC 5880 section 6.5: after the Final, packets have the P bit clear",
        level="MUST",
        examine=_goes_on,
        absent="no Poll Sequence of the speaker went on after an answer",
        about=traits.polls,
    ),
    Check(
        requirement="5880-6.8.3-r03",
        clause="RFC 5880 section 6.8.3: a change of Desired Min TX Interval starts a Poll Sequence",
        level="MUST",
        examine=partial(_unannounced, field="desired_min_tx_interval_us", name="Desired Min TX Interval"),
        absent="the speaker changed no Desired Min TX Interval while Up",
    ),
    Check(
        requirement="5880-6.8.3-r04",
        clause="RFC 5880 section 6.8.3: a change of Required Min RX Interval starts a Poll Sequence",
        level="MUST",
        examine=partial(_unannounced, field="required_min_rx_interval_us", name="Required Min RX Interval"),
        absent="the speaker changed no Required Min RX Interval while Up",
    ),
)
