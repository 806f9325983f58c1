"""Two implementations in one laboratory, through all scenarios: played in rounds, and judged after each.

In the first round everything is played; what did not come out as expected is played again, until the same was seen
twice. One run of tshark reads all captures of a round.
"""

import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from captures.read import CaptureError
from interop import evidence as captured
from interop import expectations
from interop.attempt import Played, Task, conclude
from interop.bench import NODES, LabBench, laboratory
from interop.evidence import Captured, Evidence
from interop.expectations import KnownFailure
from interop.scenarios import SCENARIOS
from interop.scenarios.scenario import Scenario
from interop.stage import End, NotEstablishedError, Stage
from interop.watch import Watch
from reports.interop import Meeting, Party
from reports.model import Verdict
from topologies.errors import LabError
from topologies.laboratory import Laboratory
from topologies.node import Capability, LackError, Node, NodeError, SessionSpec
from topologies.nodes import release

ATTEMPTS = 4
"""How often a scenario is played before it is INCONCLUSIVE."""

SIGHTINGS = 2
"""How often something unexpected has to be seen before it stands: a machine that stalled one of the two for a moment
does not do so at the same place again."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A pair to be tried: releases, scenarios by id, and where captures go. `run_id` is the laboratory's."""

    pair: tuple[str, str]
    scenarios: tuple[str, ...]
    driver: str
    folder: Path
    run_id: str
    calm_s: float


@dataclass(frozen=True, slots=True)
class Findings:
    """What came of a pair. `trouble` says why it ended early, "" if it did not."""

    parties: tuple[Party, ...]
    meetings: tuple[Meeting, ...]
    trouble: str = ""


def meet(assignment: Assignment, known: Sequence[KnownFailure], tell: Callable[[str], None]) -> Findings:
    """Play and judge everything. `tell` is called with a line of progress now and then.

    A laboratory that does not come up, or breaks, is the findings' trouble; every scenario then has a meeting all the
    same.
    """
    encounter = Encounter(assignment, known, tell)
    try:
        with laboratory(assignment.pair, assignment.run_id, assignment.driver) as lab:
            encounter.play_all(lab)
    except (LabError, NodeError) as error:
        return encounter.findings(str(error))
    return encounter.findings()


class Encounter:
    """All meetings of one pair."""

    def __init__(self, assignment: Assignment, known: Sequence[KnownFailure], tell: Callable[[str], None]) -> None:
        self._assignment = assignment
        self._known = known
        self._tell = tell
        self._nodes: dict[str, Node] = {}
        self._versions = ["", ""]
        self._lacks: dict[tuple[int, Capability], tuple[Verdict, str]] = {}
        self._told: dict[Task, list[Meeting]] = {task: [] for task in _tasks(assignment)}
        self._results: dict[Task, Meeting] = {}
        self._hopeless = ""
        """Why no ordinary session of these two would come Up, so that the round need not wait for every one."""

    def play_all(self, lab: Laboratory) -> None:
        """Rounds until everything is decided. Raises LabError, NodeError."""
        self._versions = [lab.node(name).version for name in NODES]
        waiting = list(self._told)
        for attempt in range(1, ATTEMPTS + 1):
            self._hopeless = ""
            played = [self._play(lab, task, attempt) for task in waiting]
            for each, meeting in zip(played, self._judge(played, attempt), strict=True):
                self.decide(each.task, meeting)
            waiting = [task for task in waiting if not self.decided(task)]
            if not waiting:
                return

    def findings(self, trouble: str = "") -> Findings:
        """What came of it; where something ended it early, tasks that are not decided say so."""
        names = dict.fromkeys(self._assignment.pair)
        versions = dict(zip(self._assignment.pair, self._versions, strict=True))
        return Findings(
            parties=tuple(
                Party(name=name, version=versions[name], description=release(name).description) for name in names
            ),
            meetings=tuple(self._results.get(task) or self._undecided(task, trouble) for task in self._told),
            trouble=trouble,
        )

    def _play(self, lab: Laboratory, task: Task, attempt: int) -> Played:
        begun = time.monotonic_ns()
        bench = LabBench(lab, task.actor, self._nodes)
        played, ends = self._prepare(bench, task, attempt)
        self._tell(f"{task.scenario.id}{' again' if attempt > 1 else ''}")
        played.ended = self._lacking(bench, task, ends)
        if played.ended is None and self._hopeless and _is_ordinary(task.scenario):
            played.ended = Verdict.INCONCLUSIVE, self._hopeless
        if played.ended is None:
            self._run(played, bench, ends)
            if played.never_up and _is_ordinary(task.scenario) and not played.marked("up"):
                self._hopeless = f"not tried, as in scenario {task.scenario.id} {played.never_up}"
        played.duration_us = (time.monotonic_ns() - begun) // 1000
        return played

    def _prepare(self, bench: LabBench, task: Task, attempt: int) -> tuple[Played, tuple[End, End]]:
        scenario = task.scenario
        names = _names([self._assignment.pair[side] for side in (task.actor, 1 - task.actor)])
        interfaces = [bench.interface(side, scenario.path) for side in (0, 1)]
        near, far = (interface.address(scenario.family) for interface in interfaces)
        folder = self._assignment.folder / "captures" / "_".join(self._assignment.pair)
        folder.mkdir(parents=True, exist_ok=True)
        stem = (
            scenario.id + (f".{task.actor + 1}" if scenario.directed else "") + (f".{attempt}" if attempt > 1 else "")
        )
        ends = tuple(
            End(
                name,
                SessionSpec(
                    name=scenario.id,
                    peer=peer,
                    local=local,
                    interface=interface.name if scenario.path == "link" else "",
                    kind="single_hop" if scenario.path == "link" else "multi_hop",
                ),
            )
            for name, interface, local, peer in zip(names, interfaces, (near, far), (far, near), strict=True)
        )
        paths = tuple(folder / f"{stem}.{end}.pcapng" for end in ("a", "b"))
        return Played(task, names, (near, far), (paths[0], paths[1])), (ends[0], ends[1])

    def _lacking(self, bench: LabBench, task: Task, ends: tuple[End, End]) -> tuple[Verdict, str] | None:
        """What one of them lacks, checked; UNSUPPORTED, or INCONCLUSIVE where it does not lack it after all."""
        scenario = task.scenario
        for side, needs in enumerate((scenario.acts_with, scenario.meets_with)):
            node = bench.node(side)
            for need in (*scenario.needs, *needs):
                if need not in node.lacks:
                    continue
                key = (task.actor ^ side, need)
                if key not in self._lacks:
                    spec = replace(ends[side].spec, name=f"{ends[side].spec.name}-lack")
                    self._lacks[key] = _check_lack(node, need, spec)
                return self._lacks[key]
        return None

    def _run(self, played: Played, bench: LabBench, ends: tuple[End, End]) -> None:
        scenario = played.task.scenario
        watch = Watch([bench.tap(side, scenario.path) for side in (0, 1)], played.paths)
        stage = Stage(bench, ends, watch, calm_s=self._assignment.calm_s)
        for side in (0, 1):
            stage.wish(side, **scenario.wishes[side])
        try:
            scenario.act(stage)
        except NotEstablishedError as error:
            played.never_up = str(error)
        except LackError as error:
            played.ended = Verdict.UNSUPPORTED, str(error)
        except (NodeError, LabError) as error:
            played.ended = Verdict.INCONCLUSIVE, str(error)
        finally:
            trouble = watch.stop()
            played.marks, played.lateness_us = stage.marks, watch.lateness_us
            if trouble:
                played.ended = Verdict.INCONCLUSIVE, trouble
            played.notes = stage.clear()

    def _judge(self, played: Sequence[Played], attempt: int) -> list[Meeting]:
        recorded = [each for each in played if each.paths[0].exists() and each.marks]
        try:
            told = captured.read([each.paths for each in recorded], [each.addresses for each in recorded])
        except (CaptureError, OSError) as error:
            told = [Captured() for _ in recorded]
            for each in recorded:
                each.ended = each.ended or (Verdict.INCONCLUSIVE, f"the captures cannot be read: {error}")
        seen = {each.task: own for each, own in zip(recorded, told, strict=True)}
        return [self._meeting(each, seen.get(each.task, Captured()), attempt) for each in played]

    def _meeting(self, played: Played, seen: Captured, attempt: int) -> Meeting:
        evidence = Evidence(played.names, seen.packets, played.marks, seen.echoes)
        folder = self._assignment.folder
        captures = [str(path.relative_to(folder)) for path in played.paths if path.exists()]
        told = conclude(played, evidence)
        meeting = self._blank(played.task).model_copy(
            update={
                "notes": list(played.notes),
                "captures": captures,
                "attempts": attempt,
                "lateness_us": played.lateness_us,
                "duration_us": played.duration_us,
                **told,
            }
        )
        return expectations.compare(meeting, self._known)

    def _blank(self, task: Task) -> Meeting:
        pair = self._assignment.pair
        return Meeting(
            scenario=task.scenario.id,
            actor=pair[task.actor],
            other=pair[1 - task.actor],
            verdict=Verdict.INCONCLUSIVE,
            as_expected=False,
            repeat=repeat_command(self._assignment, task.scenario.id),
        )

    def decided(self, task: Task) -> bool:
        """Whether nothing more has to be played."""
        return task in self._results

    def decide(self, task: Task, meeting: Meeting) -> None:
        """Take one attempt into account: what is expected stands at once, anything else when it was seen twice. The
        last attempt decides."""
        told = self._told[task]
        told.append(meeting)
        alike = [each for each in told if _finding(each) == _finding(meeting)]
        judged = [each for each in told if each.verdict is not Verdict.INCONCLUSIVE]
        if (meeting.as_expected and meeting in judged[:1]) or len(alike) == SIGHTINGS:
            others = [each for each in told if each.verdict != meeting.verdict]
            notes = [f"attempt {each.attempts} alone ended with {each.verdict}: {_words(each)}" for each in others]
            self._results[task] = meeting.model_copy(update={"notes": [*meeting.notes, *notes]})
        elif meeting.attempts == ATTEMPTS:
            disagree = f"{ATTEMPTS} attempts do not agree: " + ", ".join(each.verdict for each in told)
            undecided = {"verdict": Verdict.INCONCLUSIVE, "reason": disagree, "as_expected": False}
            self._results[task] = meeting.model_copy(update=undecided if judged else {})

    def _undecided(self, task: Task, trouble: str) -> Meeting:
        meeting = self._told[task][-1] if self._told[task] else self._blank(task)
        reason = f"it was not played to the end: {trouble}"
        return meeting.model_copy(update={"verdict": Verdict.INCONCLUSIVE, "reason": reason, "as_expected": False})


def repeat_command(assignment: Assignment, scenario: str) -> str:
    """The command that plays a scenario of this pair again."""
    one, other = assignment.pair
    words = ["bfdspec", "interop", "--with", one, "--with", other, "--driver", assignment.driver]
    return shlex.join([*words, "--scenario", scenario])


def _tasks(assignment: Assignment) -> list[Task]:
    """A directed scenario is played with either end acting; once where both are the same."""
    both = len(set(assignment.pair)) == 2
    return [
        Task(SCENARIOS[name], actor)
        for name in assignment.scenarios
        for actor in ((0, 1) if SCENARIOS[name].directed and both else (0,))
    ]


def _finding(meeting: Meeting) -> tuple[str, ...]:
    """What has to be seen again: the verdict, and for one that says nothing its reason."""
    return (meeting.verdict, meeting.reason if meeting.verdict is Verdict.INCONCLUSIVE else "")


def _words(meeting: Meeting) -> str:
    return meeting.actual or meeting.reason or "as it should be"


def _is_ordinary(scenario: Scenario) -> bool:
    """Whether its session is that of any other scenario: one hop, IPv4, no parameters of its own."""
    return scenario.path == "link" and scenario.family == 4 and not any(scenario.wishes)


def _names(pair: Sequence[str]) -> tuple[str, str]:
    """How the two are called in words."""
    one, other = pair
    return (one, other) if one != other else (f"{one} (1)", f"{other} (2)")


def _check_lack(node: Node, need: Capability, spec: SessionSpec) -> tuple[Verdict, str]:
    try:
        evidence = node.check_lack(need, spec)
    except LackError as error:
        return Verdict.UNSUPPORTED, f"needs {need}, which {node.name} lacks: {error}"
    except NodeError as error:
        return Verdict.INCONCLUSIVE, f"{need} is declared as lacking in {node.name}, but: {error}"
    return Verdict.UNSUPPORTED, f"needs {need}, which {node.name} lacks: {node.lacks[need]} (checked: {evidence})"
