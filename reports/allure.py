"""A conformance run as Allure results: epic = RFC, feature = section, story = requirement, evidence attached.

Written from the finished run with Allure's own model and file format (allure-python-commons, which allure-pytest is
made of), and not by pytest's hooks: a verdict is final only when the witness has read all captures, after pytest.
"""

import csv
import io
from collections.abc import Iterator
from html import escape
from pathlib import Path
from uuid import uuid4

from allure_commons.logger import AllureFileLogger
from allure_commons.model2 import Attachment, Label, Link, Parameter, Status, StatusDetails, TestResult
from allure_commons.types import AttachmentType, LabelType, LinkType, Severity
from allure_commons.utils import md5

from reports import words
from reports.model import CaseResult, PacketLine, Run, Verdict
from reports.page import web_link
from reports.words import Standing

STATUS: dict[Verdict, str] = {
    Verdict.PASS: Status.PASSED,
    Verdict.PASS_ALTERNATIVE: Status.PASSED,
    Verdict.WARN: Status.PASSED,
    Verdict.FAIL: Status.FAILED,
    Verdict.INCONCLUSIVE: Status.BROKEN,
    Verdict.UNSUPPORTED: Status.SKIPPED,
}
"""Allure's word for each verdict. Every verdict but PASS is a tag, too: a WARN is passed, and can be found."""

_SEVERITY = {"MUST": Severity.CRITICAL, "SHOULD": Severity.NORMAL, "MAY": Severity.MINOR}
_PCAPNG = "application/vnd.tcpdump.pcap"


def empty(folder: Path) -> None:
    """Make `folder`, or remove the results of an earlier run from it and nothing else. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in ("*-result.json", "*-attachment.*"):
        for old in folder.glob(f"{'[0-9a-f]' * 8}-{pattern}"):
            old.unlink()


def write(run: Run, captures: Path, folder: Path) -> None:
    """Write the results of `run` into `folder`; the paths of its captures begin at `captures`. Raises OSError."""
    logger = AllureFileLogger(str(folder))
    for section in words.sections(run):
        for result in section.results:
            logger.report_result(_result(run, section, result, captures, logger))
    environment = {
        "target": f"{run.target.name} {run.target.version}",
        "clock": run.clock,
        "seed": run.seed,
        "made.by": run.generator,
    }
    lines = "".join(f"{name}={words.printable(str(value))}\n" for name, value in environment.items())
    (folder / "environment.properties").write_text(lines, encoding="utf-8")


def _result(
    run: Run, section: words.Section, result: CaseResult, captures: Path, logger: AllureFileLogger
) -> TestResult:
    start = int(run.started.timestamp() * 1000)
    standing = words.standing(result)
    message = words.printable(result.actual or result.reason)
    if standing is Standing.KNOWN:
        message = f"known deviation: {words.excuse(result.expectation)}\n{message}"
    return TestResult(
        uuid=str(uuid4()),
        # Allure follows a case from run to run by this: the same case of the same target.
        historyId=md5(run.target.name, result.id),
        testCaseId=md5(result.id),
        fullName=result.id,
        name=words.printable(f"{result.id} {result.title}"),
        status=STATUS[result.verdict],
        statusDetails=StatusDetails(
            known=standing is Standing.KNOWN, message=message, trace="\n".join(_account(result))
        ),
        description=escape(words.printable("\n\n".join(_description(result))), quote=False),  # it is read as Markdown
        stage="finished",
        start=start,
        stop=start + result.duration_us // 1000,
        labels=[Label(name=name, value=words.printable(value)) for name, value in _labels(section, result, standing)],
        links=list(_links(result)),
        parameters=[Parameter(name="target", value=run.target.name)],
        attachments=list(_attachments(result, captures, logger)),
    )


def _labels(section: words.Section, result: CaseResult, standing: Standing) -> Iterator[tuple[str, str]]:
    epic, feature = f"RFC {section.rfc}", f"{section.number} {section.title}".rstrip()
    yield from ((LabelType.EPIC, epic), (LabelType.FEATURE, feature))
    yield from ((LabelType.PARENT_SUITE, epic), (LabelType.SUITE, feature))
    for requirement in result.requirements:
        yield LabelType.STORY, f"{requirement.id} {requirement.summary}"
    levels = {requirement.level for requirement in result.requirements}
    severity = next((_SEVERITY[level] for level in _SEVERITY if level in levels), Severity.NORMAL)
    yield LabelType.SEVERITY, severity.value
    if result.verdict is not Verdict.PASS:
        yield LabelType.TAG, str(result.verdict)
    if standing is not Standing.ORDINARY:
        yield LabelType.TAG, str(standing)
    yield LabelType.FRAMEWORK, "bfdspec"


def _links(result: CaseResult) -> Iterator[Link]:
    if result.expectation is not None and web_link(result.expectation.link):
        yield Link(type=LinkType.ISSUE, url=result.expectation.link, name=result.expectation.link)


def _account(result: CaseResult) -> Iterator[str]:
    for label, sentence in words.account(result):
        yield words.printable(f"{label}: {sentence}")
    yield words.printable(f"repeat: {result.repeat}")


def _description(result: CaseResult) -> Iterator[str]:
    yield from (f"{each.level} {each.summary} ({each.id})" for each in result.requirements)
    yield from result.notes
    yield from result.witness
    yield f"repeat: {result.repeat}"


def _attachments(result: CaseResult, captures: Path, logger: AllureFileLogger) -> Iterator[Attachment]:
    capture = captures / result.capture
    if result.capture and capture.is_file() and capture.resolve().is_relative_to(captures.resolve()):
        name = f"{uuid4()}-attachment.pcapng"
        logger.report_attached_file(capture, name)
        yield Attachment(name=capture.name, source=name, type=_PCAPNG)
    if result.packets:
        name = f"{uuid4()}-attachment.csv"
        logger.report_attached_data(_table(result.packets), name)
        yield Attachment(name="packets", source=name, type=AttachmentType.CSV.mime_type)


def _table(packets: list[PacketLine]) -> str:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(("frame", "time, ms", "direction", "packet", "evidence"))
    for line in packets:
        direction = line.direction.replace("_", " ")
        table.writerow(
            (line.frame, f"{line.time_us / 1000:.3f}", direction, line.summary, "the verdict rests on it" * line.marked)
        )
    return text.getvalue()
