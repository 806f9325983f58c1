"""Every page of this project, made as the commands make it, with the captures that it links to."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from click.testing import CliRunner
from sample_diff import before_and_after
from sample_interop import sample_interop
from sample_matrix import flawed_matrix
from sample_run import hostile, sample_run
from sample_verification import sample_verification

from reports import requirements_html
from reports.cli import report
from reports.document import Document, save
from reports.model import RfcCoverage, Run, TargetInfo, Verdict

LONG = "x" * 300 + "</noscript></script><img src=x onerror=alert(1)>"
"""A word that no line has room for, and that would be heard of if it were taken for markup."""


@dataclass
class Pages:
    """Addresses of pages by name, and the folder that they lie in."""

    folder: Path
    addresses: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, path: str) -> None:
        """The page at `path` in the folder."""
        self.addresses[name] = (self.folder / path).as_uri()


def make(folder: Path) -> Pages:
    """All pages that are files, in `folder`."""
    made = Pages(folder)
    old, new = before_and_after()
    bird = new.model_copy(update={"target": TargetInfo(name="bird", version="2.0.12")})
    runs = {"conformance": sample_run(), "bird": bird, "hostile": _hostile(), "old": old}
    for name, run in runs.items():
        (folder / name).mkdir()
        save(run, folder / name / "results.json")
        for result in run.results:
            if result.capture:
                _touch(folder / name / result.capture)
        _render(folder / name, folder / name / "report.html")
        made.add(name, f"{name}/report.html")
    interop = sample_interop(LONG)
    others: list[Document] = [interop, flawed_matrix(LONG), sample_verification(LONG)]
    for document in others:
        name = document.kind
        (folder / name).mkdir()
        save(document, folder / name / f"{name}.json")
        _render(folder / name / f"{name}.json", folder / name / f"{name}.html")
        made.add(name, f"{name}/{name}.html")
    for meeting in interop.meetings:
        for capture in meeting.captures:
            _touch(folder / "interop" / capture)
    _run("compare", folder / "conformance", folder / "bird", folder / "hostile", "--html", folder / "comparison.html")
    made.add("comparison", "comparison.html")
    _run("diff", folder / "old", folder / "bird", "--html", folder / "diff.html")
    made.add("diff", "diff.html")
    (folder / "requirements.html").write_text(_requirements(), encoding="utf-8")
    made.add("requirements", "requirements.html")
    return made


def _hostile() -> Run:
    """A case that was not expected, whose packets are shown at once, and one whose packets are folded."""
    (shown,) = (result.model_copy(update={"capture": ""}) for result in hostile(LONG).results)
    folded = shown.model_copy(update={"id": "5880-6.8.6-98", "verdict": Verdict.PASS, "as_expected": True})
    return hostile(LONG).model_copy(update={"results": [shown, folded]})


def _touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def _render(file: Path, page: Path) -> None:
    _run("render", file, "--html", page)


def _run(*arguments: str | Path) -> None:
    done = CliRunner().invoke(report, [str(each) for each in arguments])
    assert done.exit_code in (0, 1), done.output


def _requirements() -> str:
    lines = (
        requirements_html.Line("5880-6.8.6-r01", "MUST", "A packet is looked at.", "wire", "", ("5880-6.8.6-01",)),
        requirements_html.Line("5880-6.8.6-r02", "MUST", "Nobody looks.", "wire", "", ()),
        requirements_html.Line("5880-6.8.6-r03", "MAY", LONG, "", "nowhere to be seen", ()),
    )
    section = requirements_html.Section("5880", "6.8.6", "Reception of BFD Control Packets", lines)
    counts = [RfcCoverage(rfc="5880", requirements=3, observable=2, covered=1)]
    return requirements_html.render([section], counts, f"bfdspec {datetime.now(UTC):%Y}")
