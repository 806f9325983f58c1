"""A comparison at a terminal: a row per run, a column per verdict, and on how many requirements they differ."""

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.comparison import Comparison
from reports.terminal import COLUMNS
from reports.words import count, printable


def print_comparison(compared: Comparison, console: Console) -> None:
    """Print `compared`."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("run")
    for name, _ in COLUMNS.values():
        table.add_column(name.lower(), justify="right")
    for number, column in enumerate(compared.columns):
        counts = [str(compared.count(number, verdict) or "") for verdict in COLUMNS]
        table.add_row(Text(printable(f"{column.target} {column.version}")), *counts)
    console.print(table)
    differing = sum(row.differs for row in compared.rows)
    console.print(f"they differ on {differing} of {count(len(compared.rows), 'requirement')}", highlight=False)
