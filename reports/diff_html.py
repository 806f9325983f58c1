"""A difference between two results as one HTML file that needs nothing else; evidence is a link into their pages."""

from reports import page
from reports.diff import CHANGE_MEANINGS, Change, Diff, in_one_line


def render(diff: Diff) -> str:
    """The page of `diff`."""
    return page.render(
        "diff.html.j2",
        scripts=("rows.js", "sort.js") if diff.differences else (),
        diff=diff,
        one_line=in_one_line(diff),
        failing=bool(diff.found(Change.NEW_FAILURE)),
        changes=[(change, CHANGE_MEANINGS[change], diff.found(change)) for change in Change],
    )
