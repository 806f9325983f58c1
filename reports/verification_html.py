"""What captures say, as one HTML file that needs nothing else."""

from reports import page, pictures
from reports.verification import GLYPHS, MEANINGS, ConversationSeen, Finding, Ruling, Verification, in_one_line


def render(run: Verification) -> str:
    """The page of `run`."""
    findings: dict[int, list[Finding]] = {}
    for finding in run.findings:
        findings.setdefault(finding.conversation, []).append(finding)
    return page.render(
        "verification.html.j2",
        scripts=("verification.js",),
        run=run,
        one_line=in_one_line(run),
        glyphs=GLYPHS,
        meanings=MEANINGS,
        clauses={check.id: check for check in run.checks},
        findings=findings,
        tables=[_table(run, number) for number in range(len(run.files))],
        told=[(number, each) for number, each in enumerate(run.conversations) if each.lines],
        left_out=sum(not each.lines for each in run.conversations),
        states=pictures.states,
        pictures=_pictures,
        Ruling=Ruling,
    )


def _pictures(conversation: ConversationSeen) -> list[tuple[str, object]]:
    return [drawn for end in conversation.ends for drawn in pictures.picture_of(end)]


def _table(run: Verification, file: int) -> tuple[list[str], list[tuple[str, list[object]]]]:
    """The speakers of a file, and for each check its answers in their order."""
    answers, speakers = run.answers(file), run.files[file].speakers
    return speakers, [(check.id, [answers.get((speaker, check.id)) for speaker in speakers]) for check in run.checks]
