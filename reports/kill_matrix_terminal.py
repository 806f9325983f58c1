"""The kill matrix at a terminal: the deviants one by one where only some were hunted, what has to be mended, the
outcome."""

from rich.console import Console
from rich.table import Table

from reports.kill_matrix import FLAW_MEANINGS, Flaw, KillMatrix, in_one_line


def print_matrix(matrix: KillMatrix, console: Console) -> None:
    """Print `matrix`, its findings by flaw, and its outcome last."""
    if not matrix.complete:
        table = Table(box=None, pad_edge=False)
        for column in ("breaks", "deviant", "caught by", "also accused by"):
            table.add_column(column, overflow="fold", no_wrap=column == "breaks")
        for kill in matrix.kills:
            radius = " ".join(each.case for each in kill.blast_radius)
            table.add_row(kill.breaks, kill.name, " ".join(kill.caught_by) or "nobody", radius)
        console.print(table)
    for flaw in Flaw:
        if matrix.found(flaw):
            console.print(f"\n{flaw.capitalize()} ({len(matrix.found(flaw))}): {FLAW_MEANINGS[flaw]}", style="bold red")
        for finding in matrix.found(flaw):
            console.print(f"  {finding.subject}: {finding.words}", markup=False, highlight=False, soft_wrap=True)
    console.print(in_one_line(matrix), style="bold red" if matrix.findings else "bold green")
