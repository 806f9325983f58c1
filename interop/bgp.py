"""BGP that is advised by BFD (RFC 5882 section 10.2): what the capture at one end tells of the session's end.

Lives here: when BGP ended, measured from the last BFD packet that was heard, against the Detection Time and the Hold
Time, and what the end said of it. RFC 5882 demands nothing of a client that is Down: section 10.2 has a lower-case
"should", and 3.1 lets a system hide short failures. RFC 9384 section 3 recommends a subcode. So nothing here is a FAIL.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from captures.bgp import KEEPALIVE, NOTIFICATION, OPEN, UPDATE, Segment, read_bgp
from captures.handshake import ADMIN_DOWN, DOWN
from captures.read import read_tshark
from captures.rows import Row
from interop.evidence import is_up, milliseconds, state_name
from reports.model import Verdict

_Item = TypeVar("_Item")

CEASE, BFD_DOWN = 6, 10
"""The code of a NOTIFICATION (RFC 4271 section 4.5), and its subcode of RFC 9384 section 3."""

EARLY_NS = 2_000_000
"""Two clocks of one machine, that of the capture and a daemon's timer, may differ by less than this."""


@dataclass(frozen=True, slots=True)
class End:
    """What one end heard and sent: its address, Control packets and BGP segments, in the order of its capture."""

    address: str
    packets: Sequence[Row]
    segments: Sequence[Segment]


@dataclass(frozen=True, slots=True)
class Life:
    """A BGP session as one end saw it, from Established to its end. Times are nanoseconds since the Unix epoch.

    `ended` is the first segment by which either end ended the connection, `by_itself` whether this one did; None while
    it lasts. Until then `heard` is the last Control packet that came in, `fell` the first that went out after the last
    one that said Up, and `kept` the last BGP message that came in and restarted the Hold Timer. `detection_us` is the
    Detection Time while the BFD session was Up (RFC 5880 section 6.8.4), 0 where it was not; `hold_s` is the Hold Time
    in use, the smaller of the two OPENs (RFC 4271 section 4.2).
    """

    established_ns: int
    kept: Segment
    hold_s: int
    heard: Row | None
    detection_us: int
    fell: Row | None
    ended: Segment | None
    by_itself: bool


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The verdict on the end of a session, and what was seen, a line each, with frames."""

    verdict: Verdict
    lines: tuple[str, ...]


def read_end(capture: Path, address: str) -> End:
    """What the capture at the end `address` holds, with one neighbour. Raises captures.read.CaptureError."""
    return End(address, read_tshark(capture).rows, read_bgp(capture))


def lives(end: End) -> list[Life]:
    """The BGP sessions that were Established at an end, in the order of their connections."""
    streams: dict[int, list[Segment]] = {}
    for segment in end.segments:
        streams.setdefault(segment.stream, []).append(segment)
    return [life for segments in streams.values() if (life := _life(end, segments)) is not None]


def judge(life: Life) -> Conclusion:
    """Whether BFD ended BGP: PASS where it did when the Detection Time was over, or the other end had said Down, and
    the Hold Timer was not (RFC 5882 section 10.2). PASS_ALTERNATIVE where the other end ended BGP; WARN where it took
    the Hold Timer, though BFD had long been down (section 3.1: clients SHOULD be notified); INCONCLUSIVE where BFD had
    nothing to do with it, or AdminDown was told, which is no failure (section 3.2)."""
    heard, ended = life.heard, life.ended
    if heard is None or not life.detection_us or not life.hold_s:
        return Conclusion(Verdict.INCONCLUSIVE, ("no BFD session was Up beside BGP, or there is no Hold Time",))
    if ended is None:
        return Conclusion(Verdict.INCONCLUSIVE, (f"BGP lasts longer than the capture; {_limits(life)}",))
    after_ns = ended.time_ns - heard.time_ns
    last = f"the last BFD packet heard, frame {heard.frame}, which says {state_name(heard.state)}"
    seen = [
        f"BGP ends in frame {ended.frame}, {milliseconds(after_ns)} after {last}; {_limits(life)}",
        _of_bfd(life, ended),
    ]
    if not life.by_itself:
        return Conclusion(Verdict.PASS_ALTERNATIVE, (*seen, "the first to end it is the other end"))
    if ADMIN_DOWN in (heard.state, life.fell.state if life.fell else heard.state):
        return Conclusion(Verdict.INCONCLUSIVE, (*seen, "AdminDown does not tell of a failure"))
    hold_ns = life.hold_s * 10**9
    if ended.time_ns - life.kept.time_ns >= hold_ns - EARLY_NS:
        # Section 3.1 leaves open how long a failure may be hidden: for half a Hold Time it is not hidden, but unheeded.
        long_down = life.fell is not None and ended.time_ns - life.fell.time_ns >= hold_ns / 2
        verdict = Verdict.WARN if long_down else Verdict.INCONCLUSIVE
        return Conclusion(verdict, (*seen, f"the Hold Timer is over: BGP was heard last in frame {life.kept.frame}"))
    if heard.state != DOWN and after_ns < life.detection_us * 1000 - EARLY_NS:
        return Conclusion(Verdict.INCONCLUSIVE, (*seen, "that is before BFD can have noticed anything"))
    return Conclusion(Verdict.PASS, (*seen, _of_notification(ended)))


def _life(end: End, segments: Sequence[Segment]) -> Life | None:
    """Of one connection; None where it was never Established."""
    established_ns = _established(end, segments)
    if established_ns is None:
        return None
    ended = _first(each for each in segments if each.ends and each.time_ns >= established_ns)
    seen_ns = [row.time_ns for row in end.packets] + [segment.time_ns for segment in segments]
    until_ns = ended.time_ns if ended else max(seen_ns)
    heard = [row for row in end.packets if row.source != end.address and row.time_ns <= until_ns]
    sent = [row for row in end.packets if row.source == end.address and row.time_ns <= until_ns]
    heard_up, sent_up = _last(filter(is_up, heard)), _last(filter(is_up, sent))
    fell = _first(row for row in sent if sent_up is not None and row.time_ns > sent_up.time_ns)
    advised = fell is None or fell.time_ns > established_ns
    kept = [each for each in segments if each.source != end.address and _keeps(each) and each.time_ns <= until_ns]
    return Life(
        established_ns=established_ns,
        kept=kept[-1],
        hold_s=min((segment.hold_s for segment in segments if segment.hold_s is not None), default=0),
        heard=_last(heard),
        detection_us=_detection_us(heard_up, sent_up) if advised and heard_up and sent_up else 0,
        fell=fell,
        ended=ended,
        by_itself=ended is not None and ended.source == end.address,
    )


def _established(end: End, segments: Sequence[Segment]) -> int | None:
    """When OPEN and KEEPALIVE of both sides had been seen (RFC 4271 section 8.2.2)."""
    missing = {(own, kind) for own in (True, False) for kind in (OPEN, KEEPALIVE)}
    for segment in segments:
        missing -= {(segment.source == end.address, kind) for kind in segment.messages}
        if not missing:
            return segment.time_ns
    return None


def _limits(life: Life) -> str:
    return f"the Detection Time is {milliseconds(life.detection_us * 1000)}, the Hold Time {life.hold_s} s"


def _of_bfd(life: Life, ended: Segment) -> str:
    if life.fell is None:
        return "BFD had said nothing but Up at this end"
    said = f"BFD said {state_name(life.fell.state)} with diagnostic {life.fell.diag} in frame {life.fell.frame}"
    return f"{said}, {milliseconds(ended.time_ns - life.fell.time_ns)} before"


def _of_notification(ended: Segment) -> str:
    wanted = f"Cease, BFD Down ({CEASE}/{BFD_DOWN}), which RFC 9384 section 3 recommends"
    if NOTIFICATION not in ended.messages:
        return f"the connection ends without a NOTIFICATION: not with {wanted}"
    code, subcode = ended.error or (0, None)
    if (code, subcode) == (CEASE, BFD_DOWN):
        return f"the NOTIFICATION is {wanted}"
    return f"the NOTIFICATION is {code}{'' if subcode is None else f'/{subcode}'}, not {wanted}"


def _keeps(segment: Segment) -> bool:
    return KEEPALIVE in segment.messages or UPDATE in segment.messages


def _detection_us(heard: Row, own: Row) -> int:
    """RFC 5880 section 6.8.4, Asynchronous mode: of the packets that were heard and sent last."""
    return heard.detect_mult * max(own.required_min_rx_interval_us, heard.desired_min_tx_interval_us)


def _first(items: Iterable[_Item]) -> _Item | None:
    return next(iter(items), None)


def _last(items: Iterable[_Item]) -> _Item | None:
    return next(reversed(list(items)), None)
