"""Nobody accuses two reference speakers, whatever happened to them and their packets."""

from honest_stories import ADDRESSES, Stage, honest_story, story_of_changes
from hypothesis import given, settings
from hypothesis import strategies as st

from captures.checks import changes
from captures.judging import judge


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=settings().max_examples // 5)
def test_an_honest_speaker_is_never_accused(seed: int) -> None:
    nobody_is_accused(honest_story(seed))


@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=settings().max_examples // 20)
def test_who_changes_timers_by_the_book_is_never_accused(seed: int) -> None:
    nobody_is_accused(story_of_changes(seed))


def nobody_is_accused(stage: Stage) -> None:
    """By any check."""
    for speaker in ADDRESSES:
        findings = [finding for outcome in judge(stage.rows, speaker) for finding in outcome.findings]
        assert findings == [], "\n".join(stage.told)


def test_stories_are_worth_the_name() -> None:
    """Sessions come up in them, and most checks find something to look at."""
    stages = [honest_story(seed) for seed in range(20)]
    examined = {
        outcome.check for stage in stages for who in ADDRESSES for outcome in judge(stage.rows, who) if outcome.examined
    }
    assert {"5880-6.8.4-r04", "5880-6.8.7-r01", "5880-6.8.7-r12", "5880-6.8.3-r03"} <= examined


def test_changes_are_worth_the_name() -> None:
    """Each rule about them finds some to look at."""
    stages = [story_of_changes(seed) for seed in (0, 9, 10)]
    examined = {
        outcome.check for stage in stages for who in ADDRESSES for outcome in judge(stage.rows, who) if outcome.examined
    }
    assert {check.requirement for check in changes.CHECKS} <= examined
