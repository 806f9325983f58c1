"""Runs to render: every verdict, known and unknown deviations, packets, measurements. Nothing here was measured."""

from datetime import UTC, datetime
from typing import Any

from reports.model import (
    CaseResult,
    Expectation,
    Measurement,
    Noise,
    PacketLine,
    RequirementRef,
    Run,
    TargetInfo,
    Verdict,
)

SEED = 424242
_STARTED = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)


def packets(number: int, *marked: int) -> list[PacketLine]:
    """`number` frames in turn from tester and target, about 300 ms apart; the frames in `marked` are evidence."""
    return [
        PacketLine(
            frame=frame,
            time_us=(frame - 1) * 149_213,
            direction="to_target" if frame % 2 else "from_target",
            summary=f"Up diag 0 mult 3 my 0x1a2b3c{frame:02x} your 0x0000beef tx 300 ms rx 300 ms echo 0",
            marked=frame in marked,
        )
        for frame in range(1, number + 1)
    ]


def case(case_id: str, title: str, verdict: Verdict, **more: Any) -> CaseResult:
    """A case of RFC 5880 unless `more` says otherwise; as expected when it is not a deviation."""
    rfc, section, _ = case_id.split("-")
    fine = verdict in {Verdict.PASS, Verdict.PASS_ALTERNATIVE, Verdict.UNSUPPORTED}
    values: dict[str, Any] = {
        "rfc": rfc,
        "section": section,
        "section_title": SECTION_TITLES.get((rfc, section), ""),
        "requirements": [
            RequirementRef(id=f"{rfc}-{section}-r01", level="MUST", summary=f"What section {section} asks of a system.")
        ],
        "as_expected": fine,
        "repeat": f"bfdspec test --target frr --seed {SEED} {case_id}",
        "capture": f"cases/{case_id}.pcapng",
        "duration_us": 1_234_567,
        "lateness_us": 180,
    }
    return CaseResult(id=case_id, title=title, verdict=verdict, **(values | more))


SECTION_TITLES = {
    ("5880", "6.8.3"): "Timer Manipulation",
    ("5880", "6.8.6"): "Reception of BFD Control Packets",
    ("5880", "6.8.7"): "Transmitting BFD Control Packets",
    ("5880", "6.8.16"): "Administrative Control",
    ("5881", "5"): "TTL/Hop Limit Issues",
    ("5883", "4.1"): "Demultiplexing: Address-Dependent Selection of Sessions",
}


def jitter(minimum: float, median: float, maximum: float) -> Measurement:
    """Intervals between periodic packets."""
    return Measurement(
        name="transmit interval",
        unit="ms",
        minimum=minimum,
        median=median,
        maximum=maximum,
        count=48,
        permitted="225 to 300 ms, and 4 ms of tolerance",
    )


def _unexpected() -> list[CaseResult]:
    return [
        case(
            "5880-6.8.6-04",
            "A packet whose Length is less than 24 is discarded",
            Verdict.FAIL,
            requirements=[
                RequirementRef(
                    id="5880-6.8.6-length-minimum",
                    level="MUST",
                    summary="A packet with a Length below the minimum for its A bit is discarded.",
                ),
                RequirementRef(
                    id="5880-6.8.6-discard-no-effect",
                    level="MUST",
                    summary="A discarded packet changes no state variable.",
                ),
            ],
            violated="5880-6.8.6-length-minimum",
            expected="the packet is discarded: the Poll that follows is answered, and Detect Mult is still 3",
            actual="frame 14 answers the damaged packet of frame 13 with Final set; its Detect Mult was absorbed",
            packets=packets(24, 13, 14),
            witness=[
                "tshark reads bfd.message_length 23 in frame 13 as malformed",
                "tshark agrees on the Final bit of frame 14",
            ],
            notes=["damage: field(length=23)"],
            attempts=2,
        ),
        case(
            "5880-6.8.7-02",
            "Intervals carry 0 to 25 % of jitter",
            Verdict.FAIL,
            violated="5880-6.8.7-r01",
            expected="every interval between 225 and 300 ms",
            actual="7 of 48 intervals are longer than 304 ms; the longest is 331.4 ms, before frame 31",
            measurements=[jitter(228.1, 262.4, 331.4)],
            packets=packets(60, 31),
        ),
        case(
            "5880-6.8.3-05",
            "An interval that grows is not used before the Poll Sequence ends",
            Verdict.INCONCLUSIVE,
            reason="the tester was 41.3 ms late at frame 9, more than the tolerance of 4 ms",
            lateness_us=41_300,
            attempts=3,
            packets=packets(12),
        ),
        case(
            "5880-6.8.16-03",
            "AdminDown is signalled for at least a Detection Time",
            Verdict.PASS,
            as_expected=False,
            expectation=Expectation(
                verdict=Verdict.FAIL, why="the daemon stops at once", link="https://example.net/issues/77", since="9.1"
            ),
        ),
    ]


def _known() -> list[CaseResult]:
    return [
        case(
            "5880-6.8.6-11",
            "A packet with Your Discriminator 0 in state Up is discarded",
            Verdict.FAIL,
            violated="5880-6.8.6-r01",
            expected="the packet is discarded",
            actual="frame 8 shows that the session went Down",
            as_expected=True,
            expectation=Expectation(
                verdict=Verdict.FAIL,
                why="the session is looked up by address alone",
                link="https://example.net/issues/1234",
                since="10.0",
            ),
            packets=packets(10, 8),
        ),
        case(
            "5880-6.8.3-02",
            "Slow start: at least one second between packets while not Up",
            Verdict.WARN,
            requirements=[RequirementRef(id="5880-6.8.3-r02", level="SHOULD", summary="The session starts slowly.")],
            violated="5880-6.8.3-r02",
            expected="at least 1000 ms between packets",
            actual="812 ms between frames 3 and 4",
            as_expected=True,
            expectation=Expectation(verdict=Verdict.WARN, why="jitter is taken off the minimum", since="8.4"),
            measurements=[
                Measurement(
                    name="interval while Down",
                    unit="ms",
                    minimum=812,
                    median=874.5,
                    maximum=993,
                    count=9,
                    permitted="at least 1000 ms",
                )
            ],
        ),
    ]


def _fine() -> list[CaseResult]:
    lack = "the target lacks multi_hop: the daemon refused the command: % Unknown command: multihop"
    return [
        case("5880-6.8.6-01", "A packet of another version is discarded", Verdict.PASS, packets=packets(8, 5)),
        case("5880-6.8.6-10", "A packet with the Multipoint bit is discarded", Verdict.PASS),
        case("5880-6.8.7-01", "No faster than asked", Verdict.PASS, measurements=[jitter(226.0, 261.9, 299.2)]),
        case(
            "5880-6.8.16-01",
            "AdminDown carries diagnostic 7",
            Verdict.PASS_ALTERNATIVE,
            reason="the session was kept and AdminDown sent, instead of silence",
        ),
        case("5881-5-01", "A packet with TTL 254 is discarded", Verdict.PASS),
        case("5881-5-02", "Packets are sent with TTL 255", Verdict.PASS),
        case("5883-4.1-01", "Sessions are told apart by their addresses", Verdict.UNSUPPORTED, reason=lack),
        case("5883-4.1-02", "The first packet selects by address", Verdict.UNSUPPORTED, reason=lack),
        case("5880-6.8.7-09", "Required Min RX 0 is obeyed", Verdict.UNSUPPORTED, reason="cannot be configured as 0"),
    ]


def run_of(results: list[CaseResult], **more: Any) -> Run:
    """A run on the real clock with `results`; `more` overrides any field."""
    values: dict[str, Any] = {
        "generator": "bfdspec 0.1.0",
        "target": TargetInfo(
            name="frr",
            version="10.2.1",
            description="bfdd in a network namespace, configured through vtysh",
            lacks={"multi_hop": "not built in", "zero_required_min_rx": "the least value is 10 ms"},
        ),
        "clock": "real",
        "seed": SEED,
        "command": f"bfdspec test --target frr --seed {SEED} --out out/frr",
        "started": _STARTED,
        "duration_us": 94_600_000,
        "noise": Noise(worst_us=2_310, median_us=74, samples=18_442, tolerance_us=4_000),
        "results": results,
    }
    return Run(**(values | more))


def sample_run() -> Run:
    """Every verdict; unexpected, known and ordinary results."""
    return run_of([*_unexpected(), *_known(), *_fine()])


def passing_run() -> Run:
    """Nothing unexpected, on the virtual clock."""
    return run_of([*_known(), *_fine()], clock="virtual", noise=None)


def large_run(cases: int = 400, frames: int = 60) -> Run:
    """As many results as a full run has."""
    return run_of(
        [
            case(f"5880-6.8.{number % 18 + 1}-{number:03}", f"Case {number}", Verdict.PASS, packets=packets(frames, 7))
            for number in range(cases)
        ]
    )


def hostile(text: str) -> Run:
    """A run whose every free text is `text`."""
    return run_of(
        [
            case(
                "5880-6.8.6-99",
                text,
                Verdict.FAIL,
                section_title=text,
                requirements=[RequirementRef(id=text, level="MUST", summary=text)],
                violated=text,
                expected=text,
                actual=text,
                reason=text,
                expectation=Expectation(verdict=Verdict.PASS, why=text, link=text, since=text),
                packets=[PacketLine(frame=1, time_us=0, direction="to_target", summary=text, marked=True)],
                measurements=[
                    Measurement(name=text, unit=text, minimum=0, median=0, maximum=0, count=1, permitted=text)
                ],
                notes=[text],
                witness=[text],
                capture=text,
                repeat=text,
            )
        ],
        target=TargetInfo(name=text, version=text, description=text, lacks={text: text}),
        command=text,
        generator=text,
    )
