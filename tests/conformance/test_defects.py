"""The suite can fail: some deviants are caught as they should be, and a mute target passes nothing.

All deviants meet all cases in `bfdspec deviants`, which `make test` runs; here is what that rests on.
"""

from dataclasses import replace

import pytest

from conformance import inventory, runner
from conformance.catalogue import load_catalogue
from conformance.deviants.collection import collect
from conformance.deviants.deviant import Deviant
from conformance.targets.reference import ReferenceTarget
from refimpl.core.procedures import RFC5880
from reports.model import Verdict

CATALOGUE = load_catalogue()
CASES = inventory.collect()
ACCUSED = {"MUST": Verdict.FAIL, "SHOULD": Verdict.WARN}


def one_a_section() -> list[Deviant]:
    """The first deviant of each section."""
    first: dict[str, Deviant] = {}
    for deviant in collect():
        first.setdefault(deviant.breaks.rpartition("-")[0], deviant)
    return list(first.values())


@pytest.mark.parametrize("deviant", one_a_section(), ids=lambda deviant: f"{deviant.breaks} {deviant.name}")
def test_deviant_is_caught_by_a_case_of_the_requirement(deviant: Deviant) -> None:
    results = [
        runner.run(case, deviant.target(), CATALOGUE, seed=1)
        for case in CASES.values()
        if deviant.breaks in case.case.judges
    ]
    accused = ACCUSED[CATALOGUE.requirements[deviant.breaks].level]
    caught = [each for each in results if each.verdict is accused and each.violated == deviant.breaks]
    assert caught, [f"{each.id} {each.verdict} {each.violated}: {each.reason or each.actual}" for each in results]
    assert all(each.expected and each.actual and not each.as_expected for each in caught)


@pytest.mark.parametrize("case_id", CASES)
def test_a_mute_target_passes_nothing(case_id: str) -> None:
    mute = ReferenceTarget(replace(RFC5880, may_transmit=lambda v, *, passive: False))
    assert runner.run(CASES[case_id], mute, CATALOGUE, seed=1).verdict not in (Verdict.PASS, Verdict.PASS_ALTERNATIVE)
