"""What a hunt says about the suite: the kill matrix with its findings."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from conformance.catalogue import Catalogue
from conformance.deviants.deviant import Deviant
from conformance.deviants.hunt import NOT_MET, Trial
from conformance.inventory import Runnable
from conformance.runner import CASE_FAILED, OF_LEVEL
from reports.kill_matrix import Accusation, CaseTally, Finding, Flaw, Kill
from reports.model import Verdict
from reports.words import count

ACCUSING = frozenset(OF_LEVEL.values())

BLUNT_SHARE = 0.25
"""A case that accuses more than this share of the deviants of other requirements is blunt. Each deviant breaks
something else, and a case has one clause; what a quarter of them have in common is the way to the clause, which has to
be Inconclusive when it fails. The bluntest case that is about its clause (the jitter of every packet) accuses less than
a tenth."""

FEW = 20
"""With fewer deviants than these a share says nothing."""

Trials = Mapping[str, Sequence[Trial]]
"""By case id: what the case said about each deviant, in the order of the deviants."""


def kills(deviants: Sequence[Deviant], trials: Trials, catalogue: Catalogue) -> list[Kill]:
    """What became of each deviant."""
    found = []
    for number, deviant in enumerate(deviants):
        met = {case_id: of_case[number] for case_id, of_case in trials.items()}
        requirement = catalogue.requirements.get(deviant.breaks)
        found.append(
            Kill(
                breaks=deviant.breaks,
                level=requirement.level if requirement is not None else "",
                summary=requirement.summary if requirement is not None else "",
                name=deviant.name,
                caught_by=[case_id for case_id, trial in met.items() if catches(trial, deviant)],
                blast_radius=[
                    Accusation(case=case_id, verdict=_verdict(trial, catalogue), requirement=trial.violated)
                    for case_id, trial in met.items()
                    if trial.verdict in ACCUSING and not catches(trial, deviant)
                ],
                inconclusive=sum(trial.verdict is Verdict.INCONCLUSIVE for trial in met.values()),
            )
        )
    return found


def catches(trial: Trial, deviant: Deviant) -> bool:
    """Did the case accuse the deviant by the requirement that it breaks?"""
    return trial.verdict in ACCUSING and trial.violated == deviant.breaks


def tallies(deviants: Sequence[Deviant], cases: Sequence[Runnable], trials: Trials) -> list[CaseTally]:
    """What each case did to all the deviants."""
    return [
        CaseTally(
            id=case.case.id,
            title=case.case.title,
            caught=sum(map(catches, trials[case.case.id], deviants)),
            accused=sum(trial.verdict in ACCUSING for trial in trials[case.case.id]),
        )
        for case in cases
    ]


def about_deviants(
    deviants: Sequence[Deviant], cases: Sequence[Runnable], trials: Trials, catalogue: Catalogue
) -> Iterator[Finding]:
    """Deviants that prove nothing, and cases that broke over one."""
    for number, deviant in enumerate(deviants):
        subject = f"{deviant.breaks} {deviant.name}"
        met = [(case.case, trials[case.case.id][number]) for case in cases]
        wrong = _not_accusable(deviant, catalogue)
        if wrong:
            yield Finding(flaw=Flaw.NOT_ACCUSABLE, subject=subject, words=wrong)
        elif not any(catches(trial, deviant) for _, trial in met):
            judging = [(case.id, trial) for case, trial in met if deviant.breaks in case.judges]
            yield Finding(flaw=Flaw.SURVIVOR, subject=subject, words=_how_it_survived(judging))
        yield from _broken(subject, [(case.id, trial.reason) for case, trial in met])


def _broken(deviant: str, reasons: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    """Errors of the suite's own, one finding for all cases that a deviant made fail in the same way."""
    failed: dict[str, list[str]] = {}
    for case_id, reason in reasons:
        if reason.startswith(CASE_FAILED):
            failed.setdefault(reason, []).append(case_id)
    for reason, cases in failed.items():
        others = f" and {count(len(cases) - 1, 'other case')}" if cases[1:] else ""
        yield Finding(flaw=Flaw.BROKEN, subject=deviant, words=f"{reason} (case {cases[0]}{others})")


def about_requirements(
    requirements: Sequence[str], deviants: Sequence[Deviant], cases: Sequence[Runnable], catalogue: Catalogue
) -> Iterator[Finding]:
    """Those of `requirements` that a case judges and no deviant breaks, though one could."""
    judged = {requirement for case in cases for requirement in case.case.judges}
    broken = {deviant.breaks for deviant in deviants}
    for requirement_id in requirements:
        requirement = catalogue.requirements[requirement_id]
        accusable = requirement.level in OF_LEVEL and "wire" in requirement.observable
        if accusable and requirement_id in judged and requirement_id not in broken:
            yield Finding(flaw=Flaw.NO_DEVIANT, subject=requirement_id, words=requirement.summary)


def about_cases(
    cases: Sequence[Runnable], tally: Sequence[CaseTally], trials: Trials, catalogue: Catalogue
) -> Iterator[Finding]:
    """Cases that cannot fail, and cases that fail for everybody. Only a hunt for all deviants can tell."""
    for case, done in zip(cases, tally, strict=True):
        can_accuse = any(catalogue.requirements[each].level in OF_LEVEL for each in case.case.judges)
        if can_accuse and not done.accused:
            yield Finding(flaw=Flaw.TOOTHLESS, subject=done.id, words=done.title)
        met = sum(trial != NOT_MET for trial in trials[done.id])
        others = done.accused - done.caught
        if met >= FEW and others > BLUNT_SHARE * met:
            words = f"accuses {others} of {met} deviants that break something else: {done.title}"
            yield Finding(flaw=Flaw.BLUNT, subject=done.id, words=words)


def _verdict(accusing: Trial, catalogue: Catalogue) -> Literal[Verdict.FAIL, Verdict.WARN]:
    return OF_LEVEL[catalogue.requirements[accusing.violated].level]


def _not_accusable(deviant: Deviant, catalogue: Catalogue) -> str:
    requirement = catalogue.requirements.get(deviant.breaks)
    if requirement is None:
        return "its requirement is not in the catalogue"
    if requirement.level not in OF_LEVEL:
        return f"its requirement is a {requirement.level}, which nobody can break"
    if "wire" not in requirement.observable:
        return f"its requirement cannot be seen on the wire: {requirement.reason}"
    return ""


def _how_it_survived(met: Sequence[tuple[str, Trial]]) -> str:
    """What the cases of its requirement said of it."""
    said = [f"{case_id} {trial.verdict} {trial.violated or trial.reason}".strip() for case_id, trial in met]
    return "; ".join(said) or "no case judges the requirement"
