"""What all pages share: one file that needs nothing else, the same look, and every string of a model escaped.

Lives here: the templates' environment. What a page is told stands in the module of its model.
"""

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import words
from reports.model import Verdict
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


def render(template: str, *, scripts: Sequence[str] = (), **told: Any) -> str:
    """The page that `template` makes of what it is told. `scripts` names the only ones that may run there."""
    code = Markup("\n").join(inline(script) for script in scripts)
    return (
        _environment()
        .get_template(template)
        .render(
            style=inline("report.css"),
            script=code,
            script_hash=base64.b64encode(hashlib.sha256(code.encode()).digest()).decode(),
            **told,
        )
    )


def inline(name: str) -> Markup:
    """A style sheet or script of ours, which is the only text that goes into a page as it is."""
    return Markup((_TEMPLATES / name).read_text(encoding="utf-8"))


def web_link(link: str) -> str | None:
    """`link` when it is a web address; None for anything else, which must not become something to click on."""
    return link if urlsplit(link).scheme in {"http", "https"} else None


def relative_link(path: str) -> str:
    """`path` as a link that stays beside the report, whatever characters it has."""
    return "./" + quote(path)


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
