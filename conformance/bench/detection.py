"""Judging the Detection Time (RFC 5880 section 6.8.4) from both sides: not too early, not too late.

Too late cannot be judged by the first Down packet alone: 6.8.7 only recommends that it be sent at once. But a
session that did not notice goes on saying what it said before, so any such packet after the Detection Time is proof.
"""

from dataclasses import dataclass

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.match import control
from conformance.bench.packets import Seen, in_words, milliseconds
from conformance.bench.puppet import SLOW_US, Puppet
from conformance.bench.verdicts import Inconclusive
from refimpl.core.constants import Diag, State


@dataclass(frozen=True, slots=True)
class Judges:
    """Which requirement each finding belongs to; None leaves a finding to other cases."""

    too_early: str | None = None
    too_late: str | None = None
    diag: str | None = None


def last_sent(bench: Bench, puppet: Puppet) -> Seen:
    """The puppet's last packet: the target's Detection Time runs from its reception."""
    return next(seen for seen in reversed(bench.log) if seen.sent and seen.datagram.source == puppet.local)


def judge_expiry(
    bench: Bench,
    puppet: Puppet,
    detection_us: int,
    judges: Judges,
    *,
    start: Seen | None = None,
    was: State = State.UP,
    began: str = "the last packet sent to it",
) -> Seen:
    """With the puppet silent since `start` (its last packet), judge when the target leaves the state it `was` in for
    Down. `detection_us` is what the clause computes; `began` says what `start` is where that is another packet.
    Returns the first Down packet; raises Inconclusive where there is none and nobody judges that.
    """
    start = start or last_sent(bench, puppet)
    patience = detection_us + SLOW_US + PROMPT_US
    bench.until(start.time_us + patience)
    tolerance = bench.tolerance_for(detection_us, since=start)
    came = [seen for seen in bench.from_target(start) if puppet.is_from_target(seen)]
    downs = [seen for seen in came if seen.packet.state == State.DOWN]
    words = f"Down {milliseconds(detection_us)} after frame {start.frame}, {began}"
    if downs:
        bench.measure("time to Down", [downs[0].time_us - start.time_us], f"from {milliseconds(detection_us)}")
    if judges.too_early is not None:
        early = [seen for seen in downs if seen.time_us < start.time_us + detection_us - tolerance]
        bench.check(
            not early,
            expected=f"{words}, not earlier (tolerance {milliseconds(tolerance)})",
            actual=_at(early[0], start) if early else "",
            frames=[start, *early[:1]],
            requirement=judges.too_early,
        )
    if judges.too_late is not None:
        late = [
            seen
            for seen in came
            if seen.packet.state == was and seen.time_us > start.time_us + detection_us + tolerance
        ]
        bench.check(
            bool(downs) and not late,
            expected=f"{words} (tolerance {milliseconds(tolerance)})",
            actual=_at(late[0], start) if late else "no Down packet",
            frames=[start, *late],
            requirement=judges.too_late,
        )
    if judges.diag is not None:
        return bench.expect(
            control(state=State.DOWN, diag=Diag.CONTROL_DETECTION_TIME_EXPIRED),
            within_us=patience,
            after=start,
            requirement=judges.diag,
            puppet=puppet,
        )
    if not downs:
        raise Inconclusive(f"no Down packet within {milliseconds(patience)} of silence")
    return downs[0]


def _at(seen: Seen, start: Seen) -> str:
    return f"frame {seen.frame}, {milliseconds(seen.time_us - start.time_us)} after: {in_words(seen)}"
