"""A run as one HTML file that needs nothing else: no network, no other file, no script to be complete.

Lives here: what the page is told. What it looks like is in templates/. Every string of the model is escaped.
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import words
from reports.model import VERDICT_MEANINGS, Run, Verdict
from reports.rangebar import range_bar

_TEMPLATES = Path(__file__).parent / "templates"

GLYPHS: dict[Verdict, str] = {
    Verdict.PASS: "✓",
    Verdict.PASS_ALTERNATIVE: "≈",
    Verdict.WARN: "!",
    Verdict.FAIL: "✗",
    Verdict.INCONCLUSIVE: "?",
    Verdict.UNSUPPORTED: "–",
}
"""A sign beside each verdict's name, so that neither colour nor reading is needed to tell them apart."""

_LEAST_SHARE = 0.012
"""A single failed case among thousands still has to be seen: the least share of the strip that a verdict gets."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the strip at the top, in percent of its width."""

    verdict: Verdict
    count: int
    start: float
    width: float


def write(run: Run, path: Path) -> None:
    """Write `run` to `path` as a self-contained page. Raises OSError."""
    path.write_text(render(run), encoding="utf-8")


def render(run: Run) -> str:
    """The page of `run`."""
    script = _inline("report.js")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            run=run,
            style=_inline("report.css"),
            script=script,
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            rfcs=_by_rfc(words.sections(run)),
            totals=run.totals(),
            strip=strip(run.totals()),
            meanings=VERDICT_MEANINGS,
            noise=words.noise(run),
            unexpected=run.unexpected(),
            known=[result for result in run.results if words.standing(result) is words.Standing.KNOWN],
        )
    )


def strip(totals: dict[Verdict, int]) -> list[Segment]:
    """The strip of verdicts: widths in proportion to the counts, none too narrow to be seen."""
    cases = sum(totals.values())
    shares = {verdict: max(count / cases, _LEAST_SHARE) for verdict, count in totals.items() if count}
    whole = sum(shares.values())
    segments, start = [], 0.0
    for verdict, share in shares.items():
        width = 100 * share / whole
        segments.append(Segment(verdict, totals[verdict], round(start, 3), round(width, 3)))
        start += width
    return segments


def web_link(link: str) -> str | None:
    """`link` when it is a web address; None for anything else, which must not become something to click on."""
    return link if urlsplit(link).scheme in {"http", "https"} else None


def relative_link(path: str) -> str:
    """`path` as a link that stays beside the report, whatever characters it has."""
    return "./" + quote(path)


def _by_rfc(found: Iterable[words.Section]) -> list[tuple[str, list[words.Section]]]:
    return [(rfc, list(group)) for rfc, group in groupby(found, key=lambda section: section.rfc)]


def _inline(name: str) -> Markup:
    """A style sheet or script of ours, which is the only text that goes into the page as it is."""
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["GLYPHS"] = GLYPHS
    environment.filters |= {
        "duration": words.duration,
        "count": words.count,
        "standing": words.standing,
        "account": words.account,
        "range_bar": range_bar,
        "web_link": web_link,
        "relative_link": relative_link,
    }
    return environment
