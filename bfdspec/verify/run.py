"""One run of `bfdspec verify`: from files that are being read to a report, and to whoever wants it.

Lives here: the order of things. Must not live here: reading, judging, looks.
"""

import gc
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from bfdspec.verify.engines import Begun
from bfdspec.verify.packets import csv_writer
from bfdspec.verify.testimony import TOLD, Testimony
from captures.checks import digests
from captures.findings import Check
from captures.fold import Fold
from refimpl import __version__
from reports.verification import CheckInfo, Verification
from reports.verification_terminal import CONVERSATIONS, print_verification
from reports.whole import console_beside, replace

_WRITERS = {
    "data": ("reports.document", "save"),
    "page": ("reports.kinds", "write_page"),
    "junit": ("reports.junit", "write"),
}
"""Who writes what; imported when it is asked for, because a look at a capture should not have to wait for templates."""

_MISFITS = 5
"""Lines about keys that do not fit, at most."""


class Run:
    """Judges by `checks` in `jobs` processes, 0 for one per core, for whoever wants the report: all packets in the file
    `table`, and the report itself as `data`, `page` and `junit`. Where nobody does, conversations are told only as far
    as a terminal shows them."""

    def __init__(
        self, engine: str, checks: Sequence[Check], jobs: int, *, table: Path | None, **wanted: Path | None
    ) -> None:
        self._engine, self._table, self._wanted = engine, table, wanted
        self._started, self._clock = datetime.now(UTC), time.monotonic_ns()
        self._testimony = Testimony(checks, jobs, TOLD if any(wanted.values()) else CONVERSATIONS)

    def read(self, files: Sequence[Path], first: Begun, begin: Callable[[Path], Begun]) -> None:
        """Read and judge file after file, of which the `first` is being read already; write the table of packets.
        Raises CaptureError, OSError."""
        console = Console(stderr=True)
        gc.freeze()  # what is loaded stays, and need not be looked at
        with ExitStack() as stack:
            write = stack.enter_context(csv_writer(self._table)) if self._table is not None else None
            status = stack.enter_context(console.status("")) if console.is_terminal else None
            for number, path in enumerate(files):
                if status is not None:
                    status.update(f"{path}: reading")
                if number:
                    gc.collect()  # conversations refer to themselves: those of the file before are still there
                source, chunks = begin(path) if number else first
                folded = Fold()
                for chunk in chunks:
                    folded.add(chunk)
                    if write is not None:
                        write(path, chunk)
                self._testimony.add(str(path), folded.conversations, source.warning)

    def write(self) -> bool:
        """Write the report to where it is wanted, and to the terminal; says whether anything breaks a MUST. Raises
        OSError."""
        testimony = self._testimony
        run = Verification(
            generator=f"bfdspec {__version__}",
            command=shlex.join(["bfdspec", *sys.argv[1:]]),
            engine=self._engine,
            started=self._started,
            duration_us=(time.monotonic_ns() - self._clock) // 1000,
            files=testimony.files,
            checks=[CheckInfo(id=each.requirement, clause=each.clause, level=each.level) for each in testimony.checks],
            conversations=testimony.conversations,
            judged=testimony.judged,
            findings=testimony.findings,
        )
        for name, (module, function) in _WRITERS.items():
            if (path := self._wanted[name]) is not None:
                replace(path, partial(getattr(import_module(module), function), run))
        console = console_beside(self._table, *self._wanted.values())
        print_verification(run, console)
        _print_misfits(run, console)
        return bool(run.broken("MUST"))


def _print_misfits(run: Verification, console: Console) -> None:
    """Whoever gives keys wants to know where they do not fit, though that accuses nobody."""
    about_keys = {check.requirement for check in digests.CHECKS}
    told = [
        f"{', '.join(each.speakers)}: {words}"
        for each in run.judged
        if each.check in about_keys
        for words in (*each.reason.split("; "), *each.notes)
        if words.startswith("not decidable")
    ]
    for words in told[:_MISFITS]:
        console.print(escape(words), style="yellow")
    if len(told) > _MISFITS:
        console.print(f"and {len(told) - _MISFITS} more about keys: --json or --html has all")
