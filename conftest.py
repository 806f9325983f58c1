"""The composition root of the tests: what `--target` names is built here, and nowhere else."""

import pytest

from conformance.targets.registry import attach
from conformance.targets.target import Target


@pytest.hookimpl(optionalhook=True)  # unit tests run without the suite's plugin
def pytest_bfdspec_target(config: pytest.Config) -> Target:
    """The target that the conformance cases are run against."""
    return attach(config.getoption("bfdspec_target"), config.getoption("bfdspec_lab"))
