"""The page of captures: every speaker and every file has its place, however many there are."""

from sample_verification import sample_verification

from reports import kinds, verification_html
from reports.verification import FileRead, Verification


def test_of_many_speakers_the_page_tells_numbers_though_not_every_answer_is_kept() -> None:
    """Where a file has many speakers, what could not be decided is left out of the results."""
    run = sample_verification()
    speakers = [f"192.0.2.{number}" for number in range(9)]
    files = [each.model_copy(update={"speakers": speakers}) for each in run.files]
    judged = [run.judged[0].model_copy(update={"speakers": speakers})]
    page = verification_html.render(run.model_copy(update={"files": files, "judged": judged}))
    assert 'data-label="violated">9' in page


def test_each_capture_leads_to_its_conversations_and_what_was_judged_is_named_after_it() -> None:
    page = verification_html.render(_after_an_empty_file())
    assert '<a href="#c0">c.pcapng</a>' in page
    assert '<a href="#c0">empty.pcapng</a>' not in page
    assert "<summary>c.pcapng</summary>" in page
    assert "<summary>empty.pcapng</summary>" not in page
    assert "</a> in c.pcapng</p>" in page  # a finding says which file it is in


def test_the_subject_of_many_captures_is_not_all_of_their_names() -> None:
    run = sample_verification()
    many = run.model_copy(update={"files": run.files * 47})
    assert [kinds.of(each).subject(each) for each in (run, many)] == ["c.pcapng", "c.pcapng and 46 more captures"]


def _after_an_empty_file() -> Verification:
    run = sample_verification()
    empty = FileRead(name="empty.pcapng", packets=0, undecoded=0, started_ns=0, duration_us=0)
    return run.model_copy(
        update={
            "files": [empty, *run.files],
            "conversations": [each.model_copy(update={"file": 1}) for each in run.conversations],
            "judged": [each.model_copy(update={"file": 1}) for each in run.judged],
        }
    )
