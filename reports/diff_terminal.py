"""A difference between two results at a terminal of 80 columns: new failures last, because that stays on the screen."""

from datetime import datetime

from rich.console import Console

from reports.diff import CHANGE_MEANINGS, Change, Diff, Difference, in_one_line
from reports.lines import print_wrapped

_STYLES = {
    Change.NEW_FAILURE: "bold red",
    Change.FIXED: "green",
    Change.CHANGED: "yellow",
    Change.APPEARED: "cyan",
    Change.VANISHED: "dim",
}

_SHOWN = 20
"""How many of each change are told here, but for new failures."""


def print_diff(diff: Diff, console: Console) -> None:
    """Print `diff`."""
    for change in reversed(Change):
        found = diff.found(change)
        if not found:
            continue
        console.print()
        print_wrapped(console, f"{change.capitalize()} ({len(found)}): {CHANGE_MEANINGS[change]}", style="bold")
        shown = found if change is Change.NEW_FAILURE else found[:_SHOWN]
        for each in shown:
            _print(console, each)
        if len(found) > len(shown):
            print_wrapped(console, f"and {len(found) - len(shown)} more: --html or --json has all", indent=2)
    console.print()
    print_wrapped(console, f"{diff.old.subject} ({_when(diff.old.started)})", label="old")
    print_wrapped(console, f"{diff.new.subject} ({_when(diff.new.started)})", label="new")
    failing = bool(diff.found(Change.NEW_FAILURE))
    print_wrapped(console, in_one_line(diff), style="bold red" if failing else "bold green")


def _print(console: Console, each: Difference) -> None:
    before = each.before.verdict if each.before is not None else "nothing"
    after = each.after.verdict if each.after is not None else "nothing"
    verdicts = str(after) if each.before is None else f"{before} -> {after}"
    print_wrapped(console, f"{verdicts}  {each.id}  {each.title}", indent=2, style=_STYLES[each.change])
    if each.change is Change.NEW_FAILURE and each.after is not None:
        print_wrapped(console, each.after.reason, indent=4, label="now")
        if each.after.violated:
            print_wrapped(console, each.after.violated, indent=4, label="violates")


def _when(started: datetime) -> str:
    return f"{started:%Y-%m-%d %H:%M:%S}"
