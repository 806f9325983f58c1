"""Configuration templates: Jinja2 with nothing but the values it is given."""

from functools import lru_cache
from pathlib import Path

import jinja2

_ENVIRONMENT = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)


def render(template: Path, **values: object) -> str:
    """The text of `template` with `values` filled in. Raises jinja2.UndefinedError for a value that is missing."""
    return _compiled(template).render(**values)


@lru_cache
def _compiled(template: Path) -> jinja2.Template:
    """Compiling takes longer than anything else that a verb does."""
    return _ENVIRONMENT.from_string(template.read_text(encoding="utf-8"))
