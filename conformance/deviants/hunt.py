"""The hunt: deviants meet cases on the virtual clock, in as many processes as wished.

A deviant meets every case of the requirement that it breaks, and one in `STRANGERS` of the others, in turn, so that all
cases meet as many deviants; a thorough hunt leaves out none. A part of the others is enough to see who hits far too
many, and all of them take too long to be waited for.

Work is cut by cases, not by deviants: one case has nearly the same packets with every deviant, which keeps the codec's
memory warm. What came of it does not depend on the number of processes. What it means is said in `findings`.
"""

import signal
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from types import FrameType

from conformance import runner
from conformance.catalogue import Catalogue
from conformance.deviants.deviant import Deviant
from conformance.interruption import begin_forked, forking
from conformance.inventory import Runnable
from reports.model import Verdict

SEED = 1
"""Which packets are random in the same way in every hunt, so that two hunts say the same."""

CPU_SECONDS = 10
"""Processor time of one trial. Some milliseconds are usual; a deviant or a case that computes for ever is ended here
(one that only sends for ever is ended by the virtual link, see conformance.targets.reference)."""


STRANGERS = 4
"""One in so many of the cases that judge something else is met."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What one case said about one deviant; `reason` is given where it could say nothing."""

    verdict: Verdict
    violated: str = ""
    reason: str = ""


NOT_MET = Trial(Verdict.UNSUPPORTED, reason="did not meet")


class Overrun(Exception):  # noqa: N818
    """A trial took more processor time than CPU_SECONDS."""


def hunt(
    deviants: Sequence[Deviant],
    cases: Sequence[Runnable],
    catalogue: Catalogue,
    *,
    jobs: int,
    strangers: int = STRANGERS,
) -> Generator[tuple[Runnable, list[Trial]], None, None]:
    """Each case in its turn, with what it said about each deviant, in the order given: NOT_MET where it is none of the
    one in `strangers`. `jobs` 1 needs no process."""
    quarry = _Quarry(tuple(deviants), {case.case.id: case for case in cases}, catalogue, strangers)
    if jobs == 1:
        for case in cases:
            yield case, quarry.try_case(case.case.id)
        return
    with _workers(jobs, quarry) as workers:
        with forking():
            trials = workers.map(_try_case, [case.case.id for case in cases])
        yield from zip(cases, trials, strict=True)


@dataclass(frozen=True, slots=True)
class _Quarry:
    deviants: tuple[Deviant, ...]
    cases: dict[str, Runnable]
    catalogue: Catalogue
    strangers: int

    def try_case(self, case_id: str) -> list[Trial]:
        case, turn = self.cases[case_id], list(self.cases).index(case_id)
        return [
            self._try(case, deviant)
            if deviant.breaks in case.case.judges or (number + turn) % self.strangers == 0
            else NOT_MET
            for number, deviant in enumerate(self.deviants)
        ]

    def _try(self, case: Runnable, deviant: Deviant) -> Trial:
        try:
            with _limited():
                outcome = runner.judge(case, deviant.target(), self.catalogue, seed=SEED).outcome
        except Exception as error:
            # Whatever a deviant breaks outside of the case's body must not end the hunt.
            return Trial(Verdict.INCONCLUSIVE, reason=f"{runner.CASE_FAILED}: {type(error).__name__}: {error}")
        return Trial(outcome.verdict, outcome.violated, outcome.reason)


@contextmanager
def _limited() -> Iterator[None]:
    """Raise Overrun inside after CPU_SECONDS of processor time."""
    before = signal.signal(signal.SIGPROF, _overrun)
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _overrun(number: int, frame: FrameType | None) -> None:
    raise Overrun(f"more than {CPU_SECONDS} s of processor time")


# ------------------------------------------------------------------ processes: deviants hold functions, which cannot be
# sent to another process; a fork has them already.

_quarry: _Quarry


@contextmanager
def _workers(jobs: int, quarry: _Quarry) -> Iterator[Executor]:
    workers = ProcessPoolExecutor(jobs, get_context("fork"), initializer=_begin, initargs=(quarry,))
    try:
        yield workers
    finally:
        workers.shutdown(cancel_futures=True)


def _begin(quarry: _Quarry) -> None:
    global _quarry  # noqa: PLW0603 - there is no other way to hand something to a worker for all of its tasks
    _quarry = quarry
    begin_forked()


def _try_case(case_id: str) -> list[Trial]:
    return _quarry.try_case(case_id)
