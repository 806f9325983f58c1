"""Who judges: every check for every speaker, in as many processes as there is work for.

Lives here: how the work is shared out. What comes back knows conversations by their position, so that it can go from
one process to another. Must not live here: rules, looks.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from captures.conversation import Conversation
from captures.findings import Check, Outcome, Ruling, Span, View
from captures.judging import judge_all, views
from conformance.interruption import begin_forked, forking

_WORTH_A_PROCESS = 200
"""Speakers that are judged in less time than it takes to start a process."""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding. `conversation` is a position in what was judged."""

    conversation: int
    where: tuple[Span, ...]
    expected: str
    seen: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a check says of a speaker, or of many that are alike; `check` is its position."""

    check: int
    ruling: Ruling
    examined: int
    reason: str
    notes: tuple[str, ...]
    found: tuple[Found, ...]


def judge(
    conversations: Sequence[Conversation], checks: Sequence[Check], *, jobs: int = 0, undecided: bool = True
) -> dict[str, list[Answer]]:
    """The answers by speaker, in order of appearance, by `jobs` processes (0: one per core). Without
    `undecided`, those that decide nothing are left out."""
    bench = _Bench(list(views(conversations).items()), conversations, checks, undecided)
    jobs = min(jobs or os.cpu_count() or 1, len(bench.speakers) // _WORTH_A_PROCESS + 1)
    if jobs == 1:
        return bench.judge(0, 1)
    workers = ProcessPoolExecutor(jobs - 1, get_context("fork"), initializer=_begin, initargs=(bench,))
    try:
        with forking():
            others = [workers.submit(_judge, number, jobs) for number in range(1, jobs)]
        answers = bench.judge(0, jobs)  # this process is one of them
        for part in others:
            answers |= part.result()
        return answers
    finally:
        workers.shutdown(cancel_futures=True)


class _Bench:
    def __init__(
        self,
        speakers: list[tuple[str, list[View]]],
        conversations: Sequence[Conversation],
        checks: Sequence[Check],
        undecided: bool,
    ) -> None:
        self.speakers = speakers
        self._checks, self._undecided = checks, undecided
        self._positions = {check.requirement: number for number, check in enumerate(checks)}
        self._numbers = {conversation: number for number, conversation in enumerate(conversations)}

    def judge(self, part: int, parts: int) -> dict[str, list[Answer]]:
        """The answers for one part of the speakers."""
        begin, end = (len(self.speakers) * number // parts for number in (part, part + 1))
        judged = judge_all(dict(self.speakers[begin:end]), self._checks, undecided=self._undecided)
        once = {id(outcome): outcome for outcomes in judged.values() for outcome in outcomes}
        answers = {number: self._answer(outcome) for number, outcome in once.items()}
        return {speaker: [answers[id(outcome)] for outcome in outcomes] for speaker, outcomes in judged.items()}

    def _answer(self, outcome: Outcome) -> Answer:
        found = tuple(
            Found(self._numbers[each.conversation], each.where, each.expected, each.seen) for each in outcome.findings
        )
        return Answer(
            self._positions[outcome.check],
            outcome.ruling,
            outcome.examined,
            outcome.reason,
            outcome.notes,
            found,
        )


_bench: _Bench  # conversations are not sent to another process; a fork has them already


def _begin(bench: _Bench) -> None:
    global _bench  # noqa: PLW0603 - there is no other way to hand something to a worker for all of its tasks
    _bench = bench
    begin_forked()


def _judge(part: int, parts: int) -> dict[str, list[Answer]]:
    return _bench.judge(part, parts)
