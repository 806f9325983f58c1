"""Results of any kind as JUnit XML, the format that continuous integration systems read (Jenkins' junit-10.xsd).

One suite per group, one test case per item. A result that makes the run fail is a `failure`; a known deviation
and an unsupported case are `skipped`, with the reason. A WARN or FAIL is never reported as passed.
"""

from collections.abc import Iterable
from datetime import UTC
from pathlib import Path

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

from reports import kinds
from reports.document import Document
from reports.items import Item
from reports.model import Verdict
from reports.words import Standing, printable


def write(document: Document, path: Path) -> None:
    """Write `document` to `path`. Raises OSError."""
    kind = kinds.of(document)
    suites: dict[str, list[Item]] = {}
    for item in kind.items(document):
        suites.setdefault(item.group, []).append(item)
    root = JUnitXml(printable(f"bfdspec: {kind.subject(document)}"))
    for group, members in suites.items():
        root.add_testsuite(_suite(document, group, members))
    _count(root)
    with path.open("wb") as file:
        root.write(file)


def _count(root: JUnitXml) -> None:
    """As `update_statistics`, but for the number of skipped cases, which the schema does not know here."""
    for suite in root:
        suite.update_statistics()
    root.tests = sum(suite.tests for suite in root)
    root.failures = sum(suite.failures for suite in root)
    root.errors = sum(suite.errors for suite in root)
    root.time = round(sum(suite.time for suite in root), 3)


def _suite(document: Document, group: str, items: Iterable[Item]) -> TestSuite:
    suite = TestSuite(printable(group))
    # The schema's timestamp has no zone: UTC is the only reading that needs no guess.
    suite.timestamp = document.started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    suite.hostname = "localhost"
    made = {"kind": document.kind, "generator": document.generator, "command": document.command}
    for name, value in {**kinds.of(document).properties(document), **made}.items():
        suite.add_property(name, printable(value))
    suite.add_testcases([_case(item) for item in items])
    return suite


def _case(item: Item) -> TestCase:
    case = TestCase(
        name=printable(item.id if item.title in item.id else f"{item.id} {item.title}"),
        classname=printable(item.place),
        time=item.duration_us / 1_000_000,
    )
    outcome = _outcome(item)
    if outcome is not None:
        outcome.text = printable("\n".join(item.story))
        case.result = [outcome]
    case.system_out = printable("\n".join(item.evidence))
    return case


def _outcome(item: Item) -> Failure | Skipped | None:
    match item.standing:
        case Standing.UNEXPECTED:
            message = item.reason or f"{item.verdict} was not expected"
            return Failure(printable(f"{item.verdict}: {message}"), str(item.verdict))
        case Standing.KNOWN:
            return Skipped(printable(item.excuse), str(item.verdict))
        case Standing.ORDINARY if item.verdict is Verdict.UNSUPPORTED:
            return Skipped(printable(f"unsupported: {item.reason}"), str(item.verdict))
    return None
