"""How a command ends before its time: every way to stop it unwinds the same."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def termination_unwinds() -> Iterator[list[int]]:
    """SIGTERM and SIGHUP take the same way out as Ctrl-C, so that whatever was started is taken down.

    Yields the signals that came: Python drops what a signal raises in a callback, such as those that run at a fork.

    Only in this process: a library that forks (netlink does, to enter a namespace) ends its child with SIGTERM, and
    a child that unwound would tear down what it shares with us, the event loop for one.
    """
    owner = os.getpid()
    came: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        if os.getpid() != owner:
            os._exit(128 + number)
        came.append(number)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
