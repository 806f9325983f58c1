"""What captures say as JUnit XML: a suite per file and speaker, a test case per requirement that could be decided."""

from collections.abc import Iterable
from datetime import UTC
from itertools import groupby
from pathlib import Path

from junitparser import Failure, JUnitXml, TestCase, TestSuite

from reports.verification import Finding, Judged, Ruling, Verification
from reports.words import printable


def write(run: Verification, path: Path) -> None:
    """Write `run` to `path`. A recommendation that was not followed is told, but fails nothing. Raises OSError."""
    root = JUnitXml("bfdspec verify")
    findings: dict[tuple[int, str, str], list[Finding]] = {}
    for finding in run.findings:
        file = run.conversations[finding.conversation].file
        findings.setdefault((file, finding.speaker, finding.check), []).append(finding)
    decided = (each for each in run.judged if each.ruling is not Ruling.UNDECIDED)
    for (file, speaker), answers in groupby(decided, key=lambda each: (each.file, each.speaker)):
        suite = TestSuite(printable(f"{run.files[file].name}: {speaker}"))
        suite.timestamp = run.started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        suite.hostname = "localhost"
        suite.add_testcases([_case(run, each, findings.get((file, speaker, each.check), ())) for each in answers])
        root.add_testsuite(suite)
    root.update_statistics()
    with path.open("wb") as stream:
        root.write(stream)


def _case(run: Verification, answer: Judged, findings: Iterable[Finding]) -> TestCase:
    clause = next(check.clause for check in run.checks if check.id == answer.check)
    case = TestCase(
        printable(f"{answer.check} {clause}"), printable(f"{run.files[answer.file].name}.{answer.speaker}"), 0
    )
    told = [
        f"expected {each.expected}, seen {each.seen}, frames {', '.join(str(where.frame) for where in each.where)}"
        for each in findings
    ]
    if told and all(each.level == "MUST" for each in findings):
        failure = Failure(printable(told[0]), "violated")
        failure.text = printable("\n".join(told))
        case.result = [failure]
    case.system_out = printable(
        "\n".join([f"{answer.ruling} in {answer.examined} packets or steps", *told, *answer.notes])
    )
    return case
