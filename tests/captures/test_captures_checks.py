"""Each check finds the violation planted for it, in the right frame, and leaves a clean capture alone."""

from pathlib import Path

import pytest
import yaml
from bfd_frames import (
    A6,
    AUTHENTICATED,
    B6,
    DOWN,
    FINAL,
    INIT,
    MULTIPOINT,
    POLL,
    UP,
    A,
    B,
    control,
    datagram,
    ethernet,
    needs_tshark,
    record,
)

from captures.checks import CHECKS
from captures.findings import Outcome, Ruling
from captures.judging import judge
from captures.read import Reading, read_tshark

MD5 = bytes([2, 24, 7, 0]) + bytes(20)
REQUIREMENTS = Path(__file__).parents[2] / "conformance" / "requirements"


def from_a(payload: bytes, **wrapping: int) -> bytes:
    return ethernet(datagram(payload, A, B, **wrapping))


def from_b(state: int = UP, *, your: int = 0xA) -> bytes:
    return ethernet(datagram(control(state, my=0xB, your=your), B, A, sport=50000))


CLEAN = [
    from_a(control(DOWN, your=0)),
    from_b(DOWN, your=0),
    from_a(control(INIT)),
    from_b(UP),
    from_a(control(UP, flags=POLL)),
    from_b(UP),
    from_a(control(UP)),
]


def outcomes(path: Path, speaker: str) -> dict[str, Outcome]:
    reading: Reading = read_tshark(path)
    return {outcome.check: outcome for outcome in judge(reading.rows, speaker, reading.undecoded)}


@needs_tshark
def test_a_clean_session_confirms_what_it_shows_and_no_more(tmp_path: Path) -> None:
    found = outcomes(record(tmp_path / "x.pcapng", CLEAN), A)
    confirmed = {check: outcome.examined for check, outcome in found.items() if outcome.ruling is Ruling.CONFIRMED}
    assert confirmed == {
        "5880-6.8.7-r23": 4,
        "5880-6.8.7-r37": 4,
        "5880-4.1-r05": 4,
        "5880-4.1-r09": 4,
        "5880-6.8.1-r18": 4,
        "5880-6.8.3-r03": 1,
        "5880-6.8.3-r08": 2,
        "5880-6.8.7-r39": 3,
        "5881-3-r01": 1,
        "5880-6.5-r04": 4,
        "5880-6.8.7-r35": 4,
        "5880-6.8.1-r08": 4,
        "5880-6.8.6-r33": 1,
        "5880-6.8.6-r38": 1,
        "5881-4-r01": 4,
        "5881-4-r03": 4,
        "5881-4-r04": 3,
        "5881-5-r01": 4,
    }
    others = {check: outcome for check, outcome in found.items() if check not in confirmed}
    assert all(outcome.ruling is Ruling.NOT_APPLICABLE and outcome.reason for outcome in others.values())
    assert all(outcome.examined == 0 for outcome in others.values())


PLANTED = {
    "version": ("5880-6.8.7-r23", from_a(control(version=2)), "version 2"),
    "version 0": ("5880-6.8.7-r23", from_a(control(version=0)), "version 0"),
    "length below 24": ("5880-6.8.7-r37", from_a(control(length=23)), "Length 23"),
    "length above 24": ("5880-6.8.7-r37", from_a(control(length=26) + bytes(2)), "Length 26"),
    "length beyond payload": ("5880-6.8.7-r37", from_a(control(length=60)), "Length 60 in a payload of 24 bytes"),
    "length without auth": ("5880-6.8.7-r37", from_a(control(flags=AUTHENTICATED)), "Length 24 without one"),
    "length with auth": (
        "5880-6.8.7-r37",
        from_a(control(flags=AUTHENTICATED, auth=MD5, length=52) + bytes(4)),
        "Length 52",
    ),
    "short payload": ("5880-6.8.7-r37", from_a(control()[:23]), "a payload of 23 bytes"),
    "P and F": ("5880-6.5-r04", from_a(control(flags=POLL | FINAL)), "P and F both set"),
    "M": ("5880-6.8.7-r35", from_a(control(flags=MULTIPOINT)), "M bit set"),
    "my discriminator": ("5880-6.8.1-r08", from_a(control(my=0)), "My Discriminator 0"),
    "destination port": ("5881-4-r01", from_a(control(), dport=4784), "destination port 4784"),
    "source port range": ("5881-4-r03", from_a(control(my=0xC, your=0xD), sport=49151), "source port 49151"),
    "source port change": ("5881-4-r04", from_a(control(flags=FINAL), sport=49153), "source port 49153"),
    "TTL": ("5881-5-r01", from_a(control(), ttl=254), "TTL 254"),
    "TTL with auth": ("5881-5-r03", from_a(control(flags=AUTHENTICATED, auth=MD5), ttl=64), "TTL 64"),
}


@needs_tshark
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_violation_is_found_in_its_frame(tmp_path: Path, name: str) -> None:
    check, frame, seen = PLANTED[name]
    path = record(tmp_path / "x.pcapng", [*CLEAN, frame, CLEAN[-1]])
    found = outcomes(path, A)
    assert [each for each, outcome in found.items() if outcome.ruling is Ruling.VIOLATED] == [check]
    (finding,) = found[check].findings
    assert finding.frames == (8,)
    assert seen in finding.seen and finding.expected
    assert finding.level == "MUST" and finding.clause.startswith("RFC 588")
    peer = outcomes(path, B).values()
    assert Ruling.VIOLATED not in {outcome.ruling for outcome in peer}, "the peer sent nothing wrong"


@needs_tshark
def test_a_step_past_init_is_found_in_its_frame(tmp_path: Path) -> None:
    frames = [from_a(control(DOWN, your=0)), from_b(DOWN, your=0), from_a(control(UP)), from_b(DOWN)]
    frames = [frames[0]] * 120 + frames  # for more than a second, so that the peer's Init was not captured before
    found = outcomes(record(tmp_path / "x.pcapng", frames), A)["5880-6.8.6-r34"]
    assert found.ruling is Ruling.VIOLATED and found.findings[0].frames == (123,)
    assert found.findings[0].seen == "Down (frame 121) to Up, when the peer had sent Down (frame 122)"


@needs_tshark
def test_ipv6_hop_limit(tmp_path: Path) -> None:
    frames = [ethernet(datagram(control(), A6, B6, ttl=ttl)) for ttl in (255, 64, 64, 1)]
    path = record(tmp_path / "x.pcapng", frames)
    for spelling in (A6, "2001:DB8:0:0::1", f"{A6}%eth0"):
        found = outcomes(path, spelling)["5881-5-r01"]
        assert [(finding.frames, finding.seen) for finding in found.findings] == [
            ((2,), "Hop Limit 64"),
            ((4,), "Hop Limit 1"),
        ]


@needs_tshark
def test_padding_behind_length_is_noted_and_no_violation(tmp_path: Path) -> None:
    frames = [from_a(control() + bytes(476)), from_a(control(flags=AUTHENTICATED, auth=MD5) + bytes(26))]
    found = outcomes(record(tmp_path / "x.pcapng", frames), A)["5880-6.8.7-r37"]
    assert found.ruling is Ruling.CONFIRMED
    assert found.notes == (
        "476 bytes of padding behind Length in frame 1",
        "26 bytes of padding behind Length in frame 2",
    )


@needs_tshark
def test_rules_of_one_application_are_not_held_against_another(tmp_path: Path) -> None:
    lsp = ethernet(datagram(control(my=9), A, "127.0.0.1", ttl=1))
    to_many = ethernet(datagram(control(flags=MULTIPOINT, your=0, my=8), A, "224.0.0.1"))
    multihop = from_a(control(my=7, your=6), ttl=60, sport=50000, dport=4784)
    found = outcomes(record(tmp_path / "x.pcapng", [lsp, to_many, multihop]), A)
    assert Ruling.VIOLATED not in {outcome.ruling for outcome in found.values()}


@needs_tshark
def test_a_restarted_speaker_may_have_another_source_port(tmp_path: Path) -> None:
    frames = [
        from_a(control(UP)),
        from_a(control(DOWN, your=0), sport=50001),
        from_a(control(UP), sport=50001),
        from_a(control(UP), sport=50002),
    ]
    found = outcomes(record(tmp_path / "x.pcapng", frames), A)["5881-4-r04"]
    assert [(finding.frames, finding.expected) for finding in found.findings] == [
        ((4,), "source port 50001, as in the session's frame 2")
    ]


@needs_tshark
def test_a_speaker_that_is_not_in_the_capture_is_not_confirmed(tmp_path: Path) -> None:
    found = outcomes(record(tmp_path / "x.pcapng", CLEAN), "192.0.2.77")
    assert {outcome.ruling for outcome in found.values()} == {Ruling.NOT_APPLICABLE}


def test_a_speaker_is_named_by_its_address() -> None:
    with pytest.raises(ValueError, match="'router-1'"):
        judge([], "router-1")


def test_every_check_stands_in_the_catalogue_with_its_level() -> None:
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in REQUIREMENTS.rglob("*.yaml")]
    catalogue = {entry["id"]: entry for file in files for entry in file["requirements"]}
    for check in CHECKS:
        entry = catalogue[check.requirement]
        assert entry["level"] == check.level
        assert "pcap" in entry["observable"]
    assert len({check.requirement for check in CHECKS}) == len(CHECKS)
