"""What captures say, as one HTML file that needs nothing else."""

from dataclasses import dataclass

from reports import page, pictures
from reports.verification import (
    GLYPHS,
    MEANINGS,
    ConversationSeen,
    FileRead,
    Finding,
    Judged,
    Ruling,
    Verification,
    in_one_line,
)


@dataclass(frozen=True, slots=True)
class Capture:
    """A file and what was found in it. `first` is the number of its first conversation that is told, None for none."""

    file: FileRead
    conversations: int
    first: int | None
    findings: int
    rows: list[tuple[str, list[Judged | None]]]
    """For each check, its answers in the order of the file's speakers."""


def render(run: Verification) -> str:
    """The page of `run`."""
    findings: dict[int, list[Finding]] = {}
    for finding in run.findings:
        findings.setdefault(finding.conversation, []).append(finding)
    return page.render(
        "verification.html.j2",
        scripts=("rows.js", "sort.js"),
        run=run,
        one_line=in_one_line(run),
        glyphs=GLYPHS,
        meanings=MEANINGS,
        clauses={check.id: check for check in run.checks},
        findings=findings,
        captures=[_capture(run, number, findings) for number in range(len(run.files))],
        told=[(number, each) for number, each in enumerate(run.conversations) if each.lines],
        left_out=sum(not each.lines for each in run.conversations),
        states=pictures.states,
        pictures=_pictures,
        Ruling=Ruling,
    )


def _pictures(conversation: ConversationSeen) -> list[tuple[str, object]]:
    return [drawn for end in conversation.ends for drawn in pictures.picture_of(end)]


def _capture(run: Verification, number: int, findings: dict[int, list[Finding]]) -> Capture:
    inside = [place for place, each in enumerate(run.conversations) if each.file == number]
    answers, speakers = run.answers(number), run.files[number].speakers
    return Capture(
        file=run.files[number],
        conversations=len(inside),
        first=next((place for place in inside if run.conversations[place].lines), None),
        findings=sum(len(findings.get(place, ())) for place in inside),
        rows=[(check.id, [answers.get((speaker, check.id)) for speaker in speakers]) for check in run.checks],
    )
