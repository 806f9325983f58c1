"""Passwords and digests: who is accused where keys were given, and who is not because the keys may be to blame."""

from dataclasses import replace
from typing import Any

import pytest
from bfd_frames import UP, A, B
from test_captures_handshake import capture

from captures.checks.digests import CHECKS
from captures.findings import Outcome, Ruling
from captures.judging import judge
from captures.rows import Digest, Row

PASSWORD, MD5, MD5_KEY, SHA1, SHA1_KEY = (check.requirement for check in CHECKS)
SIGNS = {
    "R": Digest.RIGHT,
    "W": Digest.WRONG,
    "K": Digest.KEY,
    "D": Digest.DOUBTFUL,
    "N": Digest.NO_KEY,
    "-": Digest.UNCHECKED,
}
SIZES = {1: 9, 2: 24, 3: 24, 4: 28, 5: 28}


def auth(signs: str, *, kind: int = 3, every: float = 1, since: float = 0, **fields: Any) -> list[Row]:
    """Packets of A, Up, a sign for each; a dot is a packet that is missing."""
    length = 24 + SIZES[kind]
    same = {
        "authentication_present": True,
        "auth_type": kind,
        "auth_length": SIZES[kind],
        "auth_key_id": 7,
        "length": length,
        "udp_length": 8 + length,
    }
    return capture(
        *(
            (since + every * number, A, UP, same | {"digest": SIGNS[sign], "auth_sequence": number} | fields)
            for number, sign in enumerate(signs)
            if sign != "."
        )
    )


def together(*stories: list[Row]) -> list[Row]:
    """Stories that are told at once."""
    rows = sorted((row for story in stories for row in story), key=lambda row: row.time_ns)
    return [replace(row, frame=frame) for frame, row in enumerate(rows, start=1)]


def outcomes(rows: list[Row]) -> dict[str, Outcome]:
    ids = {check.requirement for check in CHECKS}
    return {outcome.check: outcome for outcome in judge(rows, A) if outcome.check in ids}


def accused(rows: list[Row]) -> dict[str, tuple[int, ...]]:
    """Check id to the frames of its findings."""
    return {check: finding.frames for check, outcome in outcomes(rows).items() for finding in outcome.findings}


GUILTY = {
    "one of many": (auth("RRRWRRR"), {MD5: (4,)}),
    "one of many, of SHA1": (auth("RRRWRRR", kind=4), {SHA1: (4,)}),
    "one password of many": (auth("RRRWRRR", kind=1), {PASSWORD: (4,)}),
    "every other one": (auth("RW" * 10, every=0.3), {MD5: (6, 8, 10, 12, 14)}),
    "two in a row": (auth("RRRWWRRR"), {MD5: (4,)}),
    "in a session with intervals of two seconds": (auth("RRWRR", every=2), {MD5: (3,)}),
    "the key instead of the digest, and never anything else": (auth("KKKK"), {MD5: (1,), MD5_KEY: (1,)}),
    "the key instead of the hash, once": (auth("RKRR", kind=5), {SHA1: (2,), SHA1_KEY: (2,)}),
    "with another Key ID that is right": (together(auth("RRRWRRR"), auth("R" * 9, auth_key_id=8)), {MD5: (7,)}),
}


@pytest.mark.parametrize("name", GUILTY)
def test_what_is_wrong_is_found_in_its_frame(name: str) -> None:
    rows, expected = GUILTY[name]
    assert accused(rows) == expected


ANOTHER = "not what the keys give: another key, or another way to use it"
FOR_A_TIME = "not what the keys give: for a time, or for good, another key, or another way to use it"
DOUBTS = {
    "another key all the time": (auth("WWWWWW"), f"frames 1 to 6 (6 packets): {ANOTHER}"),
    "another key since": (auth("RRRRRWWWWWW"), f"frames 6 to 11 (6 packets): {FOR_A_TIME}"),
    "another key before": (auth("WWWWWWRRRRR"), f"frames 1 to 6 (6 packets): {FOR_A_TIME}"),
    "another key, and back": (auth("RRRRWWWWRRRR"), f"frames 5 to 8 (4 packets): {FOR_A_TIME}"),
    "a packet of before the change is late": (
        together(auth("RRRR.WWWW"), auth("R", since=5.4)),
        f"frame 5, frames 7 to 9 (3 packets): {FOR_A_TIME}",
    ),
    "a late packet of a key that comes back": (
        together(auth("RRRR.WWWWWWWRRR"), auth("R", since=5.4)),
        f"frame 5, frames 7 to 12 (6 packets): {FOR_A_TIME}",
    ),
    "a new key, and a late packet of before": (
        together(auth("WWWW.RRRR"), auth("W", since=5.4)),
        f"frames 1 to 4 (4 packets), frame 6: {FOR_A_TIME}",
    ),
    "the last one": (auth("RRRRW"), f"frame 5: {FOR_A_TIME}"),
    "packets that are too far away": (auth("RRWRR", every=6), f"frame 3: {FOR_A_TIME}"),
    "another Key ID is right": (
        together(auth("RRRRRR", auth_key_id=8), auth("WWW", since=2.5)),
        f"frames 4 to 8 (3 packets): {ANOTHER}",
    ),
    "another session is right": (
        together(auth("RRRRRR"), auth("WWW", since=2.5, my_discriminator=99)),
        f"frames 4 to 8 (3 packets): {ANOTHER}",
    ),
    "perhaps damaged": (
        auth("RRRDRRR"),
        "frame 4: not what the keys give, and no UDP checksum shows that the packets are as they were sent",
    ),
    "no key": (auth("NNNN"), "frames 1 to 4 (4 packets): no key of this ID and type was given"),
}


@pytest.mark.parametrize("name", DOUBTS)
def test_what_the_keys_may_be_to_blame_for_is_told_and_not_accused(name: str) -> None:
    rows, words = DOUBTS[name]
    outcome = outcomes(rows)[MD5]
    assert accused(rows) == {}
    assert f"not decidable: the digest with Key ID 7 in {words}" in (outcome.reason, *outcome.notes)


def test_right_ones_are_counted() -> None:
    found = outcomes([*auth("RRRN-R", kind=2)])
    assert {check: (outcome.ruling, outcome.examined) for check, outcome in found.items()} == {
        PASSWORD: (Ruling.NOT_APPLICABLE, 0),
        MD5: (Ruling.CONFIRMED, 4),
        MD5_KEY: (Ruling.CONFIRMED, 4),
        SHA1: (Ruling.NOT_APPLICABLE, 0),
        SHA1_KEY: (Ruling.NOT_APPLICABLE, 0),
    }


def test_without_keys_nothing_is_said() -> None:
    outcome = outcomes(auth("----"))[MD5]
    assert outcome.ruling is Ruling.NOT_APPLICABLE
    assert outcome.reason.startswith("no keys were given (--auth-keys)")


def test_another_version_may_have_another_layout() -> None:
    assert accused(auth("RRRWRRR", version=2)) == {}


def test_a_peer_is_not_accused() -> None:
    assert [outcome for outcome in judge(auth("RRRWRRR"), B) if outcome.findings] == []
