"""Lines for a terminal: wrapped with their indent, and safe to print whatever a daemon said."""

import textwrap

from rich.console import Console
from rich.text import Text

from reports.words import printable

LABEL_WIDTH = 9


def print_wrapped(console: Console, text: str, *, indent: int = 0, label: str = "", style: str = "") -> None:
    """Print `text` in as many lines as it takes, each after the first under its start; nothing for an empty text."""
    if not text:
        return
    first = " " * indent + (f"{label:<{LABEL_WIDTH}}" if label else "")
    lines = textwrap.wrap(
        printable(text),
        width=console.width,
        initial_indent=first,
        subsequent_indent=" " * len(first),
        break_on_hyphens=False,
    )
    print_plain(console, "\n".join(lines), style)


def print_plain(console: Console, text: str, style: str = "") -> None:
    """Print `text` as it is: no markup, no wrapping."""
    console.print(Text(text), style=style, soft_wrap=True)
