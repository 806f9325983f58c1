"""The hunt for deviants: what it says about suites that are good, weak, blunt or broken, and what it survives."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance import inventory
from conformance.bench.bench import Bench
from conformance.bench.cases import Case
from conformance.bench.match import control
from conformance.bench.scenario import establish, fresh
from conformance.catalogue import Catalogue, load_catalogue
from conformance.deviants import findings, hunt
from conformance.deviants.deviant import Deviant
from conformance.deviants.hunt import Trial
from conformance.deviants.patches import following, setting
from conformance.inventory import Runnable
from reports.kill_matrix import Flaw
from reports.model import Verdict

CATALOGUE = load_catalogue()
VERSION, DEMAND, MULTIPOINT = "5880-6.8.7-r23", "5880-6.8.7-r19", "5880-6.8.7-r35"
SHOULD, MAY, UNSEEN = "5880-6.8.7-r22", "5880-6.1-r07", "5881-4-r06"
LOUD = Deviant(VERSION, "version 2", setting(version=2))
QUIET = Deviant(DEMAND, "D clear, as it should be")
EAGER = Deviant(VERSION, "no interval at all", following(transmit_interval=lambda v: 0))


def case_of(
    requirement: str, body: Callable[[Bench], None] | None = None, case_id: str = "5880-6.8.7-99", **wanted: object
) -> Runnable:
    """A case that looks at the first packet, unless it has a body of its own."""

    def look(bench: Bench) -> None:
        puppet = bench.puppet()
        bench.add_session(puppet)
        bench.expect(control(**wanted), within_us=1_000_000, puppet=puppet)

    return Runnable(Case(case_id, (requirement,), (), f"case {case_id}"), body or look, __name__)


def hunted(
    deviants: list[Deviant], cases: list[Runnable], *, jobs: int = 1, catalogue: Catalogue = CATALOGUE
) -> dict[str, list[Trial]]:
    return {case.case.id: trials for case, trials in hunt.hunt(deviants, cases, catalogue, jobs=jobs, strangers=1)}


def complaints(deviants: list[Deviant], cases: list[Runnable]) -> list[tuple[Flaw, str]]:
    trials = hunted(deviants, cases)
    tally = findings.tallies(deviants, cases, trials)
    found = [
        *findings.about_deviants(deviants, cases, trials, CATALOGUE),
        *findings.about_requirements(list(CATALOGUE.requirements), deviants, cases, CATALOGUE),
        *findings.about_cases(cases, tally, trials, CATALOGUE),
    ]
    return [(each.flaw, each.subject) for each in found]


def test_a_deviant_that_is_caught_leaves_nothing_to_say() -> None:
    assert complaints([LOUD], [case_of(VERSION, version=1)]) == []


def test_the_kill_matrix_tells_catching_from_accusing() -> None:
    cases = [case_of(VERSION, version=1), case_of(DEMAND, case_id="5880-6.8.7-98", version=1)]
    (kill,) = findings.kills([LOUD], hunted([LOUD], cases), CATALOGUE)
    assert kill.caught_by == ["5880-6.8.7-99"]
    assert [(each.case, each.requirement) for each in kill.blast_radius] == [("5880-6.8.7-98", DEMAND)]
    assert [(each.caught, each.accused) for each in findings.tallies([LOUD], cases, hunted([LOUD], cases))] == [
        (1, 1),
        (0, 1),
    ]


def test_a_deviant_of_a_should_is_caught_by_a_warning() -> None:
    should = next(
        each for each in CATALOGUE.requirements.values() if each.level == "SHOULD" and "wire" in each.observable
    )
    deviant = replace(LOUD, breaks=should.id)
    (trial,) = hunted([deviant], [case_of(should.id, version=1)])["5880-6.8.7-99"]
    assert (trial.verdict, trial.violated) == (Verdict.WARN, should.id)
    assert findings.catches(trial, deviant)


def test_a_survivor_is_told_with_what_its_cases_said() -> None:
    cases = [case_of(DEMAND, demand=False)]
    (found,) = findings.about_deviants([QUIET], cases, hunted([QUIET], cases), CATALOGUE)
    assert (found.flaw, found.subject) == (Flaw.SURVIVOR, f"{DEMAND} {QUIET.name}")
    assert found.words == "5880-6.8.7-99 PASS"


def test_being_accused_of_something_else_is_surviving() -> None:
    deviant = replace(LOUD, breaks=MULTIPOINT)
    assert (Flaw.SURVIVOR, f"{MULTIPOINT} {deviant.name}") in complaints([deviant], [case_of(VERSION, version=1)])


@pytest.mark.parametrize("breaks", [MAY, UNSEEN, "5880-99-r01"])
def test_a_deviant_needs_a_requirement_that_can_be_accused(breaks: str) -> None:
    deviant = replace(LOUD, breaks=breaks)
    cases = [case_of(VERSION, version=1)]
    (found,) = findings.about_deviants([deviant], cases, hunted([deviant], cases), CATALOGUE)
    assert found.flaw is Flaw.NOT_ACCUSABLE


def test_a_requirement_with_a_case_needs_a_deviant() -> None:
    cases = [case_of(VERSION, version=1), case_of(DEMAND, case_id="5880-6.8.7-98", version=1)]
    assert complaints([LOUD], cases) == [(Flaw.NO_DEVIANT, DEMAND)]


def test_a_case_that_nobody_fails_is_toothless_unless_it_cannot_accuse() -> None:
    toothless = case_of(VERSION, case_id="5880-6.8.7-97")
    permitted = case_of(MAY, case_id="5880-6.8.7-96")
    found = complaints([LOUD], [case_of(VERSION, version=1), toothless, permitted])
    assert found == [(Flaw.TOOTHLESS, "5880-6.8.7-97")]


@pytest.mark.parametrize(("accused", "blunt"), [(6, True), (5, False)])
def test_a_case_that_accuses_a_quarter_of_everybody_is_blunt(accused: int, blunt: bool) -> None:
    case = case_of(VERSION)
    trials = {case.case.id: _trials(accused, 20)}
    tally = findings.tallies([LOUD] * 20, [case], trials)
    found = [each.flaw for each in findings.about_cases([case], tally, trials, CATALOGUE)]
    assert found == ([Flaw.BLUNT] if blunt else [])


def _trials(accused: int, of: int) -> list[Trial]:
    return [Trial(Verdict.FAIL, "5880-6.8.7-r35")] * accused + [Trial(Verdict.PASS)] * (of - accused)


def test_strangers_meet_in_turn_and_a_deviant_always_meets_its_own_cases() -> None:
    own, others = case_of(VERSION), [case_of(MAY, case_id=f"5880-6.8.7-{90 + n}") for n in range(4)]
    met = dict(hunt.hunt([LOUD] * 4, [own, *others], CATALOGUE, jobs=1, strangers=4))
    assert hunt.NOT_MET not in met[own]
    assert [[trial != hunt.NOT_MET for trial in met[other]].count(True) for other in others] == [1, 1, 1, 1]


def test_a_case_that_breaks_over_a_deviant_is_told() -> None:
    def breaks(bench: Bench) -> None:
        fresh(bench)
        raise KeyError("what the case did not expect")

    cases = [case_of(VERSION, version=1), *(case_of(VERSION, breaks, f"5880-6.8.7-{number}") for number in (96, 97))]
    (found,) = findings.about_deviants([LOUD], cases, hunted([LOUD], cases), CATALOGUE)
    assert (found.flaw, found.subject) == (Flaw.BROKEN, f"{VERSION} {LOUD.name}")
    assert found.words == (
        "the case itself failed: KeyError: 'what the case did not expect' (case 5880-6.8.7-96 and 1 other case)"
    )


# ---------------------------------------------------------------- what it survives


def test_a_deviant_that_sends_without_end_is_inconclusive() -> None:
    (trial,) = hunted([EAGER], [case_of(VERSION, establish)])["5880-6.8.7-99"]
    assert trial.verdict is Verdict.INCONCLUSIVE
    assert "the case has no end" in trial.reason


def test_a_deviant_that_computes_for_ever_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(v: object) -> int:
        while True:
            pass

    monkeypatch.setattr(hunt, "CPU_SECONDS", 0.2)
    deviant = Deviant(VERSION, "computes for ever", following(transmit_interval=never))
    (trial,) = hunted([deviant], [case_of(VERSION, establish)])["5880-6.8.7-99"]
    assert trial.verdict is Verdict.INCONCLUSIVE
    assert "0.2 s of processor time" in trial.reason


def test_a_deviant_that_breaks_the_clean_up_does_not_end_the_hunt() -> None:
    class Clinging(LOUD.node):  # type: ignore[misc, name-defined]
        def remove_session(self, spec: object) -> None:
            raise RuntimeError("the session is not there")

    (trial,) = hunted([replace(LOUD, node=Clinging)], [case_of(VERSION)])["5880-6.8.7-99"]
    assert trial.verdict is Verdict.INCONCLUSIVE
    assert trial.reason == "the case itself failed: RuntimeError: the session is not there"


def test_the_number_of_processes_changes_nothing() -> None:
    cases = [case for case_id, case in inventory.collect().items() if case_id.startswith("5880-6.8.7-1")]
    deviants = [LOUD, QUIET]
    assert hunted(deviants, cases, jobs=2) == hunted(deviants, cases)
