"""`bfdspec watch`: conversations as they go on, from an interface, a file, or whatever writes into a pipe."""

import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from queue import Empty, SimpleQueue

import click
import numpy as np
from rich.console import Console
from rich.live import Live

from bfdspec.live.hear import listener
from bfdspec.live.news import Event, News, latest
from bfdspec.live.record import Recording
from bfdspec.live.screen import log_line, screen
from bfdspec.refusal import Refusal
from captures.fast.reader import STANDARD_INPUT, read_fast
from captures.read import CaptureError
from captures.table import PACKET, Chunk
from conformance.interruption import termination_unwinds

_TICK_S, _JUDGE_S = 0.25, 2.0
_EVENTS = 1000
_FOUND = 1


@click.command()
@click.argument("source", metavar="INTERFACE|FILE|-")
@click.option(
    "--write", "path", type=click.Path(dir_okay=False, path_type=Path), help="Keep what an interface shows (pcapng)."
)
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="End after so long.")
def watch(source: str, path: Path | None, seconds: float | None) -> None:
    """Follow BFD conversations: states, intervals, events, and what breaks a requirement.

    INTERFACE is one of this machine (root, or CAP_NET_RAW); a FILE is read to its end; "-" reads pcap or pcapng from
    standard input as it comes: `ssh router tcpdump -U -w - udp port 3784 | bfdspec watch -`. In a terminal it is a
    table that changes, elsewhere a line for each event. Ctrl-C ends it.

    Exit codes: 0 nothing broke a MUST, 1 something did, 2 bad input, 3 the interface cannot be heard.
    """
    chunks, live = _open(source, path)
    news = News()
    try:
        with ExitStack() as stack:
            signals = stack.enter_context(termination_unwinds())
            show = stack.enter_context(_Show(news, Console()))
            _follow(chunks, news, show, seconds, signals)
    except KeyboardInterrupt:
        pass
    except CaptureError as error:
        raise Refusal(str(error)) from error
    except OSError as error:
        raise Refusal(f"{error.filename or source}: {error.strerror or error}") from error
    finally:
        live()
    if any(finding.level == "MUST" for finding in news.findings.values()):
        raise SystemExit(_FOUND)


def _follow(
    chunks: Callable[[float], Iterator[Chunk]], news: News, show: "_Show", seconds: float | None, signals: list[int]
) -> None:
    """Until the source is at its end, the time is over, or a signal comes."""
    ends = None if seconds is None else time.monotonic() + seconds
    judged = time.monotonic()
    for chunk in chunks(_TICK_S):
        show.tell(news.add(chunk))
        now = time.monotonic()
        if now - judged > _JUDGE_S:
            show.tell(news.judge())
            judged = now
        show.refresh()
        if signals or (ends is not None and now > ends):
            break
    show.tell(news.judge())
    show.refresh()


class _Show:
    """A table that changes in a terminal; a line for each event elsewhere."""

    def __init__(self, news: News, console: Console) -> None:
        self._news, self._console = news, console
        self._events: list[Event] = []
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._started = time.monotonic()

    def __enter__(self) -> "_Show":
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()

    def tell(self, events: list[Event]) -> None:
        """Something happened."""
        self._events = [*self._events, *events][-_EVENTS:]
        if self._live is None:
            for event in events:
                self._console.print(log_line(event), soft_wrap=True)

    def refresh(self) -> None:
        """Draw."""
        if self._live is None:
            return
        conversations = self._news.fold.conversations
        packets = sum(end.count for each in conversations for end in each.ends.values())
        status = f"{packets:,} packets, {len(conversations)} conversations, {len(self._news.findings)} findings"
        now_ns = latest(conversations)
        self._live.update(screen(self._news, self._events, now_ns, self._console.height, status), refresh=True)


def _open(source: str, path: Path | None) -> tuple[Callable[[float], Iterator[Chunk]], Callable[[], None]]:
    """Chunks at least so often as asked, empty ones too; and how to end it."""
    if source == str(STANDARD_INPUT) or Path(source).exists():
        if path is not None:
            raise Refusal("--write: what comes from a file is in a file already")
        return lambda tick_s: _from_file(Path(source), tick_s), lambda: None
    heard = listener(source)
    try:
        recording = Recording(path, source) if path is not None else None
    except OSError as error:
        heard.close()
        raise Refusal(f"{path}: {error.strerror}") from error

    def chunks(tick_s: float) -> Iterator[Chunk]:
        while True:
            select.select([heard], [], [], tick_s)
            frames, chunk = heard.read()
            for frame in frames if recording is not None else ():
                assert recording is not None
                recording.write(frame)
            yield chunk

    def end() -> None:
        heard.close()
        if recording is not None:
            recording.close()

    return chunks, end


def _from_file(path: Path, tick_s: float) -> Iterator[Chunk]:
    """Read in a thread of its own, for a pipe may be silent for long."""
    queue: SimpleQueue[Chunk | CaptureError | None] = SimpleQueue()

    def read() -> None:
        try:
            for chunk in read_fast(path, chunk_packets=4096, eager=True):
                queue.put(chunk)
            queue.put(None)
        except CaptureError as error:
            queue.put(error)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            got = queue.get(timeout=tick_s)
        except Empty:
            yield Chunk(np.zeros(0, PACKET), [])
            continue
        if got is None:
            return
        if isinstance(got, CaptureError):
            raise got
        yield got
