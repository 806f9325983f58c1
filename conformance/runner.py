"""Runs one case against a target and says what came of it. Knows no pytest: the plugin and the deviants both call it.

A verdict that the bench itself spoiled (lateness, lost frames, a clock that was set) is INCONCLUSIVE whatever else
was seen, and is tried again on the real clock. There, a verdict that is not as expected has to be seen twice; what
was seen only once is in the notes, and the number of attempts is in the result.
"""

import shlex
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal

from captures.record import Recorder
from conformance.bench.bench import Bench, any_spec
from conformance.bench.cases import Case
from conformance.bench.echo import SeenEcho, echo_in_words
from conformance.bench.packets import Seen, in_words
from conformance.bench.verdicts import Inconclusive, Unsupported, Violation
from conformance.catalogue import Catalogue
from conformance.expectations import KnownDeviation
from conformance.inventory import Runnable
from conformance.targets.target import Lease, Target
from reports.model import CaseResult, Expectation, PacketLine, RequirementRef, Verdict
from topologies.node import LackError, NodeError

ATTEMPTS = 4
"""How often a case is tried on the real clock before it is INCONCLUSIVE."""

SIGHTINGS = 2
"""How often a verdict that nobody expects has to be seen on the real clock before it stands. A machine that stalled the
target for a moment does not do so at the same place again."""

LATE_US = 150_000
"""A tester this late has missed its own keep-alives by half their interval: whatever the target did may be its
fault."""

GOOD = (Verdict.PASS, Verdict.PASS_ALTERNATIVE, Verdict.UNSUPPORTED)
"""Verdicts that need no entry in the expectations."""

OF_LEVEL: Mapping[str, Literal[Verdict.FAIL, Verdict.WARN]] = {"MUST": Verdict.FAIL, "SHOULD": Verdict.WARN}
"""What it is called when a requirement of a level is not followed. A MAY cannot be broken."""

CASE_FAILED = "the case itself failed"
"""How a reason begins that is an error of the suite."""


class NullRecorder:
    """Counts frames and keeps none."""

    def __init__(self) -> None:
        self._frames = 0

    def write(self, frame: bytes, time_ns: int, *, outbound: bool, interface: int = 0, comment: str = "") -> int:
        """Number the frame."""
        self._frames += 1
        return self._frames

    def close(self) -> None:
        """Nothing was kept."""


@dataclass(slots=True)
class Outcome:
    """What came of one attempt."""

    verdict: Verdict
    violated: str = ""
    expected: str = ""
    actual: str = ""
    reason: str = ""
    frames: Sequence[int] = ()
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Judgement:
    """An attempt that is over: its outcome, the bench with all that was seen, the tester's worst lateness in
    microseconds, and the capture's place in the report's folder ("" for none)."""

    outcome: Outcome
    bench: Bench
    lateness_us: int
    capture: str


def run(
    runnable: Runnable,
    target: Target,
    catalogue: Catalogue,
    *,
    seed: int,
    folder: Path | None = None,
    known: KnownDeviation | None = None,
    option: str = "",
) -> CaseResult:
    """Judge `target` by one case. `folder` is where the capture goes; None keeps none. `option` is what --target calls
    the target, where that is not its name."""
    told: list[CaseResult] = []
    for attempt in range(1, (ATTEMPTS if target.real else 1) + 1):
        result = _attempt(runnable, target, catalogue, seed=seed, attempt=attempt, folder=folder)
        result = result.model_copy(update={"repeat": repeat_command(option or target.name, runnable.case.id, seed)})
        if result.verdict is Verdict.INCONCLUSIVE:
            continue
        told.append(result)
        if not target.real or (len(told) == 1 and judge_expectation(result, known).as_expected):
            break
        if sum(_finding(each) == _finding(result) for each in told) == SIGHTINGS:
            result = result.model_copy(update={"notes": [*result.notes, *_seen_once(result, told)]})
            break
    else:
        result = _undecided(result, told)
    return judge_expectation(result, known)


def _finding(result: CaseResult) -> tuple[Verdict, str]:
    return result.verdict, result.violated


def _seen_once(result: CaseResult, told: Sequence[CaseResult]) -> list[str]:
    return [
        f"attempt {each.attempts} alone ended with {each.verdict} {each.violated}: {each.actual or each.reason}"
        for each in told
        if _finding(each) != _finding(result)
    ]


def _undecided(last: CaseResult, told: Sequence[CaseResult]) -> CaseResult:
    """No attempt could tell, or no two of them told the same."""
    if not told:
        return last
    findings = ", ".join(" ".join(_finding(each)).strip() for each in told)
    reason = f"{last.attempts} attempts do not agree: {findings}"
    return last.model_copy(update={"verdict": Verdict.INCONCLUSIVE, "violated": "", "reason": reason})


def judge_expectation(result: CaseResult, known: KnownDeviation | None) -> CaseResult:
    """Compare a result with what is known of the target."""
    if known is None:
        return result.model_copy(update={"as_expected": result.verdict in GOOD})
    same = result.verdict == known.verdict
    same = same and known.violates in ("", result.violated) and known.seen in (result.actual or result.reason)
    expectation = Expectation(verdict=Verdict(known.verdict), why=known.why, link=known.link, since=known.since)
    notes = result.notes if same else [*result.notes, _surprise(result, known)]
    return result.model_copy(update={"as_expected": same, "expectation": expectation, "notes": notes})


def _surprise(result: CaseResult, known: KnownDeviation) -> str:
    if result.verdict != known.verdict:
        return f"the expectations say {known.verdict}, the verdict is {result.verdict}: has the target changed?"
    return f"a {known.verdict} was expected, but of {known.violates or 'the same requirement'} with {known.seen!r} seen"


def judge(
    runnable: Runnable, target: Target, catalogue: Catalogue, *, seed: int, attempt: int = 1, folder: Path | None = None
) -> Judgement:
    """Try `target` by one case, once. `run` makes the result of a report; this is for whoever needs the outcome."""
    case = runnable.case
    rng = Random(f"{seed}/{case.id}/{attempt}")
    lease = target.lease(rng, case.links)
    path = folder / f"{case.id}.pcapng" if folder is not None else None
    interfaces = [link.tester_interface for link in lease.wire.links]
    recorder = NullRecorder() if path is None else Recorder(path, *interfaces)
    bench = Bench(lease.wire, lease.node, recorder, requirements=case.judges, rng=rng)
    if lease.remark:
        bench.notes.append(lease.remark)
    try:
        outcome = _judge(runnable, lease, bench, catalogue)
        _clean_up(bench, outcome)
        trouble = lease.wire.trouble()
        lateness = max((each.late_us for each in lease.wire.lateness()), default=0)
        if outcome.verdict in (Verdict.FAIL, Verdict.WARN) and lateness > LATE_US:
            trouble = trouble or f"the tester was up to {lateness / 1000:.0f} ms late"
        if trouble:
            outcome = Outcome(Verdict.INCONCLUSIVE, reason=trouble, notes=[f"it would have been {outcome.verdict}"])
    finally:
        bench.close()
        recorder.close()
    return Judgement(outcome, bench, lateness, f"{path.parent.name}/{path.name}" if path is not None else "")


def _attempt(
    runnable: Runnable, target: Target, catalogue: Catalogue, *, seed: int, attempt: int, folder: Path | None
) -> CaseResult:
    case, started = runnable.case, time.monotonic_ns()
    judged = judge(runnable, target, catalogue, seed=seed, attempt=attempt, folder=folder)
    outcome, bench = judged.outcome, judged.bench
    return CaseResult(
        id=case.id,
        title=case.title,
        rfc=case.rfc,
        section=case.section,
        section_title=_section_title(catalogue, case.rfc, case.section),
        verdict=outcome.verdict,
        requirements=[_reference(catalogue, each) for each in case.judges],
        violated=outcome.violated,
        expected=outcome.expected,
        actual=outcome.actual,
        reason=outcome.reason,
        as_expected=False,
        packets=_packet_table(bench, outcome.frames),
        measurements=bench.measurements,
        notes=[*bench.notes, *outcome.notes],
        capture=judged.capture,
        repeat="",
        duration_us=(time.monotonic_ns() - started) // 1000,
        lateness_us=judged.lateness_us,
        attempts=attempt,
    )


def without_verdict(case: Case, target: str, catalogue: Catalogue, *, seed: int, why: str) -> CaseResult:
    """The result of a case that broke outside of `run`: a link that is gone, a worker's own error. Never a PASS."""
    return CaseResult(
        id=case.id,
        title=case.title,
        rfc=case.rfc,
        section=case.section,
        section_title=_section_title(catalogue, case.rfc, case.section),
        verdict=Verdict.INCONCLUSIVE,
        requirements=[_reference(catalogue, each) for each in case.judges],
        reason=f"the case ended without a verdict: {why}",
        as_expected=False,
        repeat=repeat_command(target, case.id, seed),
    )


def repeat_command(target: str, case_id: str, seed: int) -> str:
    """The one command that runs this case again in the same way."""
    return shlex.join(["bfdspec", "test", "--target", target, "--case", case_id, "--seed", str(seed)])


def _judge(runnable: Runnable, lease: Lease, bench: Bench, catalogue: Catalogue) -> Outcome:
    try:
        _check_needs(runnable, lease)
        runnable.body(bench)
        unjudged = [each for each in runnable.case.judges if each not in bench.judged]
        if unjudged:
            raise Inconclusive(f"the case ended without having judged {', '.join(unjudged)}")
    except Violation as violation:
        return _accuse(violation, runnable, catalogue)
    except Inconclusive as error:
        return Outcome(Verdict.INCONCLUSIVE, reason=str(error))
    except Unsupported as error:
        return Outcome(Verdict.UNSUPPORTED, reason=str(error))
    except Exception as error:
        where = traceback.format_exc().strip().splitlines()
        return Outcome(Verdict.INCONCLUSIVE, reason=f"{CASE_FAILED}: {type(error).__name__}: {error}", notes=where)
    if bench.alternatives:
        return Outcome(Verdict.PASS_ALTERNATIVE, reason="; ".join(dict.fromkeys(bench.alternatives)))
    return Outcome(Verdict.PASS)


def _accuse(violation: Violation, runnable: Runnable, catalogue: Catalogue) -> Outcome:
    """What a violation is worth: a case that accuses by what it may not judge by has only proved itself wrong."""
    requirement = violation.requirement
    if requirement not in runnable.case.judges:
        return Outcome(Verdict.INCONCLUSIVE, reason=f"the case accuses by {requirement}, but does not claim it")
    level = catalogue.requirements[requirement].level
    if level not in OF_LEVEL:
        return Outcome(Verdict.INCONCLUSIVE, reason=f"the case accuses by {requirement}, which is a {level}")
    return Outcome(OF_LEVEL[level], requirement, violation.expected, violation.actual, frames=violation.frames)


def _check_needs(runnable: Runnable, lease: Lease) -> None:
    if runnable.case.links > len(lease.wire.links):
        raise Unsupported(f"needs {runnable.case.links} links to the target, and there is one")
    for need in runnable.case.needs:
        reason = lease.node.lacks.get(need)
        if reason is None:
            continue
        try:
            evidence = lease.node.check_lack(need, any_spec(lease.wire.links[0]))
        except LackError as error:
            raise Unsupported(f"needs {need}, which the target lacks: {error}") from error
        except NodeError as error:
            raise Inconclusive(f"{need} is declared as lacking, but: {error}") from error
        raise Unsupported(f"needs {need}, which the target lacks: {reason} (checked: {evidence})")


def _clean_up(bench: Bench, outcome: Outcome) -> None:
    for spec in bench.specs:
        try:
            bench.node.remove_session(spec)
        except NodeError as error:
            outcome.notes.append(f"session {spec.name} could not be removed: {error}")


def _reference(catalogue: Catalogue, requirement_id: str) -> RequirementRef:
    requirement = catalogue.requirements[requirement_id]
    return RequirementRef(id=requirement.id, level=requirement.level, summary=requirement.summary)


def _section_title(catalogue: Catalogue, rfc: str, section: str) -> str:
    found = catalogue.sections.get((int(rfc), section))
    return found.title if found is not None else ""


def _packet_table(bench: Bench, frames: Sequence[int]) -> list[PacketLine]:
    every: list[Seen | SeenEcho] = [*bench.log, *bench.echo.log]
    seen = sorted(every, key=lambda each: each.frame)
    return [
        PacketLine(
            frame=each.frame,
            time_us=each.time_us - seen[0].time_us,
            direction="to_target" if each.sent else "from_target",
            summary=in_words(each) if isinstance(each, Seen) else echo_in_words(each),
            marked=each.frame in frames,
        )
        for each in seen
    ]
