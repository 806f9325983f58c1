"""A verdict that nobody expects has to be seen twice, and a machine that was late accuses nobody."""

from pathlib import Path

import pytest
from session_tale import Tale

from interop.attempt import LATE_US, Played, Task, conclude
from interop.evidence import Evidence
from interop.judgement import Judgement
from interop.pair import ATTEMPTS, Assignment, Encounter
from interop.scenarios import SCENARIOS
from interop.scenarios.scenario import Scenario
from interop.stage import Stage
from reports.interop import Meeting
from reports.model import Verdict

TASK = Task(SCENARIOS["ipv4"], 0)


def encounter(*scenarios: str, pair: tuple[str, str] = ("refbfd", "frr")) -> Encounter:
    assignment = Assignment(pair, scenarios or ("ipv4",), "netns", Path(), "interop-test", 5)
    return Encounter(assignment, [], lambda words: None)


def meeting(verdict: Verdict, attempt: int) -> Meeting:
    return Meeting(
        scenario="ipv4",
        actor="refbfd",
        other="frr",
        verdict=verdict,
        as_expected=verdict in (Verdict.PASS, Verdict.UNSUPPORTED),
        attempts=attempt,
        reason=f"late in attempt {attempt}" if verdict is Verdict.INCONCLUSIVE else "",
        repeat="",
    )


def test_what_cannot_be_judged_for_the_same_reason_twice_is_not_tried_again() -> None:
    judged = encounter()
    for attempt in (1, 2):
        judged.decide(TASK, meeting(Verdict.INCONCLUSIVE, attempt).model_copy(update={"reason": "it refuses"}))
    assert judged.decided(TASK)
    assert judged.findings().meetings[0].reason == "it refuses"


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (["PASS"], "PASS"),
        (["UNSUPPORTED"], "UNSUPPORTED"),
        (["FAIL", "FAIL"], "FAIL"),
        (["FAIL", "PASS", "PASS"], "PASS"),
        (["FAIL", "INCONCLUSIVE", "FAIL"], "FAIL"),
        (["INCONCLUSIVE", "PASS"], "PASS"),
        (["INCONCLUSIVE"] * ATTEMPTS, "INCONCLUSIVE"),
        (["FAIL", "INCONCLUSIVE", "INCONCLUSIVE", "INCONCLUSIVE"], "INCONCLUSIVE"),
        (["FAIL", "WARN", "INCONCLUSIVE", "INCONCLUSIVE"], "INCONCLUSIVE"),
    ],
)
def test_how_often_a_verdict_has_to_be_seen(seen: list[str], told: str) -> None:
    judged = encounter()
    for attempt, verdict in enumerate(seen, 1):
        assert not judged.decided(TASK), "it went on although it was decided"
        judged.decide(TASK, meeting(Verdict(verdict), attempt))
    assert judged.decided(TASK)
    assert judged.findings().meetings[0].verdict == told


def test_who_acts() -> None:
    """Directed scenarios are played with either end acting; once where both are the same."""
    both = encounter("ipv4", "pause").findings().meetings
    assert [(each.scenario, each.actor) for each in both] == [("ipv4", "refbfd"), ("pause", "refbfd"), ("pause", "frr")]
    alone = encounter("ipv4", "pause", pair=("frr", "frr")).findings("the laboratory did not come up")
    assert [(each.scenario, each.verdict) for each in alone.meetings] == [
        ("ipv4", Verdict.INCONCLUSIVE),
        ("pause", Verdict.INCONCLUSIVE),
    ]
    assert "did not come up" in alone.meetings[0].reason


def played(**fields: object) -> Played:
    scenario = Scenario("ipv4", "", "", "", act=_nothing, judge=_accuse)
    return Played(Task(scenario, 0), ("left", "right"), ("", ""), (Path("a"), Path("b")), **fields)  # type: ignore[arg-type]


def _nothing(stage: Stage) -> None:
    pass


def _accuse(evidence: Evidence, judgement: Judgement) -> None:
    judgement.fail("good behaviour", "bad behaviour", *evidence.packets[:1])


def test_an_accusation_marks_its_packets() -> None:
    tale = Tale()
    tale.establish()
    told = conclude(played(), tale.evidence())
    assert (told["verdict"], told["expected"], told["actual"]) == (Verdict.FAIL, "good behaviour", "bad behaviour")
    assert [line.marked for line in told["lines"] if line.side is not None][:2] == [True, False]


def test_a_late_machine_accuses_nobody() -> None:
    told = conclude(played(lateness_us=LATE_US + 1), Tale().evidence())
    assert told["verdict"] is Verdict.INCONCLUSIVE
    assert "would have been FAIL" in told["reason"]


def test_what_ended_early_is_not_judged() -> None:
    told = conclude(played(ended=(Verdict.UNSUPPORTED, "it cannot")), Tale().evidence())
    assert (told["verdict"], told["reason"]) == (Verdict.UNSUPPORTED, "it cannot")
