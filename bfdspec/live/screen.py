"""What `bfdspec watch` shows in a terminal: conversations with the state of both ends, and the latest news."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bfdspec.live.news import Event, News
from captures.conversation import Conversation, End, Said
from captures.handshake import STATE_NAMES

_COLOURS = {"Up": "green", "Init": "yellow", "Down": "red", "AdminDown": "bright_black"}
_KINDS = {"state": "cyan", "poll": "default", "finding": "red"}


def screen(news: News, events: Sequence[Event], now_ns: int, height: int, status: str) -> RenderableType:
    """All of it, in `height` lines: half for conversations, newest first, half for events."""
    conversations = news.fold.conversations
    room = max(3, (height - 8) // 2)
    shown = sorted(conversations, key=lambda each: -_last_ns(each))[:room]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True)
    table.add_column("ends", ratio=4, overflow="fold")
    table.add_column("state", no_wrap=True)
    for name in ("interval", "seen", "packets", "last", "findings"):
        table.add_column(name, justify="right", no_wrap=True)
    for conversation in shown:
        for end in _current(conversation):
            table.add_row(*_row(end, now_ns, len(news.about(end))))
    left_out = len(conversations) - len(shown)
    lines = [Text(f"and {left_out} more conversations", style="dim")] if left_out > 0 else []
    log = [log_line(event) for event in events[-room:]]
    return Group(table, *lines, *log, Text(status, style="dim"))


def log_line(event: Event) -> Text:
    """One event, with the time of day."""
    clock = datetime.fromtimestamp(event.time_ns / 1e9).astimezone().strftime("%H:%M:%S.%f")[:-3]
    return Text.assemble((clock, "dim"), " ", (event.words, _KINDS[event.kind]))


def _current(conversation: Conversation) -> Iterable[End]:
    """Of each address the end that spoke last, and others that spoke within the last seconds of it."""
    ends = [end for end in conversation.ends.values() if end.discriminator is not None]
    for address in conversation.addresses:
        own = sorted((end for end in ends if end.address == address), key=lambda end: end.said[-1].last_ns)
        yield from own[-1:]


def _row(end: End, now_ns: int, findings: int) -> list[RenderableType]:
    said = end.said[-1]
    stretch = said.stretches[-1]
    state = STATE_NAMES[said.row.state]
    age_ns = max(0, now_ns - said.last_ns)
    silent = age_ns > said.row.detect_mult * stretch.interval_us * 1000
    # Pale when it has been silent for a Detection Time: what it does now is not known.
    style = ("dim " if silent else "bold ") + _COLOURS[state]
    bits = (("P", said.row.poll), ("F", said.row.final), ("D", said.row.demand))
    flags = "".join(sign for sign, is_set in bits if is_set)
    return [
        Text.assemble(f"{end.address} → {said.row.destination}", (f" {end.conversation.place}", "dim")),
        Text(f"{state} {flags}".rstrip(), style=style),
        f"{stretch.interval_us / 1000:g} ms",
        _seen(said, stretch.interval_us),
        f"{end.count:,}",
        f"{age_ns / 1e9:.1f} s",
        Text(str(findings), style="red") if findings else "",
    ]


def _seen(said: Said, interval_us: int) -> str:
    """The shortest and the longest gap since the end says what it says, in percent of the interval."""
    own = [stretch for stretch in said.stretches if stretch.interval_us == interval_us]
    shortest = [stretch.shortest.ns for stretch in own if stretch.shortest]
    longest = [stretch.longest.ns for stretch in own if stretch.longest]
    if not shortest or not interval_us:
        return ""
    percent = 100 / (interval_us * 1000)
    return f"{min(shortest) * percent:.0f}–{max(longest) * percent:.0f} %"


def _last_ns(conversation: Conversation) -> int:
    return max(end.said[-1].last_ns for end in conversation.ends.values())
