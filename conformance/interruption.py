"""How a command ends before its time: every way to stop it unwinds the same."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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

    before = {number: signal.signal(number, interrupt) for number in _NUMBERS}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def forking() -> Iterator[None]:
    """Hold those signals back while processes are forked inside: they come at the end of it.

    What they raise in a callback at a fork would be printed and dropped. A forked process begins with the signals held
    back, and calls `begin_forked`.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _NUMBERS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _NUMBERS)


def begin_forked() -> None:
    """What a process does first that was made inside of `forking`."""
    # Ctrl-C reaches every process of a terminal. Only the first one decides what becomes of the work.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _NUMBERS)
