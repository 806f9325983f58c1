"""The common view of all kinds of results: a list of judged things, whatever they are.

JUnit XML, run-to-run differences and the index of results are made of items alone. Lives here: what each kind's items
are. Must not live here: a judgement; verdicts and what was expected are those of the document.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from reports import verification, words
from reports.comparison import Comparison
from reports.interop import Interop, Meeting, ScenarioInfo
from reports.kill_matrix import FLAW_MEANINGS, Finding, Flaw, Kill, KillMatrix
from reports.model import CaseResult, Run, Verdict
from reports.verification import CheckInfo, Judged, Ruling, Verification
from reports.words import Standing


@dataclass(frozen=True, slots=True)
class Item:
    """Something that was judged."""

    id: str
    """Names it within its document, and the same thing in another run."""
    title: str
    group: str
    """The heading under which a reader looks for it: a section, a pair, a run."""
    place: str
    """The group as a dotted name, for machines."""
    subject: str
    """Who was judged."""
    verdict: Verdict
    standing: Standing
    reason: str = ""
    """What was seen, or why nothing can be said; "" where the verdict says it all."""
    excuse: str = ""
    """Why a deviation does not make the run fail, with a known one."""
    requirements: tuple[str, ...] = ()
    violated: str = ""
    """Id of the requirement that was not followed, with FAIL and WARN, where the kind knows it."""
    story: tuple[str, ...] = ()
    """The whole account, a line each."""
    evidence: tuple[str, ...] = ()
    """What the account rests on, a line each."""
    anchor: str = ""
    """Where it stands in the page of its document."""
    duration_us: int = 0


def of_run(run: Run) -> Iterator[Item]:
    """The cases, in the order of the RFCs."""
    for section in words.sections(run):
        for result in section.results:
            yield _case(run, section, result)


def of_interop(run: Interop) -> Iterator[Item]:
    """The meetings, and what kept others from taking place."""
    scenarios = {scenario.id: scenario for scenario in run.scenarios}
    for meeting in run.meetings:
        yield _meeting(meeting, scenarios[meeting.scenario])
    for number, trouble in enumerate(run.troubles, 1):
        yield Item(
            id=f"trouble:{number}",
            title="The laboratory",
            group="Laboratory",
            place="interop.laboratory",
            subject="the laboratory",
            verdict=Verdict.INCONCLUSIVE,
            standing=Standing.UNEXPECTED,
            reason=trouble,
        )


def of_kill_matrix(matrix: KillMatrix) -> Iterator[Item]:
    """The deviants, of which a survivor fails, and what else has to be mended."""
    for kill in sorted(matrix.kills, key=lambda kill: words.natural_key(kill.breaks)):
        yield _kill(kill)
    for finding in matrix.findings:
        if finding.flaw is not Flaw.SURVIVOR:
            yield _finding(finding)


def of_comparison(compared: Comparison) -> Iterator[Item]:
    """What each run found about each requirement, run by run."""
    names = [f"{column.target} {column.version}".rstrip() for column in compared.columns]
    for number, name in enumerate(names):
        again = names[:number].count(name)
        subject = f"{name} ({again + 1})" if again else name
        for row in compared.rows:
            cell = row.cells[number]
            if cell.verdict is None:
                continue
            unexpected = any(not judgement.as_expected for judgement in cell.judgements)
            known = cell.verdict in words.DEVIATIONS
            said = [f"{each.case} {each.verdict}: {each.words}".rstrip(": ") for each in cell.judgements]
            yield Item(
                id=f"{row.requirement.id} {subject}",
                title=row.requirement.summary,
                group=subject,
                place=f"comparison.rfc{row.rfc}.s{row.section.replace('.', '_')}",
                subject=subject,
                verdict=cell.verdict,
                standing=Standing.UNEXPECTED if unexpected else Standing.KNOWN if known else Standing.ORDINARY,
                reason=next((each.words for each in cell.judgements if each.verdict is cell.verdict), ""),
                excuse="known deviation: as the run expected",
                requirements=(row.requirement.id,),
                violated=row.requirement.id if cell.verdict in {Verdict.FAIL, Verdict.WARN} else "",
                story=tuple(said),
                anchor=row.requirement.id,
            )


def of_verification(run: Verification) -> Iterator[Item]:
    """What captures say of each speaker about each requirement that they can decide."""
    findings: dict[tuple[int, str, str], list[verification.Finding]] = {}
    for finding in run.findings:
        file = run.conversations[finding.conversation].file
        findings.setdefault((file, finding.speaker, finding.check), []).append(finding)
    for file, read in enumerate(run.files):
        answers = run.answers(file)
        for speaker, check in product(read.speakers, run.checks):
            answer = answers.get((speaker, check.id))
            if answer is not None and answer.ruling is not Ruling.UNDECIDED:
                yield _answer(run, speaker, answer, check, findings.get((file, speaker, check.id), []))


def _case(run: Run, section: words.Section, result: CaseResult) -> Item:
    return Item(
        id=result.id,
        title=result.title,
        group=f"{section.name} {section.title}".rstrip(),
        place=f"rfc{result.rfc}.s{result.section.replace('.', '_')}",
        subject=f"{run.target.name} {run.target.version}".rstrip(),
        verdict=result.verdict,
        standing=words.standing(result),
        reason=result.actual or result.reason,
        excuse=f"known deviation: {words.excuse(result.expectation)}",
        requirements=tuple(each.id for each in result.requirements),
        violated=result.violated,
        story=(
            *(f"{label}: {sentence}" for label, sentence in words.account(result)),
            *(f"{each.id} ({each.level}): {each.summary}" for each in result.requirements),
            f"repeat: {result.repeat}",
        ),
        evidence=tuple(_evidence(result)),
        anchor=f"case-{result.id}",
        duration_us=result.duration_us,
    )


def _evidence(result: CaseResult) -> Iterator[str]:
    yield f"verdict: {result.verdict}"
    yield from result.notes
    yield from (f"witness: {line}" for line in result.witness)
    for item in result.measurements:
        yield (
            f"{item.name}: {item.minimum:g} to {item.maximum:g} {item.unit}, median {item.median:g}, "
            f"{item.count} samples; permitted: {item.permitted}"
        )
    for packet in result.packets:
        if packet.marked:
            yield f"frame {packet.frame}, {packet.time_us / 1000:.3f} ms, {packet.direction}: {packet.summary}"
    if result.capture:
        yield f"capture: {result.capture}"


def _meeting(meeting: Meeting, scenario: ScenarioInfo) -> Item:
    account = [("expected", meeting.expected), ("actual", meeting.actual), ("reason", meeting.reason)]
    acts = f": {meeting.actor} acts" if scenario.directed else ""
    return Item(
        id=meeting.id,
        title=f"{scenario.title}{acts}",
        group=" and ".join(sorted((meeting.actor, meeting.other))),
        place=f"interop.{scenario.id}",
        subject=f"{meeting.actor} x {meeting.other}",
        verdict=meeting.verdict,
        standing=words.standing(meeting),
        reason=meeting.actual or meeting.reason,
        excuse=f"known failure: {meeting.known.why}" if meeting.known is not None else words.excuse(None),
        story=(
            *(f"{label}: {sentence}" for label, sentence in account if sentence),
            f"{scenario.expects} ({scenario.clause})",
            f"repeat: {meeting.repeat}",
        ),
        evidence=(
            f"verdict: {meeting.verdict}",
            *meeting.seen,
            *meeting.notes,
            *(f"{line.time_us / 1000:.1f} ms: {line.words}" for line in meeting.lines if line.marked),
            *(f"capture: {capture}" for capture in meeting.captures),
        ),
        anchor=meeting.id,
        duration_us=meeting.duration_us,
    )


def _answer(
    run: Verification, speaker: str, answer: Judged, check: CheckInfo, findings: list[verification.Finding]
) -> Item:
    file = run.files[answer.file].name
    verdict, standing = Verdict.PASS, Standing.ORDINARY
    if answer.ruling is Ruling.VIOLATED:
        levels = {finding.level for finding in findings} or {check.level}
        broken = "MUST" in levels
        verdict, standing = (Verdict.FAIL, Standing.UNEXPECTED) if broken else (Verdict.WARN, Standing.KNOWN)
    told = [
        f"expected {each.expected}, seen {each.seen}, frames {', '.join(str(where.frame) for where in each.where)}"
        for each in findings
    ]
    shown = [each.conversation for each in findings if run.conversations[each.conversation].lines]
    return Item(
        # The files of two runs have other names, and the speakers in them the same.
        id=f"{speaker} {check.id}" if len(run.files) == 1 else f"{file}: {speaker} {check.id}",
        title=check.clause,
        group=f"{file}: {speaker}",
        place=f"{file}.{speaker}",
        subject=speaker,
        verdict=verdict,
        standing=standing,
        reason=told[0] if told else "",
        excuse="a recommendation that was not followed fails nothing",
        requirements=(check.id,),
        violated=check.id if answer.ruling is Ruling.VIOLATED else "",
        story=tuple(told),
        evidence=(f"{answer.ruling} in {answer.examined} packets or steps", *told, *answer.notes),
        anchor=f"c{shown[0]}" if shown else "",
    )


def _kill(kill: Kill) -> Item:
    caught = bool(kill.caught_by)
    return Item(
        id=f"{kill.breaks} {kill.name}",
        title=kill.name,
        group=f"RFC {kill.breaks.split('-')[0]}",
        place=f"deviants.rfc{kill.breaks.split('-')[0]}",
        subject="the suite",
        verdict=Verdict.PASS if caught else Verdict.FAIL,
        standing=Standing.ORDINARY if caught else Standing.UNEXPECTED,
        reason="" if caught else FLAW_MEANINGS[Flaw.SURVIVOR],
        requirements=(kill.breaks,),
        story=(f"{kill.breaks} ({kill.level or 'unknown'}): {kill.summary}",),
        evidence=(f"caught by: {' '.join(kill.caught_by) or 'nobody'}",),
        anchor=kill.breaks,
    )


def _finding(finding: Finding) -> Item:
    return Item(
        id=f"{finding.flaw}: {finding.subject}: {finding.words}",
        title=finding.words,
        group=finding.flaw.capitalize(),
        place=f"deviants.{finding.flaw.replace(' ', '_')}",
        subject="the suite",
        verdict=Verdict.FAIL,
        standing=Standing.UNEXPECTED,
        reason=f"{finding.subject}: {finding.words}",
        story=(FLAW_MEANINGS[finding.flaw],),
    )
