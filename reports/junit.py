"""A run as JUnit XML, the format that continuous integration systems read.

One suite per RFC section, one test case per case. A result that makes the run fail is a `failure`; a known deviation
and an unsupported case are `skipped`, with the reason. A WARN or FAIL is never reported as passed.
"""

from datetime import UTC
from pathlib import Path

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

from reports import words
from reports.model import CaseResult, Run, Verdict


def write(run: Run, path: Path) -> None:
    """Write `run` to `path`. Raises OSError."""
    root = JUnitXml(words.printable(f"bfdspec: {run.target.name}"))
    for section in words.sections(run):
        root.add_testsuite(_suite(run, section))
    root.update_statistics()
    with path.open("wb") as file:
        root.write(file)


def _suite(run: Run, section: words.Section) -> TestSuite:
    suite = TestSuite(words.printable(f"{section.name} {section.title}".rstrip()))
    # The schema requires both, and its timestamp has no zone: UTC is the only reading that needs no guess.
    suite.timestamp = run.started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    suite.hostname = "localhost"
    for name, value in _properties(run).items():
        suite.add_property(name, words.printable(value))
    suite.add_testcases([_case(result) for result in section.results])
    return suite


def _properties(run: Run) -> dict[str, str]:
    return {
        "target": run.target.name,
        "version": run.target.version,
        "seed": str(run.seed),
        "clock": run.clock,
        "generator": run.generator,
        "command": run.command,
        "noise": words.noise(run),
    }


def _case(result: CaseResult) -> TestCase:
    case = TestCase(
        name=words.printable(f"{result.id} {result.title}"),
        classname=words.printable(f"rfc{result.rfc}.s{result.section.replace('.', '_')}"),
        time=result.duration_us / 1_000_000,
    )
    outcome = _outcome(result)
    if outcome is not None:
        outcome.text = words.printable(_story(result))
        case.result = [outcome]
    case.system_out = words.printable(_evidence(result))
    return case


def _outcome(result: CaseResult) -> Failure | Skipped | None:
    match words.standing(result):
        case words.Standing.UNEXPECTED:
            message = result.actual or result.reason or f"{result.verdict} was not expected"
            return Failure(words.printable(f"{result.verdict}: {message}"), str(result.verdict))
        case words.Standing.KNOWN:
            return Skipped(words.printable(f"known deviation: {words.excuse(result.expectation)}"), str(result.verdict))
        case words.Standing.ORDINARY if result.verdict is Verdict.UNSUPPORTED:
            return Skipped(words.printable(f"unsupported: {result.reason}"), str(result.verdict))
    return None


def _story(result: CaseResult) -> str:
    lines = [f"{label}: {sentence}" for label, sentence in words.account(result)]
    lines += [f"{item.id} ({item.level}): {item.summary}" for item in result.requirements]
    return "\n".join([*lines, f"repeat: {result.repeat}"])


def _evidence(result: CaseResult) -> str:
    lines = [f"verdict: {result.verdict}", *result.notes]
    lines += [f"witness: {line}" for line in result.witness]
    lines += [
        f"{item.name}: {item.minimum:g} to {item.maximum:g} {item.unit}, median {item.median:g}, "
        f"{item.count} samples; permitted: {item.permitted}"
        for item in result.measurements
    ]
    lines += [
        f"frame {packet.frame}, {packet.time_us / 1000:.3f} ms, {packet.direction}: {packet.summary}"
        for packet in result.packets
        if packet.marked
    ]
    if result.capture:
        lines.append(f"capture: {result.capture}")
    return "\n".join(lines)
