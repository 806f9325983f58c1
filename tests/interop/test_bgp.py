"""What is concluded from the end of a BGP session, on packets that nobody sent."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from captures.bgp import KEEPALIVE, NOTIFICATION, OPEN, UPDATE, Segment
from captures.rows import Row
from interop.bgp import End, judge, lives
from reports.model import Verdict

HERE, THERE = "192.0.2.1", "192.0.2.2"
MS = 1_000_000
ADMIN_DOWN, DOWN, INIT, UP = range(4)

ROW = Row(
    frame=0,
    time_ns=0,
    source=HERE,
    destination=THERE,
    ttl=255,
    source_port=50000,
    destination_port=3784,
    ip_version=4,
    udp_length=32,
    version=1,
    diag=0,
    state=UP,
    poll=False,
    final=False,
    control_plane_independent=False,
    authentication_present=False,
    demand=False,
    multipoint=False,
    detect_mult=3,
    length=24,
    my_discriminator=1,
    your_discriminator=2,
    desired_min_tx_interval_us=300_000,
    required_min_rx_interval_us=300_000,
    required_min_echo_rx_interval_us=0,
    auth_type=None,
    auth_length=None,
    auth_key_id=None,
    auth_sequence=None,
    malformed=False,
)


def bfd(at_ms: int, source: str, state: int = UP, **fields: Any) -> Row:
    return replace(ROW, frame=at_ms, time_ns=at_ms * MS, source=source, state=state, **fields)


def bgp(at_ms: int, source: str, *messages: int, stream: int = 0, **more: Any) -> Segment:
    return Segment(frame=at_ms, time_ns=at_ms * MS, source=source, stream=stream, messages=messages, **more)


BEGIN = (
    bgp(10, HERE, OPEN, hold_s=180),
    bgp(11, THERE, OPEN, KEEPALIVE, hold_s=90),
    bgp(12, HERE, KEEPALIVE),
    bgp(13, THERE, UPDATE),
)
TALK = tuple(bfd(at, who) for at in range(0, 3000, 250) for who in (THERE, HERE))
"""The last of THERE's packets comes at 2750 ms; the Detection Time is 900 ms."""
DETECTED = 2750 + 901


def conclude(packets: Sequence[Row], *segments: Segment) -> tuple[Verdict, str]:
    (life,) = lives(End(HERE, sorted(packets, key=lambda row: row.time_ns), (*BEGIN, *segments)))
    conclusion = judge(life)
    return conclusion.verdict, "; ".join(conclusion.lines)


def test_bgp_ends_when_bfd_has_detected() -> None:
    end = bgp(DETECTED + 4, HERE, NOTIFICATION, error=(6, 10))
    verdict, words = conclude([*TALK, bfd(DETECTED, HERE, DOWN, diag=1)], end)
    assert verdict is Verdict.PASS
    assert "BGP ends in frame 3655, 905 ms after the last BFD packet heard, frame 2750, which says Up" in words
    assert "the Detection Time is 900 ms, the Hold Time 90 s" in words
    assert "BFD said Down with diagnostic 1 in frame 3651, 4 ms before" in words
    assert "the NOTIFICATION is Cease, BFD Down (6/10)" in words


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ({"error": (6, 0)}, "the NOTIFICATION is 6/0, not Cease, BFD Down"),
        ({"error": (5, None)}, "the NOTIFICATION is 5, not Cease, BFD Down"),
        ({"reset": True}, "the connection ends without a NOTIFICATION: not with Cease, BFD Down"),
    ],
)
def test_another_notification_or_none_is_noted_and_nothing_else(end: dict[str, Any], words: str) -> None:
    messages = (NOTIFICATION,) if "error" in end else ()
    verdict, said = conclude(TALK, bgp(DETECTED, HERE, *messages, **end))
    assert verdict is Verdict.PASS
    assert words in said
    assert "BFD had said nothing but Up at this end" in said


def test_bgp_may_end_as_soon_as_the_other_end_says_down() -> None:
    packets = [
        *TALK,
        bfd(2800, THERE, DOWN, diag=1, desired_min_tx_interval_us=1_000_000),
        bfd(2801, HERE, DOWN, diag=3),
    ]
    verdict, words = conclude(packets, bgp(2802, HERE, NOTIFICATION, error=(6, 10)))
    assert verdict is Verdict.PASS
    assert "frame 2800, which says Down; the Detection Time is 900 ms" in words


def test_the_detection_time_is_that_of_the_packets_that_were_heard_and_sent_last() -> None:
    slower = [bfd(2900, THERE, detect_mult=5), bfd(2901, HERE, required_min_rx_interval_us=400_000)]
    assert conclude([*TALK, *slower], bgp(2900 + 2001, HERE, fin=True))[0] is Verdict.PASS
    verdict, words = conclude([*TALK, *slower], bgp(2900 + 1900, HERE, fin=True))
    assert verdict is Verdict.INCONCLUSIVE
    assert "the Detection Time is 2000 ms" in words
    assert "before BFD can have noticed anything" in words


def test_the_other_end_may_be_faster() -> None:
    first = bgp(2900, THERE, NOTIFICATION, error=(6, 10))
    verdict, words = conclude(TALK, first, bgp(2901, HERE, fin=True))
    assert verdict is Verdict.PASS_ALTERNATIVE
    assert "BGP ends in frame 2900" in words


def test_an_end_by_the_hold_timer_is_not_bfds() -> None:
    late = bgp(13 + 90_000, HERE, NOTIFICATION, error=(4, None))
    verdict, words = conclude([*TALK, bfd(DETECTED, HERE, DOWN, diag=1)], late)
    assert verdict is Verdict.WARN
    assert "the Hold Timer is over: BGP was heard last in frame 13" in words
    assert conclude(TALK, late)[0] is Verdict.INCONCLUSIVE  # for BFD was not down, either
    talk = [row for at in range(0, 80_000, 250) for row in (bfd(at, THERE), bfd(at, HERE))]
    short = [*talk, bfd(80_700, HERE, DOWN, diag=1)]
    assert conclude(short, late)[0] is Verdict.INCONCLUSIVE  # a system may hide a failure for a while


@pytest.mark.parametrize(
    "told",
    [(bfd(2800, THERE, ADMIN_DOWN, diag=7), bfd(2801, HERE, DOWN, diag=3)), (bfd(2801, HERE, ADMIN_DOWN, diag=7),)],
)
@pytest.mark.parametrize("at_ms", [2802, 13 + 90_000])
def test_an_administrator_is_no_failure(told: tuple[Row, ...], at_ms: int) -> None:
    verdict, words = conclude([*TALK, *told], bgp(at_ms, HERE, NOTIFICATION, error=(6, 10)))
    assert verdict is Verdict.INCONCLUSIVE
    assert "AdminDown does not tell of a failure" in words


def test_init_ends_no_session_that_is_up() -> None:
    packets = [*TALK, bfd(2800, THERE, INIT)]
    assert conclude(packets, bgp(2802, HERE, NOTIFICATION, error=(6, 10)))[0] is Verdict.INCONCLUSIVE
    assert conclude(packets, bgp(2800 + 901, HERE, NOTIFICATION, error=(6, 10)))[0] is Verdict.PASS


def test_nothing_is_concluded_without_an_end_or_without_bfd() -> None:
    assert conclude(TALK)[0] is Verdict.INCONCLUSIVE
    assert conclude((), bgp(DETECTED, HERE, fin=True))[0] is Verdict.INCONCLUSIVE
    before = [bfd(0, THERE), bfd(1, HERE), bfd(2, HERE, DOWN), bfd(3, THERE, DOWN)]
    assert conclude(before, bgp(DETECTED, HERE, fin=True))[0] is Verdict.INCONCLUSIVE


def test_each_connection_that_was_established_is_a_life() -> None:
    refused = (bgp(5000, THERE, stream=1, fin=True), bgp(5001, HERE, OPEN, stream=1, hold_s=90))
    again = [replace(each, time_ns=each.time_ns + 6000 * MS, stream=2) for each in BEGIN]
    one, other = lives(End(HERE, TALK, (*BEGIN, bgp(DETECTED, HERE, fin=True), *refused, *again)))
    assert one.ended is not None
    assert one.by_itself
    assert (other.established_ns, other.ended, other.hold_s) == (6012 * MS, None, 90)
