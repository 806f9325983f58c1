"""Nobody accuses two reference speakers, whatever happened to them and their packets."""

from honest_stories import ADDRESSES, Stage, honest_story, story_of_changes
from hypothesis import given, settings
from hypothesis import strategies as st

from captures.checks import changes
from captures.findings import Outcome
from captures.fold import fold
from captures.judging import judge, judge_all, views
from captures.table import from_packets


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=settings().max_examples // 5)
def test_an_honest_speaker_is_never_accused(seed: int) -> None:
    stage = honest_story(seed)
    for speaker in ADDRESSES:
        findings = [finding for outcome in judge(stage.rows, speaker) for finding in outcome.findings]
        assert findings == [], "\n".join(stage.told)


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=settings().max_examples // 20)
def test_who_changes_timers_by_the_book_is_never_accused_of_that(seed: int) -> None:
    stage = story_of_changes(seed)
    findings = [finding for outcome in of_changes(stage) for finding in outcome.findings]
    assert findings == [], "\n".join(stage.told)


def of_changes(stage: Stage) -> list[Outcome]:
    """What the rules about changes say of both speakers."""
    parts = views(fold([from_packets(stage.rows)]))
    return [outcome for outcomes in judge_all(parts, changes.CHECKS).values() for outcome in outcomes]


def test_stories_are_worth_the_name() -> None:
    """Sessions come up in them, and most checks find something to look at."""
    stages = [honest_story(seed) for seed in (*range(19), 41)]
    examined = {
        outcome.check for stage in stages for who in ADDRESSES for outcome in judge(stage.rows, who) if outcome.examined
    }
    assert {"5880-6.8.4-r04", "5880-6.8.7-r01", "5880-6.8.7-r12", "5880-6.8.3-r03"} <= examined


def test_changes_are_worth_the_name() -> None:
    """Each rule about them finds some to look at."""
    examined = {each.check for seed in (0, 9, 10) for each in of_changes(story_of_changes(seed)) if each.examined}
    assert {check.requirement for check in changes.CHECKS} <= examined
