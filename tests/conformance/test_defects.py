"""The suite can fail: each deviant is caught by the case of the clause that it breaks, and a mute target passes
nothing."""

from dataclasses import replace

import pytest

from conformance import inventory, runner
from conformance.catalogue import load_catalogue
from conformance.deviants.defects import DEVIANTS
from conformance.deviants.deviant import Deviant
from conformance.targets.reference import ReferenceTarget
from refimpl.core.procedures import RFC5880
from reports.model import Verdict

CATALOGUE = load_catalogue()
CASES = inventory.collect()


@pytest.mark.parametrize("deviant", DEVIANTS, ids=lambda deviant: deviant.name)
def test_deviant_is_caught_by_its_case(deviant: Deviant) -> None:
    result = runner.run(CASES[deviant.caught_by], deviant.target(), CATALOGUE, seed=1)
    accused = {"MUST": Verdict.FAIL, "SHOULD": Verdict.WARN}[CATALOGUE.requirements[deviant.breaks].level]
    assert result.verdict is accused, f"{result.verdict}: {result.reason}"
    assert result.violated == deviant.breaks
    assert result.expected and result.actual
    assert not result.as_expected


@pytest.mark.parametrize("deviant", DEVIANTS, ids=lambda deviant: deviant.name)
def test_the_same_case_passes_the_reference(deviant: Deviant) -> None:
    assert runner.run(CASES[deviant.caught_by], ReferenceTarget(), CATALOGUE, seed=1).verdict is Verdict.PASS


@pytest.mark.parametrize("case_id", CASES)
def test_a_mute_target_passes_nothing(case_id: str) -> None:
    mute = ReferenceTarget(replace(RFC5880, may_transmit=lambda v, *, passive: False))
    assert runner.run(CASES[case_id], mute, CATALOGUE, seed=1).verdict not in (Verdict.PASS, Verdict.PASS_ALTERNATIVE)


def test_each_deviant_has_a_name_of_its_own() -> None:
    names = [deviant.name for deviant in DEVIANTS]
    assert len(set(names)) == len(names)
