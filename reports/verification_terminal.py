"""What captures say, in a terminal of 80 columns or more."""

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reports.verification import GLYPHS, Finding, Judged, Ruling, Verification, Where, in_one_line
from reports.words import count, duration

CONVERSATIONS, _SPEAKERS, _FINDINGS, _PLACES = 10, 4, 40, 3
"""How many of each are told; all of them are in the JSON and the page."""

_STYLES = {Ruling.CONFIRMED: "green", Ruling.VIOLATED: "red", Ruling.UNDECIDED: "default"}


def print_verification(run: Verification, console: Console) -> None:
    """What was read, judged and found."""
    for number, file in enumerate(run.files):
        own = [each for each in run.conversations if each.file == number]
        words = f"{count(file.packets, 'BFD packet')}, {count(len(own), 'conversation')}, {duration(file.duration_us)}"
        console.print(f"[bold]{escape(file.name)}[/]: {words}")
        if file.warning:
            console.print(f"read in part only: {escape(file.warning)}", style="yellow")
        for conversation in own[:CONVERSATIONS]:
            console.print(f"  {escape(conversation.title)}")
            for handshake in conversation.handshakes[:CONVERSATIONS]:
                console.print(f"    {escape(handshake)}")
        if len(own) > CONVERSATIONS:
            console.print(f"  and {len(own) - CONVERSATIONS} more")
        if own:
            console.print(_table(run, number))
    for finding in run.findings[:_FINDINGS]:
        console.print(escape(_complaint(run, finding)), style="red" if finding.level == "MUST" else "yellow")
    if len(run.findings) > _FINDINGS:
        console.print(f"and {count(len(run.findings) - _FINDINGS, 'more finding')}: --json or --html has all")
    console.print(in_one_line(run), style="bold")


def _table(run: Verification, file: int) -> Table:
    """A line for each check: by speaker how many packets could have broken it, or how many speakers where that would be
    too many columns. Checks that nothing in the file is about are left out."""
    answers: dict[str, list[Judged]] = {}
    for each in run.judged:
        if each.file == file:
            answers.setdefault(each.check, []).append(each)
    speakers = run.files[file].speakers
    spoken = run.answers(file) if len(speakers) <= _SPEAKERS else {}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("requirement", no_wrap=True)
    table.add_column("what it asks")
    by_speaker = len(speakers) <= _SPEAKERS
    for heading in speakers if by_speaker else list(Ruling):
        table.add_column(str(heading), justify="right", overflow="fold")
    for check in run.checks:
        own = answers.get(check.id, [])
        if all(each.ruling is Ruling.UNDECIDED for each in own):
            continue
        if by_speaker:
            cells = [_cell(spoken.get((speaker, check.id))) for speaker in speakers]
        else:
            cells = [str(sum(len(each.speakers) for each in own if each.ruling is ruling) or "") for ruling in Ruling]
        table.add_row(check.id, check.clause, *cells)
    left_out = len(run.checks) - table.row_count
    if left_out:
        table.caption = f"{count(left_out, 'more requirement')} about which the capture says nothing"
        table.caption_justify = "left"
    return table


def _cell(answer: Judged | None) -> str:
    if answer is None:
        return ""
    return f"{answer.examined or ''} [{_STYLES[answer.ruling]}]{GLYPHS[answer.ruling]}[/]"


def _complaint(run: Verification, finding: Finding) -> str:
    clause = next(check.clause for check in run.checks if check.id == finding.check)
    file = run.files[run.conversations[finding.conversation].file].name + ": " if len(run.files) > 1 else ""
    where = ", ".join(map(_place, finding.where[:_PLACES]))
    more = finding.more + len(finding.where[_PLACES:])
    return (
        f"{file}{finding.speaker}: {finding.check} ({finding.level}) {clause}: expected {finding.expected}, "
        f"seen {finding.seen}, {where}" + (f" and {more} more places" if more else "")
    )


def _place(where: Where) -> str:
    if where.packets == 1:
        return f"frame {where.frame}"
    return f"frames {where.frame} to {where.last_frame} ({where.packets} packets)"
