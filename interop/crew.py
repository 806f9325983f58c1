"""Pairs side by side, each in a process of its own: netlink forks, timing suffers from neighbours in one interpreter,
and whatever happens to one pair is no other pair's business.

A worker ends, and takes its laboratory down, at SIGTERM and when the process that started it is gone.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from conformance.interruption import termination_unwinds
from interop.expectations import KnownFailure
from interop.pair import Assignment, Findings, meet
from topologies.errors import LabError

_UNWIND_S = 30.0

Report = str | Findings
"""A worker's word: the scenario that it plays now, or at last its findings."""


def work_through(
    assignments: Sequence[Assignment], known: Sequence[KnownFailure], jobs: int
) -> Generator[tuple[Assignment, Report], None, None]:
    """Yield each assignment with what its worker says, `jobs` of them at a time, in whatever order it comes.

    Workers that still run when the iterator is closed, or left by an exception, are ended and waited for. Raises
    LabError where one ends without findings.
    """
    context = multiprocessing.get_context("spawn")
    waiting = list(assignments)
    crew: dict[Connection, tuple[Assignment, SpawnProcess]] = {}
    try:
        while waiting or crew:
            while waiting and len(crew) < jobs:
                assignment = waiting.pop(0)
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(target=_work, args=(assignment, known, theirs), daemon=False)
                process.start()
                theirs.close()
                crew[ours] = assignment, process
            for connection in wait(list(crew)):
                assert isinstance(connection, Connection)
                assignment, process = crew[connection]
                report = _receive(connection)
                if report is None or isinstance(report, Findings):
                    del crew[connection]
                    process.join()
                if report is None:
                    pair = " and ".join(assignment.pair)
                    raise LabError(f"the worker of {pair} ended with {process.exitcode} and without findings")
                yield assignment, report
    finally:
        for _, process in crew.values():
            process.terminate()
        for _, process in crew.values():
            process.join(_UNWIND_S)


def _receive(connection: Connection) -> Report | None:
    """What a worker says, None when it has ended."""
    try:
        report: Report = connection.recv()
    except EOFError:
        return None
    return report


def _work(assignment: Assignment, known: Sequence[KnownFailure], connection: Connection) -> None:
    try:
        with termination_unwinds():
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to everybody; the parent passes it on
            threading.Thread(target=_end_with_parent, daemon=True).start()
            connection.send(meet(assignment, known, connection.send))
    except (KeyboardInterrupt, BrokenPipeError):
        os._exit(1)  # everything is down; nobody is there to read a traceback


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
