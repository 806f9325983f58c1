"""What is concluded from evidence: a verdict with what was expected and what was seen, both naming frames.

Lives here: the conclusion, and how a session may leave Up or come to it (RFC 5880 sections 6.2, 6.8.4 and 6.8.6), which
most scenarios judge. Must not live here: what a scenario does.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NoReturn

from captures.handshake import ADMIN_DOWN, DOWN, INIT, UP
from interop.evidence import Evidence, Packet, changes, first, is_up, milliseconds, state_name
from reports.model import Verdict

EXPIRED, SIGNALED = 1, 3
"""Diagnostics of RFC 5880 section 4.1: Control Detection Time Expired, Neighbor Signaled Session Down."""

SLOW_NS = 1_000_000_000
"""The transmit interval of a session that is not Up is no shorter (RFC 5880 section 6.8.3)."""

BETWEEN_SLOW_PACKETS_NS = 1_500_000_000
"""How long a change may take to be told by the next scheduled packet where the slow interval is in use: 6.8.7 only
recommends to tell it at once."""


_FEWEST_GAPS = 4


class Conclusion(Exception):  # noqa: N818 - an end, not an error
    """A judgement is over: the verdict, and the packets on which it rests."""

    def __init__(self, verdict: Verdict, expected: str, seen: str, packets: Sequence[Packet] = ()) -> None:
        super().__init__(seen)
        self.verdict = verdict
        self.expected = expected
        self.seen = seen
        self.packets = tuple(packets)


@dataclass(slots=True)
class Judgement:
    """Collects what was seen while a scenario is judged. `tolerance_ns` widens permitted times: it is what this
    machine's own lateness may have cost."""

    evidence: Evidence
    tolerance_ns: int
    seen: list[str] = field(default_factory=list)
    packets: list[Packet] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)

    def note(self, words: str, *packets: Packet) -> None:
        """What was seen, as it should be."""
        self.seen.append(words)
        self.packets += packets

    def fail(self, expected: str, seen: str, *packets: Packet) -> NoReturn:
        """What should have been seen was not."""
        raise Conclusion(Verdict.FAIL, expected, seen, packets)

    def warn(self, expected: str, seen: str, *packets: Packet) -> None:
        """The ends did get along, though one of them did not follow a recommendation."""
        self.warnings.append((expected, seen))
        self.packets += packets

    def unclear(self, reason: str) -> NoReturn:
        """Nothing can be said."""
        raise Conclusion(Verdict.INCONCLUSIVE, "", reason)

    def since(self, name: str) -> int:
        """When the operator did what the mark is called; nothing can be said if it did not come to that."""
        moment = self.evidence.at(name)
        if moment is None:
            self.unclear(f"it did not come to: {name}")
        return moment


def where(packet: Packet) -> str:
    """The frames of a packet, as "frame 12/9": in the capture of the end that acts, and of the other one."""
    return "frame " + "/".join("–" if frame is None else str(frame) for frame in packet.frames)


def detection_ns(evidence: Evidence, side: int, at_ns: int) -> int:
    """The Detection Time of `side` at a moment, by what both ends said until then (RFC 5880 section 6.8.4): the far
    end's Detect Mult times the greater of the own Required Min RX Interval and the far end's Desired Min TX Interval.
    """
    heard, sent = evidence.heard(side, until_ns=at_ns), evidence.sent(side, until_ns=at_ns)
    if not heard or not sent:
        return 0
    far, own = heard[-1].row, sent[-1].row
    return far.detect_mult * max(own.required_min_rx_interval_us, far.desired_min_tx_interval_us) * 1000


def must_be_up(judgement: Judgement, side: int, since_ns: int, until_ns: int | None = None) -> None:
    """From one moment to another the side says nothing but Up, and something."""
    evidence, name = judgement.evidence, judgement.evidence.name(side)
    sent = evidence.sent(side, since_ns, until_ns)
    other = first(sent, lambda row: row.state != UP)
    if other is not None:
        judgement.fail(f"{name} stays Up", f"{name} says {_state(other)} in {where(other)}", other)
    if not sent:
        judgement.fail(f"{name} stays Up", f"{name} says nothing")


def must_come_up(judgement: Judgement, since_ns: int, within_ns: int, *, at_once: bool = True) -> int:
    """Both ends say Up within a time, hear it from each other, and do not take it back. Returns when both had.

    `at_once` False forgives an Up that was taken back: an end that was paused first reads what lies in its queue.
    """
    evidence = judgement.evidence
    expected = f"both ends come Up within {milliseconds(within_ns)}"
    ups: list[Packet] = []
    for side in (0, 1):
        name, sent = evidence.name(side), evidence.sent(side, since_ns)
        fallen = first(sent if at_once else sent[::-1], lambda row: row.state != UP)
        up = first(sent if fallen is None else evidence.sent(side, fallen.sent_ns), is_up)
        if up is None:
            judgement.fail(expected, f"{name} {_ladder(evidence, side, since_ns)}", *changes(sent))
        if up.sent_ns > since_ns + within_ns:
            late = milliseconds(up.sent_ns - since_ns)
            judgement.fail(expected, f"{name} says Up after {late}, in {where(up)}", up)
        if first(evidence.heard(1 - side, up.sent_ns), is_up) is None:
            judgement.fail(expected, f"no Up of {name} arrives at {evidence.name(1 - side)}", up)
        ups.append(up)
    for up in ups:
        after = first(evidence.sent(up.side, up.sent_ns), lambda row: row.state != UP)
        if after is not None:
            seen = f"{evidence.name(up.side)} is Up in {where(up)} and {_state(after)} again in {where(after)}"
            judgement.fail("both ends come Up and stay so", seen, up, after)
    both = max(up.sent_ns for up in ups)
    judgement.note(f"both Up after {milliseconds(both - since_ns)} ({where(ups[0])} and {where(ups[1])})", *ups)
    return both


def must_expire(judgement: Judgement, side: int, since_ns: int) -> Packet:
    """The side, which hears nothing any more from one moment on, goes Down when its Detection Time is over: not
    before, and with diagnostic 1. Returns its first Down packet.

    Too late is judged by what it says meanwhile: a session that noticed but tells it with the next scheduled packet
    is in time (6.8.7 only recommends to tell a change at once).
    """
    evidence, name = judgement.evidence, judgement.evidence.name(side)
    fell = must_fall(judgement, side, since_ns)
    last = evidence.heard(side, until_ns=fell.sent_ns)[-1]
    assert last.heard_ns is not None
    detection = detection_ns(evidence, side, last.heard_ns + 1)
    tolerance = judgement.tolerance_ns + detection // 20
    elapsed = fell.sent_ns - last.heard_ns
    words = f"{name} goes Down {milliseconds(detection)} after the last packet that it heard, {where(last)}"
    words += f" (tolerance {milliseconds(tolerance)})"
    seen = f"Down {milliseconds(elapsed)} after it, in {where(fell)}"
    if elapsed < detection - tolerance:
        judgement.fail(words, seen, last, fell)
    for packet in evidence.sent(side, last.heard_ns + detection + tolerance, fell.sent_ns):
        late = milliseconds(packet.sent_ns - last.heard_ns)
        judgement.fail(words, f"still {_state(packet)} {late} after it, in {where(packet)}", last, packet)
    if elapsed > detection + tolerance + BETWEEN_SLOW_PACKETS_NS:
        judgement.fail(words, seen, last, fell)
    if fell.row.diag != EXPIRED:
        judgement.fail(f"{name} says diagnostic 1, Control Detection Time Expired", _diag(fell), fell)
    judgement.note(
        f"{name} Down {milliseconds(elapsed)} after the last packet it heard; Detection Time {milliseconds(detection)}"
        f" ({where(last)}, {where(fell)})",
        last,
        fell,
    )
    return fell


def must_fall(judgement: Judgement, side: int, since_ns: int, to: tuple[int, ...] = (DOWN,)) -> Packet:
    """The side leaves Up for one of the states `to` after a moment. Returns the first packet that says so."""
    evidence, name = judgement.evidence, judgement.evidence.name(side)
    sent = evidence.sent(side, since_ns)
    fell = first(sent, lambda row: row.state != UP)
    if fell is None:
        still = f"goes on saying Up, to {where(sent[-1])}" if sent else "says nothing any more"
        judgement.fail(f"{name} goes Down", f"{name} {still}", *sent[-1:])
    if fell.row.state not in to:
        judgement.fail(f"{name} goes from Up to Down", f"{name} says {_state(fell)} in {where(fell)}", fell)
    return fell


def must_follow_down(judgement: Judgement, side: int, since_ns: int, *, states: tuple[int, ...] = (DOWN,)) -> Packet:
    """The side hears that its far end is in one of `states`, and goes Down with diagnostic 3. Returns its first packet
    that is not Up: Init, where a second Down came in before the first was told.

    Where it heard nothing for a Detection Time before, diagnostic 1 is right as well.
    """
    evidence, name, other = judgement.evidence, judgement.evidence.name(side), judgement.evidence.name(1 - side)
    told = first(evidence.heard(side, since_ns), lambda row: row.state in states)
    expected = f"{name} hears that {other} is {' or '.join(map(state_name, states))}, and goes Down with diagnostic 3"
    if told is None or told.heard_ns is None:
        judgement.fail(expected, f"nothing of that kind from {other} arrives")
    fell = must_fall(judgement, side, since_ns, (DOWN, INIT) if DOWN in states else (DOWN,))
    before = evidence.heard(side, until_ns=fell.sent_ns)
    silent = _longest_silence(before[-2:], fell, told)
    allowed = {SIGNALED}
    if silent >= detection_ns(evidence, side, min(told.heard_ns, fell.sent_ns)) * 0.95 - judgement.tolerance_ns:
        allowed.add(EXPIRED)
    for packet in evidence.sent(side, told.heard_ns + judgement.tolerance_ns, fell.sent_ns):
        # One packet may have been on its way out while the news came in.
        judgement.fail(expected, f"{name} still says {_state(packet)} in {where(packet)}", told, packet)
    if fell.row.diag not in allowed:
        judgement.fail(expected, _diag(fell), told, fell)
    after = milliseconds(max(0, fell.sent_ns - told.heard_ns))
    judgement.note(f"{name} {_state(fell)} with diagnostic {fell.row.diag}, {after} after {where(told)}", told, fell)
    return fell


def must_keep_rate(judgement: Judgement, side: int, since_ns: int, until_ns: int) -> None:
    """The side's periodic packets come at the greater of its own Desired Min TX Interval and the far end's Required Min
    RX Interval, less a jitter of up to a quarter (RFC 5880 section 6.8.7). Judged by the median: what lies between two
    single packets is a case of the conformance suite."""
    evidence, name = judgement.evidence, judgement.evidence.name(side)
    sent, heard = evidence.sent(side, since_ns, until_ns), evidence.heard(side, until_ns=until_ns)
    gaps = [
        after.sent_ns - before.sent_ns
        for before, after in pairwise(sent)
        if not (before.row.final or after.row.final or before.row.poll or after.row.poll)
    ]
    if len(gaps) < _FEWEST_GAPS or not heard:
        judgement.fail(f"{name} sends at its rate", f"{name} sends {len(sent)} packets in all", *sent[:1])
    own, far = sent[-1].row.desired_min_tx_interval_us, heard[-1].row.required_min_rx_interval_us
    interval = max(own, far) * 1000
    median = statistics.median(gaps)
    tolerance = judgement.tolerance_ns + interval // 20
    expected = f"{name} sends every {milliseconds(interval * 0.75)} to {milliseconds(interval)}, the greater of"
    expected += f" {milliseconds(own * 1e3)} and {milliseconds(far * 1e3)} (tolerance {milliseconds(tolerance)})"
    if not interval * 0.75 - tolerance <= median <= interval + tolerance:
        judgement.fail(expected, f"every {milliseconds(median)}, median of {len(gaps)}", sent[0], sent[-1])
    judgement.note(f"{name} sends every {milliseconds(median)} (interval {milliseconds(interval)})")


def must_not_return(judgement: Judgement, side: int, fell: Packet, until_ns: int) -> None:
    """After its first Down packet the side stays Down until a moment."""
    sent = judgement.evidence.sent(side, fell.sent_ns, until_ns)
    other = first(sent, lambda row: row.state not in (DOWN, ADMIN_DOWN))
    if other is not None:
        name = judgement.evidence.name(side)
        judgement.fail(f"{name} stays Down", f"{name} says {_state(other)} in {where(other)}", fell, other)


def _longest_silence(heard: Sequence[Packet], fell: Packet, told: Packet) -> int:
    """Between the last packets that were heard, and up to the first Down packet or the news, whichever came first."""
    times = [packet.heard_ns for packet in heard if packet.heard_ns is not None]
    if told.heard_ns is not None and told.heard_ns > fell.sent_ns:
        times.append(fell.sent_ns)
    return max((after - before for before, after in pairwise(times)), default=0)


def _ladder(evidence: Evidence, side: int, since_ns: int) -> str:
    """The states that a side went through."""
    seen = changes(evidence.sent(side, since_ns))
    if not seen:
        return "says nothing"
    return "says " + ", then ".join(f"{_state(packet)} ({where(packet)})" for packet in seen)


def _state(packet: Packet) -> str:
    return state_name(packet.row.state)


def _diag(packet: Packet) -> str:
    return f"diagnostic {packet.row.diag} in {where(packet)}"
