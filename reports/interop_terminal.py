"""The interop matrix at a terminal of 80 columns: a line per pair while it runs, then what is not as it should be."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from reports.interop import LETTERS, Interop, Meeting, in_one_line
from reports.lines import print_plain, print_wrapped
from reports.model import Verdict
from reports.words import count, printable

_STYLES = {
    Verdict.PASS: "green",
    Verdict.WARN: "yellow",
    Verdict.FAIL: "bold red",
    Verdict.INCONCLUSIVE: "magenta",
    Verdict.UNSUPPORTED: "dim",
}


def progress(pair: Sequence[str], meetings: Sequence[Meeting], number: int, pairs: int) -> str:
    """One line about a pair that is done: a letter per meeting, in the order of the scenarios."""
    letters = "".join(LETTERS[meeting.verdict] for meeting in meetings)
    return f"[{number:>{len(str(pairs))}}/{pairs}] {' x '.join(pair):<24} {letters}"


def print_interop(run: Interop, console: Console) -> None:
    """Print known failures, then what makes the run fail, then the totals: what comes last stays on the screen."""
    known = [meeting for meeting in run.meetings if meeting.as_expected and meeting.verdict in _NOTEWORTHY]
    _print_meetings(console, f"Known failures ({len(known)}): not counted against the run", known)
    unexpected = run.unexpected()
    _print_meetings(console, f"UNEXPECTED ({len(unexpected)}): what makes the run fail", unexpected)
    console.print()
    for trouble in run.troubles:
        print_wrapped(console, trouble, style="bold red")
    print_wrapped(console, in_one_line(run))
    good = not unexpected and not run.troubles
    failed = f"FAILED, {count(len(unexpected), 'unexpected result')}" if not good else "passed, no unexpected result"
    words = f"{failed}, {count(len(known), 'known failure')}"
    print_wrapped(console, words, style="bold green" if good else "bold red")


_NOTEWORTHY = (Verdict.WARN, Verdict.FAIL, Verdict.INCONCLUSIVE)


def _print_meetings(console: Console, heading: str, meetings: Sequence[Meeting]) -> None:
    if not meetings:
        return
    console.print()
    console.print(Text(heading), style="bold")
    for meeting in meetings:
        title = f"{meeting.verdict}  {meeting.scenario}  {meeting.actor} x {meeting.other}"
        print_wrapped(console, title, indent=2, style=_STYLES[meeting.verdict])
        rows = [("expected", meeting.expected), ("actual", meeting.actual), ("reason", meeting.reason)]
        if meeting.known is not None:
            rows.append(("known", meeting.known.why))
        for label, sentence in rows:
            print_wrapped(console, sentence, indent=4, label=label)
        if not meeting.as_expected:
            print_plain(console, f"    repeat   {printable(meeting.repeat)}")
