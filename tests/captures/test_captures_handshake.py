"""Who is accused of a wrong step, and who is not: flight times, losses and restarts must not fool the bystander."""

from dataclasses import replace
from typing import Any

import pytest
from bfd_frames import ADMIN_DOWN, DOWN, INIT, START_NS, UP, A, B

from captures.findings import Outcome, Ruling
from captures.fold import fold
from captures.handshake import Handshake, Side, handshake_seen
from captures.judging import judge
from captures.rows import Row
from captures.table import from_packets

INIT_CHECK, INIT_TO_UP = "5880-6.8.6-r33", "5880-6.8.6-r38"
DOWN_TO_UP, DOWN_TO_UP_ON_UP = "5880-6.8.6-r34", "5880-6.8.6-r35"
CHECKS = (INIT_CHECK, DOWN_TO_UP, DOWN_TO_UP_ON_UP, INIT_TO_UP)
DISCRIMINATOR = {A: 0xA, B: 0xB}
BLANK = Row(
    frame=0,
    time_ns=0,
    source=A,
    destination=B,
    ttl=255,
    source_port=50000,
    destination_port=3784,
    ip_version=4,
    udp_length=32,
    version=1,
    diag=0,
    state=DOWN,
    poll=False,
    final=False,
    control_plane_independent=False,
    authentication_present=False,
    demand=False,
    multipoint=False,
    detect_mult=3,
    length=24,
    my_discriminator=0,
    your_discriminator=0,
    desired_min_tx_interval_us=1_000_000,
    required_min_rx_interval_us=1_000_000,
    required_min_echo_rx_interval_us=0,
    auth_type=None,
    auth_length=None,
    auth_key_id=None,
    auth_sequence=None,
    malformed=False,
)
Told = tuple[float, str, int] | tuple[float, str, int, dict[str, Any]]


def capture(*story: Told) -> list[Row]:
    """Rows from (seconds, who, state) or (seconds, who, state, other fields); an end that was heard is known."""
    rows: list[Row] = []
    for seconds, who, state, *other in story:
        peer = B if who == A else A
        known = any(row.source == peer for row in rows)
        row = replace(
            BLANK,
            frame=len(rows) + 1,
            time_ns=START_NS + int(seconds * 1e9),
            source=who,
            destination=peer,
            state=state,
            my_discriminator=DISCRIMINATOR[who],
            your_discriminator=DISCRIMINATOR[peer] if known else 0,
        )
        rows.append(replace(row, **other[0]) if other else row)
    return rows


def outcomes(rows: list[Row], speaker: str = A) -> dict[str, Outcome]:
    return {outcome.check: outcome for outcome in judge(rows, speaker) if outcome.check in CHECKS}


def accused(rows: list[Row], speaker: str = A) -> dict[str, tuple[int, ...]]:
    """Check id to the frames of its findings."""
    found = outcomes(rows, speaker).items()
    return {check: finding.frames for check, outcome in found for finding in outcome.findings}


HANDSHAKE: list[Told] = [
    (0, A, DOWN),
    (0.4, B, DOWN),
    (0.5, A, INIT),
    (0.6, B, UP),
    (0.7, A, UP),
    (1, B, UP),
    (1.2, A, UP),
]

HONEST: dict[str, list[Told]] = {
    "by the book": HANDSHAKE,
    "straight from Down to Up on Init": [(0, A, DOWN), (0.1, B, INIT, {"your_discriminator": 0xA}), (0.2, A, UP)],
    "Init never sent, for the timer was slow": [(0, A, DOWN), (0.1, B, DOWN), (0.3, B, INIT), (1.0, A, UP)],
    "read late: the cause was captured before the last Down": [
        (0, A, DOWN),
        (1, B, DOWN),
        (1.1, A, DOWN),
        (1.2, A, INIT),
    ],
    "lost packets: the first two were never received": [
        *((0, A, DOWN), (0.1, B, DOWN), (1, A, DOWN), (1.1, B, DOWN), (2, A, DOWN), (2.1, B, DOWN), (2.2, A, INIT)),
    ],
    "detection time expired, then up again": [
        *HANDSHAKE,
        (9, A, DOWN),
        (9.1, B, DOWN),
        (9.2, A, INIT),
        (9.3, B, UP),
        (9.4, A, UP),
    ],
    "a flap between two packets": [*HANDSHAKE, (3, B, DOWN), (3.5, A, INIT), (3.6, B, UP), (3.7, A, UP)],
    "disabled and enabled": [
        *HANDSHAKE,
        (2, A, ADMIN_DOWN),
        (2.1, B, DOWN),
        (4, A, DOWN),
        (4.1, B, DOWN),
        (4.2, A, INIT),
    ],
    "enabled without a word": [
        *HANDSHAKE,
        (2, A, ADMIN_DOWN),
        (3.9, B, DOWN),
        (4.2, A, INIT),
        (4.3, B, UP),
        (4.4, A, UP),
    ],
    "peer disabled and enabled": [
        *HANDSHAKE,
        (2, B, ADMIN_DOWN),
        (2.1, A, DOWN),
        (4, B, DOWN),
        (4.1, A, INIT),
        (4.2, B, UP),
    ],
    "restarted with another discriminator": [
        *HANDSHAKE,
        (9, A, DOWN, {"my_discriminator": 0x1A, "your_discriminator": 0}),
        (9.1, B, DOWN, {"your_discriminator": 0x1A}),
        (9.2, A, INIT, {"my_discriminator": 0x1A}),
        (9.3, B, UP, {"your_discriminator": 0x1A}),
        (9.4, A, UP, {"my_discriminator": 0x1A}),
    ],
    "restarted with the old discriminator": [
        *HANDSHAKE,
        (9, A, DOWN, {"your_discriminator": 0}),
        (9.1, B, DOWN),
        (9.2, A, INIT),
        (9.3, B, UP),
        (9.4, A, UP),
    ],
    "changed its discriminator while Up": [*HANDSHAKE, (2, A, UP, {"my_discriminator": 0x1A})],
    "the capture begins when the peer's Down is on its way": [
        (0, A, DOWN),
        (0.1, A, INIT),
        (0.2, B, INIT),
        (0.3, A, UP),
    ],
    "S-BFD has other rules": [
        (0, A, DOWN, {"destination_port": 7784}),
        (0.1, B, UP),
        (0.2, A, UP, {"destination_port": 7784}),
    ],
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_speaker_is_not_accused(name: str) -> None:
    rows = capture(*HONEST[name])
    assert accused(rows, A) == {}
    assert accused(rows, B) == {}


LONG_DOWN: list[Told] = [(-3, A, DOWN)]

GUILTY: dict[str, tuple[list[Told], dict[str, tuple[int, ...]]]] = {
    "Up when the peer is Down": (
        [*LONG_DOWN, (0, A, DOWN), (0.1, B, DOWN), (0.2, A, UP), (1, B, DOWN)],
        {DOWN_TO_UP: (4,)},
    ),
    "Up from Down on Up": (
        [(0, A, UP), (0.1, B, UP), (5, A, DOWN), (7, B, UP), (7.1, A, UP)],
        {DOWN_TO_UP_ON_UP: (5,)},
    ),
    "Up out of Init on Down": (
        [*LONG_DOWN, (0, A, DOWN), (0.1, B, DOWN), (0.2, A, INIT), (0.3, B, DOWN), (0.4, A, UP), (1, B, DOWN)],
        {INIT_TO_UP: (6,)},
    ),
    "Init on AdminDown": (
        [*LONG_DOWN, (0, A, DOWN), (0.1, B, ADMIN_DOWN), (0.2, A, INIT), (1, B, ADMIN_DOWN)],
        {INIT_CHECK: (4,)},
    ),
    "Init before anything was heard": ([*LONG_DOWN, (0, A, DOWN), (0.2, A, INIT), (3, B, DOWN)], {INIT_CHECK: (3,)}),
    "Up on an Init that had to be discarded": (
        [*LONG_DOWN, (0, A, DOWN), (0.1, B, DOWN), (0.2, B, INIT, {"detect_mult": 0}), (0.3, A, UP), (1, B, DOWN)],
        {DOWN_TO_UP: (5,)},
    ),
    "Up on an Init that does not know the speaker": (
        [*LONG_DOWN, (0, A, DOWN), (0.1, B, DOWN), (0.2, B, INIT, {"your_discriminator": 0}), (0.3, A, UP)],
        {DOWN_TO_UP: (5,)},
    ),
    "from Up back to Init": ([*HANDSHAKE, (9, A, UP), (9.1, B, UP), (9.2, A, INIT)], {INIT_CHECK: (10,)}),
}


@pytest.mark.parametrize("name", GUILTY)
def test_a_wrong_step_is_found_in_its_frame(name: str) -> None:
    story, expected = GUILTY[name]
    rows = capture(*story)
    assert accused(rows, A) == expected
    assert accused(rows, B) == {}


NO_DIAG = ("5880-6.8.6-r40", "5880-6.8.6-r32")
SILENCE: dict[str, list[Told]] = {
    "restarted with the old discriminator, noticed by the peer before": [
        *HANDSHAKE,
        (4.3, B, DOWN, {"diag": 1, "your_discriminator": 0}),
        (5, A, DOWN, {"your_discriminator": 0}),
    ],
    "disabled and enabled, of which nothing came through": [*HANDSHAKE, (4.3, B, DOWN, {"diag": 1}), (5, A, DOWN)],
    "disabled and enabled, while the peer was disabled": [*HANDSHAKE, (2, B, ADMIN_DOWN, {"diag": 7}), (5, A, DOWN)],
}


@pytest.mark.parametrize("name", SILENCE)
def test_a_fall_that_nobody_saw_needs_no_diagnostic(name: str) -> None:
    found = {each.check: each for each in judge(capture(*SILENCE[name]), A)}
    assert {found[check].ruling for check in NO_DIAG} == {Ruling.NOT_APPLICABLE}


@pytest.mark.parametrize(("check", "state"), [(NO_DIAG[0], DOWN), (NO_DIAG[1], ADMIN_DOWN)])
def test_a_fall_without_diagnostic_is_found_in_its_frame(check: str, state: int) -> None:
    rows = capture(*HANDSHAKE, (2, B, state, {"diag": 1}), (2.1, A, DOWN))
    found = {each.check: each for each in judge(rows, A)}
    assert [finding.frames for finding in found[check].findings] == [(9,)]


def test_a_capture_that_begins_in_the_middle_is_not_decidable() -> None:
    known = {"your_discriminator": 0xB}
    found = outcomes(capture((0, A, DOWN, known), (0.1, A, UP, known), (0.2, B, UP)))[DOWN_TO_UP]
    assert found.ruling is Ruling.NOT_APPLICABLE
    assert "not decidable: the step to Up in frame 2" in found.reason


def test_a_session_that_is_up_from_the_start_confirms_no_handshake() -> None:
    found = outcomes(capture((0, A, UP), (0.1, B, UP), (1, A, UP)))
    assert {outcome.ruling for outcome in found.values()} == {Ruling.NOT_APPLICABLE}
    assert "first packet, frame 1, says Up already" in found[DOWN_TO_UP].reason


def test_one_direction_alone_is_not_decidable() -> None:
    found = outcomes(capture((0, A, DOWN), (5, A, INIT), (6, A, UP)))
    assert {outcome.ruling for outcome in found.values()} == {Ruling.NOT_APPLICABLE}
    assert "no packet of the peer" in found[INIT_CHECK].reason


def test_a_peer_that_does_not_know_the_speaker_yet_is_heard() -> None:
    found = outcomes(capture((0, B, DOWN), (0.1, A, DOWN), (0.2, A, INIT)))[INIT_CHECK]
    assert (found.ruling, found.examined) == (Ruling.CONFIRMED, 1)


def seen(rows: list[Row]) -> list[Handshake]:
    return handshake_seen(fold([from_packets(rows)]))


def changes(side: Side) -> list[tuple[int, int]]:
    return [(change.frame, change.state) for change in side.changes]


def test_handshake_lists_the_frames_of_both_sides_in_order() -> None:
    (found,) = seen(capture(*HANDSHAKE))
    assert found.complete
    assert [(side.address, side.discriminator) for side in found.sides] == [(A, 0xA), (B, 0xB)]
    assert changes(found.sides[0]) == [(1, DOWN), (3, INIT), (5, UP)]
    assert changes(found.sides[1]) == [(2, DOWN), (4, UP)]
    assert [(side.init, side.up) for side in found.sides] == [(3, 5), (None, 4)]


def test_each_session_of_a_restarted_peer_is_a_handshake_of_its_own() -> None:
    new = {"my_discriminator": 0x1B}
    rows = capture(
        *HANDSHAKE,
        (9, A, DOWN, {"your_discriminator": 0}),
        (9.1, B, DOWN, new),
        (9.2, A, INIT, {"your_discriminator": 0x1B}),
    )
    first, second = seen(rows)
    assert first.complete and not second.complete
    assert {side.discriminator: changes(side) for side in second.sides} == {
        0xA: [(1, DOWN), (10, INIT)],
        0x1B: [(9, DOWN)],
    }


@pytest.mark.parametrize(
    "story",
    [
        HANDSHAKE[:4],
        [(0, A, UP), (0.1, B, UP), (1, A, UP)],
        [(0, A, DOWN), (0.1, B, DOWN), (0.2, A, UP), (0.3, B, UP)],
    ],
    ids=["one side only", "Up from the start", "no Init"],
)
def test_an_incomplete_handshake_is_not_taken_for_one(story: list[Told]) -> None:
    (found,) = seen(capture(*story))
    assert not found.complete


def test_ends_that_do_not_know_each_other_are_no_session() -> None:
    stranger = {"my_discriminator": 0xC, "your_discriminator": 0xD}
    assert seen(capture((0, A, DOWN), (0.1, B, DOWN, stranger))) == []


C = "192.0.2.3"


def test_a_peer_may_send_from_several_addresses() -> None:
    """RFC 5880 section 6.3: a nonzero Your Discriminator selects the session, whatever the source address."""
    calm = [(2 + number * 0.86 + number % 3 * 0.06, who, UP) for number in range(40) for who in (A, B)]
    moved = [(seconds, who, state, {"source": C} if who == B and seconds > 5 else {}) for seconds, who, state in calm]
    rows = capture(*HANDSHAKE, *moved)
    polled = replace(rows[-3], source=C, poll=True, frame=len(rows) + 1, time_ns=rows[-1].time_ns + 10**8)
    answer = replace(rows[-2], final=True, frame=len(rows) + 2, time_ns=rows[-1].time_ns + 10**8 + 1000)
    assert (polled.my_discriminator, answer.source) == (DISCRIMINATOR[B], A)
    rows += [polled, answer]
    assert [finding for each in judge(rows, A) for finding in each.findings] == []
