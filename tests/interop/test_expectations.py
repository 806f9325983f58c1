"""Known failures change no verdict; they say what is known."""

from pathlib import Path

import pytest

from interop import expectations
from interop.expectations import ExpectationError, KnownFailure
from reports.interop import Meeting
from reports.model import Verdict

WHY = "it was seen often, and is known for what it is"


def meeting(verdict: Verdict = Verdict.FAIL, *, scenario: str = "pause", actual: str = "still Up") -> Meeting:
    return Meeting(
        scenario=scenario,
        actor="one",
        other="two",
        verdict=verdict,
        actual=actual,
        as_expected=False,
        repeat="bfdspec interop",
    )


def known(**fields: str | list[str]) -> KnownFailure:
    return KnownFailure.model_validate({"scenario": "pause", "verdict": "FAIL", "why": WHY, "since": "1.0", **fields})


@pytest.mark.parametrize(
    ("verdict", "fine"),
    [
        (Verdict.PASS, True),
        (Verdict.UNSUPPORTED, True),
        (Verdict.WARN, False),
        (Verdict.FAIL, False),
        (Verdict.INCONCLUSIVE, False),
    ],
)
def test_without_an_entry(verdict: Verdict, fine: bool) -> None:
    assert expectations.compare(meeting(verdict), []).as_expected is fine


def test_a_failure_that_is_known() -> None:
    compared = expectations.compare(meeting(), [known(actor=["one"], seen="still Up")])
    assert compared.as_expected
    assert compared.verdict is Verdict.FAIL
    assert compared.known is not None
    assert compared.known.why == WHY


@pytest.mark.parametrize(
    "entry",
    [
        known(actor=["two"]),
        known(other=["one"]),
        known(scenario="cut"),
        known(seen="something else"),
        known(verdict="WARN"),
    ],
)
def test_an_entry_about_something_else(entry: KnownFailure) -> None:
    assert not expectations.compare(meeting(), [entry]).as_expected


def test_a_known_failure_that_is_gone() -> None:
    assert not expectations.compare(meeting(Verdict.PASS), [known()]).as_expected


def test_a_known_failure_that_depends_on_the_moment_may_stay_away() -> None:
    sometimes = known().model_copy(update={"sometimes": True})
    assert expectations.compare(meeting(Verdict.PASS), [sometimes]).as_expected
    assert not expectations.compare(meeting(Verdict.WARN), [sometimes]).as_expected


def test_who_acts_is_no_matter_where_both_do() -> None:
    entry = known(scenario="cut", actor=["two"], other=["one"])
    assert expectations.compare(meeting(scenario="cut"), [entry]).as_expected


def test_of_several_entries_the_one_that_agrees_counts() -> None:
    entries = [known(seen="something else"), known(seen="still")]
    assert expectations.compare(meeting(), entries).as_expected


def test_the_file_of_the_project_is_usable() -> None:
    for entry in expectations.load():
        assert entry.evidence


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[{scenario: pause}]", "verdict: Field required"),
        ("[{scenario: dance, verdict: FAIL, why: 'for no reason that anybody knows', since: '1'}]", "'dance'"),
        ("{", "expected"),
        ("pause: {}", "valid list"),
    ],
)
def test_a_file_that_is_not_usable(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "known.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ExpectationError, match=complaint) as refused:
        expectations.load(path)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)
