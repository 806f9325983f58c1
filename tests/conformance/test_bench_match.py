"""Matchers: what they match, and how they say what they want and what is different."""

from typing import Any

import pytest
from scripted_target import frame_from_target, seen

from conformance.bench.match import Between, Not, OneOf, control
from conformance.bench.packets import Seen, in_words
from refimpl.core.constants import Diag, State
from refimpl.core.packet import Malformed
from refimpl.wire.frames import dissect


def malformed() -> Seen:
    datagram = dissect(frame_from_target(b"\x20\xc0\x03"))
    assert datagram is not None
    return Seen(1, 0, False, datagram, Malformed(datagram.payload))


@pytest.mark.parametrize(
    ("wanted", "matching", "other"),
    [
        ({"state": State.UP}, {"state": State.UP}, {"state": State.INIT}),
        ({"state": State.ADMIN_DOWN}, {"state": 0}, {"state": State.UP}),
        ({"final": False}, {"final": False}, {"final": True}),
        ({"your_discriminator": 0}, {"your_discriminator": 0}, {"your_discriminator": 1}),
        ({"state": OneOf((0, 1))}, {"state": 1}, {"state": 2}),
        ({"detect_mult": Not(0)}, {"detect_mult": 1}, {"detect_mult": 0}),
        ({"detect_mult": Between(3, 5)}, {"detect_mult": 3}, {"detect_mult": 2}),
        ({"detect_mult": Between(3, 5)}, {"detect_mult": 5}, {"detect_mult": 6}),
        ({"detect_mult": Between(3)}, {"detect_mult": 255}, {"detect_mult": 2}),
        ({"detect_mult": Between(None, 3)}, {"detect_mult": 0}, {"detect_mult": 4}),
        ({"state": State.UP, "poll": True}, {"state": State.UP, "poll": True}, {"state": State.UP, "poll": False}),
    ],
)
def test_fields_decide(wanted: dict[str, Any], matching: dict[str, Any], other: dict[str, Any]) -> None:
    match = control(**wanted)
    assert match(seen(0, **matching))
    assert match.difference(seen(0, **matching)) == ""
    assert not match(seen(0, **other))
    assert match.difference(seen(0, **other)) != ""


def test_no_field_matches_any_packet_but_a_malformed_one() -> None:
    assert control()(seen(0, state=State.INIT, final=True))
    assert not control()(malformed())
    assert control().difference(malformed()) == "only 3 bytes"


def test_unknown_field_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match=r"'stat' is no field of a Control packet; there are .*\bstate\b"):
        control(stat=State.UP)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({}, "a Control packet"),
        ({"state": State.UP, "final": True}, "a packet with state Up, final set"),
        ({"poll": False}, "a packet with poll clear"),
        ({"state": OneOf((State.DOWN, State.INIT))}, "a packet with state Down or state Init"),
        ({"diag": Diag.PATH_DOWN}, "a packet with diag 5 (path down)"),
        ({"diag": 31}, "a packet with diag 31 (reserved)"),
        ({"desired_min_tx_interval_us": 12_345}, "a packet with desired min tx interval 12.345 ms"),
        ({"my_discriminator": Not(0)}, "a packet with my discriminator other than 0x00000000"),
        ({"required_min_rx_interval_us": Between(1_000_000)}, "required min rx interval of at least 1000 ms"),
        ({"required_min_rx_interval_us": Between(None, 500)}, "required min rx interval of at most 0.5 ms"),
        ({"detect_mult": Between(3, 5)}, "detect mult from 3 to 5"),
    ],
)
def test_words_of_a_matcher(wanted: dict[str, Any], words: str) -> None:
    assert str(control(**wanted)).removeprefix("a packet with ") == words.removeprefix("a packet with ")


def test_difference_names_what_differs_and_nothing_else() -> None:
    match = control(state=State.UP, final=True, detect_mult=3)
    assert match.difference(seen(0, state=State.DOWN, final=False, detect_mult=3)) == "state Down, final clear"


def test_line_of_the_packet_table() -> None:
    assert in_words(seen(0, poll=True, final=True, your_discriminator=0xBEEF)) == (
        "Up PF diag 0 mult 3 my 0x00000007 your 0x0000beef tx 300 ms rx 300 ms"
    )
    assert in_words(malformed()) == "malformed, 3 bytes"


@pytest.mark.parametrize(
    ("fields", "encapsulation", "oddity"),
    [
        ({"version": 2}, {}, "version 2"),
        ({"length": 25}, {}, "Length 25 in 24 bytes"),
        ({}, {"ttl": 254}, "TTL 254"),
        ({}, {"destination_port": 4784}, "port 4784"),
    ],
)
def test_oddities_are_told(fields: dict[str, Any], encapsulation: dict[str, Any], oddity: str) -> None:
    plain = seen(0, **fields)
    datagram = dissect(frame_from_target(plain.packet, **encapsulation))
    assert datagram is not None
    assert in_words(Seen(1, 0, False, datagram, plain.packet)).endswith(f"; {oddity}")
