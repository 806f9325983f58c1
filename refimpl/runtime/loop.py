"""An event loop whose timers are not rounded up to whole milliseconds.

Must not live here: anything of BFD. A speaker at 10 ms would be late by a tenth of its interval otherwise (RFC 5880
section 6.8.7: an interval is reduced by jitter, never stretched).
"""

import asyncio
import select
import selectors
from typing import Any


class FineSelector(selectors.EpollSelector):
    """epoll for readiness, select's microsecond timeout for waiting: select watches the epoll descriptor alone."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, Any]]:
        """Wait up to `timeout` seconds (None: for ever) and return what is ready."""
        if timeout is not None and timeout > 0:
            select.select([self.fileno()], [], [], timeout)
            timeout = 0
        return super().select(timeout)


def new_event_loop() -> asyncio.AbstractEventLoop:
    """A loop with `FineSelector`, for `asyncio.Runner(loop_factory=...)`."""
    return asyncio.SelectorEventLoop(FineSelector())
