"""The closing table of a run, for a person at a terminal of 80 columns or a log file without colour.

Colour only repeats what a word already says. Sentences wrap with their indent; the command that repeats a case is the
one line that is never broken, so that it can be copied.
"""

from collections import defaultdict

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports import words
from reports.lines import LABEL_WIDTH, print_plain, print_wrapped
from reports.model import CaseResult, Run, Verdict

COLUMNS: dict[Verdict, tuple[str, str]] = {
    Verdict.PASS: ("PASS", "green"),
    Verdict.PASS_ALTERNATIVE: ("ALT", "cyan"),
    Verdict.WARN: ("WARN", "yellow"),
    Verdict.FAIL: ("FAIL", "red"),
    Verdict.INCONCLUSIVE: ("INCON", "magenta"),
    Verdict.UNSUPPORTED: ("UNSUP", ""),
}
"""The short name of each verdict at the head of a column, and its colour."""


def print_run(run: Run, console: Console) -> None:
    """Print `run`: a row per section, known deviations, what is unsupported, unexpected results, totals, noise budget.

    What makes the run fail comes last but for the totals, because that is what stays on the screen.
    """
    known = [result for result in run.results if words.standing(result) is words.Standing.KNOWN]
    console.print(_table(run, console.width))
    _print_known(known, console)
    _print_unsupported(run, console)
    _print_unexpected(run.unexpected(), console)
    console.print()
    print_wrapped(console, _totals(run))
    print_wrapped(console, words.noise(run), style="dim")
    if run.coverage:
        print_wrapped(console, words.covered(run), style="dim")
    print_wrapped(console, _outcome(run, len(known)), style="bold red" if run.unexpected() else "bold green")


def _table(run: Run, width: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=0, pad_edge=False, show_edge=False, width=width)
    table.add_column("RFC", no_wrap=True, min_width=4)
    table.add_column("section", no_wrap=True, min_width=7)
    table.add_column("title", no_wrap=True, overflow="ellipsis", ratio=1)
    for name, style in COLUMNS.values():
        table.add_column(name, justify="right", style=style, no_wrap=True, width=max(4, len(name)))
    for section in words.sections(run):
        counts = [str(section.count(verdict) or "·") for verdict in COLUMNS]
        names = [Text(words.printable(text)) for text in (section.rfc, section.number, section.title)]
        table.add_row(*names, *counts)
    return table


def _print_known(results: list[CaseResult], console: Console) -> None:
    if not results:
        return
    _print_heading(console, f"Known deviations ({len(results)}): not counted against the run", "dim")
    for result in results:
        _print_line(console, f"  {_title(result)}", "dim")
        for label, sentence in words.account(result):
            _print_line(console, f"    {label:<{LABEL_WIDTH}}{sentence}", "dim")


def _print_unsupported(run: Run, console: Console) -> None:
    reasons: dict[str, int] = defaultdict(int)
    for result in run.results:
        if result.verdict is Verdict.UNSUPPORTED and result.as_expected:
            # Evidence may name a line or a session; cases that lack the same thing are one line here all the same.
            reasons[(result.reason or "no reason given").partition(" (checked:")[0]] += 1
    if not reasons:
        return
    _print_heading(console, f"Unsupported ({sum(reasons.values())}), by reason", "dim")
    for reason, number in sorted(reasons.items(), key=lambda item: -item[1]):
        print_wrapped(console, f"{words.count(number, 'case')}: {reason}", indent=2, style="dim")


def _print_unexpected(results: list[CaseResult], console: Console) -> None:
    if not results:
        return
    _print_heading(console, f"UNEXPECTED ({len(results)}): what makes the run fail", "bold red")
    for result in results:
        print_wrapped(console, _title(result), indent=2, style="bold")
        for label, sentence in words.account(result):
            print_wrapped(console, sentence, indent=4, label=label)
        print_plain(console, f"    {'repeat':<{LABEL_WIDTH}}{words.printable(result.repeat)}")


def _totals(run: Run) -> str:
    named = [f"{count} {verdict}" for verdict, count in run.totals().items() if count]
    return f"{words.count(len(run.results), 'case')} in {words.duration(run.duration_us)}: {', '.join(named) or 'none'}"


def _outcome(run: Run, known: int) -> str:
    unexpected = len(run.unexpected())
    result = f"FAILED, {words.count(unexpected, 'unexpected result')}" if unexpected else "passed, no unexpected result"
    return f"{run.target.name} {run.target.version}, seed {run.seed}: {result}, {words.count(known, 'known deviation')}"


def _title(result: CaseResult) -> str:
    return f"{result.verdict}  {result.id}  {result.title}"


def _print_heading(console: Console, text: str, style: str) -> None:
    console.print()
    print_plain(console, text, style)


def _print_line(console: Console, text: str, style: str) -> None:
    """One line, cut with an ellipsis where the console ends."""
    line = Text(" ".join(words.printable(text).splitlines()))
    line.truncate(console.width, overflow="ellipsis")
    print_plain(console, line.plain, style)
