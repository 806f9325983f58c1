"""Two captures become one account: what arrived, what did not, and how it is told."""

from dataclasses import replace

from session_tale import BEGUN_NS, MS, Tale

from captures.handshake import DOWN, UP
from interop.account import lines
from interop.evidence import changes, in_words


def test_a_packet_has_its_frame_at_either_end() -> None:
    tale = Tale()
    tale.say(0, 0, DOWN)
    tale.say(10, 1, DOWN)
    evidence = tale.evidence()
    assert [(packet.side, packet.frames) for packet in evidence.packets] == [(0, (1, 1)), (1, (2, 2))]
    assert [packet.heard_ns for packet in evidence.sent(0)] == [BEGUN_NS + 50_000]


def test_what_was_lost_on_the_way_is_in_one_capture_only() -> None:
    tale = Tale()
    tale.talk(0, 900, 0)
    tale.talk(900, 1800, 0, arrives=False)
    tale.talk(1900, 2200, 0)
    sent = tale.evidence().sent(0)
    assert [packet.frames[1] is None for packet in sent] == [False] * 4 + [True] * 4 + [False] * 2
    assert sent[-1].frames == (10, 6)


def test_alike_packets_are_told_apart_by_time() -> None:
    """A lost packet is not taken for the next one that reads the same."""
    tale = Tale()
    tale.say(0, 0, UP, arrives=False)
    tale.say(225, 0, UP)
    first, second = tale.evidence().sent(0)
    assert first.heard_ns is None
    assert second.heard_ns is not None


def test_a_ttl_that_a_router_lowered_is_no_difference() -> None:
    tale = Tale()
    tale.say(0, 0, UP)
    other = tale.rows[1]
    other[0] = replace(other[0], ttl=254)
    (packet,) = tale.evidence().packets
    assert packet.frames == (1, 1)
    assert "TTL" not in in_words(packet.row)


def test_repeated_packets_are_one_line_until_something_happens() -> None:
    tale = Tale()
    tale.talk(0, 1000, 0)
    tale.mark(1000, "cut")
    tale.talk(1010, 1500, 0)
    evidence = tale.evidence()
    told = lines(evidence, [evidence.packets[1]])
    assert [(line.words.split()[0], line.alike, line.marked) for line in told] == [
        ("Up", 0, False),
        ("Up", 2, True),
        ("cut", 0, False),
        ("Up", 1, False),
    ]
    assert told[2].time_us == 1_000_000


def test_changes_of_state() -> None:
    tale = Tale()
    tale.establish()
    assert [packet.sent_ns // MS - BEGUN_NS // MS for packet in changes(tale.evidence().sent(1))] == [20, 1010, 1012]
