"""The pytest plugin of the suite: selects cases, hands each to the runner, and turns its result into pytest's words.

Verdicts are the runner's; pytest's passed, failed and skipped only say whether a result is as expected. Results
travel from workers to the controlling process as properties of pytest's reports.
"""

import shlex
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conformance import inventory, runner
from conformance.bench.bench import Bench
from conformance.bench.cases import Case
from conformance.catalogue import Catalogue, load_catalogue
from conformance.selection import Selection
from conformance.targets.registry import known_deviations
from conformance.targets.target import Target
from reports.model import CaseResult, Verdict

PROPERTY = "bfdspec-result"
CASE_PROPERTY = "bfdspec-case"

LETTERS = {
    Verdict.PASS: ("passed", ".", "PASS"),
    Verdict.PASS_ALTERNATIVE: ("passed", "a", "PASS_ALTERNATIVE"),
    Verdict.UNSUPPORTED: ("skipped", "u", "UNSUPPORTED"),
    Verdict.WARN: ("failed", "W", "WARN"),
    Verdict.FAIL: ("failed", "F", "FAIL"),
    Verdict.INCONCLUSIVE: ("failed", "?", "INCONCLUSIVE"),
}
"""pytest's category, the letter of the progress line, and the word of the verbose one."""

KNOWN = ("xfailed", "k", "known deviation")


class Specification:
    """Hooks that other plugins and conftest.py may implement."""

    @pytest.hookspec(firstresult=True)
    def pytest_bfdspec_target(self, config: pytest.Config) -> Target | None:
        """Build the target of this run."""


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Make the target hook known."""
    pluginmanager.add_hookspecs(Specification)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options that `bfdspec test` passes on; see its help."""
    group = parser.getgroup("bfdspec")
    group.addoption("--target", dest="bfdspec_target", default="reference", help="who is tested")
    group.addoption("--lab", dest="bfdspec_lab", default=None, help="file of a running laboratory")
    group.addoption("--rfc", dest="bfdspec_rfc", default=None, help="only cases of this RFC")
    group.addoption("--section", dest="bfdspec_section", default=None, help="only cases of this section and below")
    group.addoption("--case", dest="bfdspec_case", action="append", default=[], help="only this case")
    group.addoption("--level", dest="bfdspec_level", default=None, help="only cases that judge this level")
    group.addoption("--seed", dest="bfdspec_seed", type=int, default=1, help="seed of everything random")
    group.addoption("--report", dest="bfdspec_report", type=Path, default=None, help="folder of the report")
    group.addoption("--allure", dest="bfdspec_allure", type=Path, default=None, help="folder of Allure results")


def pytest_configure(config: pytest.Config) -> None:
    """Know the marker, and judge cases."""
    config.addinivalue_line("markers", "case(declared): a conformance case, declared by conformance.bench.cases")
    config.pluginmanager.register(Suite(config), "bfdspec-suite")


@pytest.fixture
def bench() -> Bench:
    """Filled by the plugin with the bench of each attempt; here only so that pytest knows the name."""
    raise pytest.UsageError("a function that uses the bench has to be declared with @case")


class Suite:
    """One run: what is selected, what was found."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._results: dict[str, CaseResult] = {}
        self.without_verdict: dict[str, str] = {}
        self._started = datetime.now(UTC)
        self._started_ns = time.monotonic_ns()
        self._is_worker = hasattr(config, "workerinput")
        # What only a run that meets cases needs: set when the first one is collected.
        self._catalogue: Catalogue | None = None
        self._target: Target | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave the cases that were asked for, long ones first so that no worker ends alone."""
        cases = [item for item in items if _case(item) is not None]
        if not cases:
            return
        catalogue = self._load()
        option = config.option
        selection = Selection(
            rfc=option.bfdspec_rfc,
            section=option.bfdspec_section,
            cases=tuple(option.bfdspec_case),
            level=option.bfdspec_level,
        )
        rejected = [item for item in cases if not selection.includes(_declared(item), catalogue)]
        if rejected:
            config.hook.pytest_deselected(items=rejected)
            items[:] = [item for item in items if item not in set(rejected)]
        items.sort(key=lambda item: -(declared.seconds if (declared := _case(item)) is not None else 0))

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: pytest.FixtureRequest) -> object:
        """The bench of a case is made by the runner, once per attempt."""
        if fixturedef.argname == "bench" and _case(request.node) is not None:
            fixturedef.cached_result = (None, fixturedef.cache_key(request), None)
            return True
        return None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Let every report of a case say which one it is, however it ends."""
        declared = _case(item)
        if declared is not None:
            item.user_properties.append((CASE_PROPERTY, declared.id))

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> object:
        """Run a case and say in pytest's words what came of it."""
        declared = _case(pyfuncitem)
        if declared is None:
            return None
        if self._target is None:
            self._target = self._config.hook.pytest_bfdspec_target(config=self._config)
        target = self._target
        known = known_deviations(self._config.option.bfdspec_target)
        folder = self._capture_folder()
        result = runner.run(
            self._cases[declared.id],
            target,
            self._load(),
            seed=self._config.option.bfdspec_seed,
            folder=folder,
            known=known.get(declared.id),
            option=self._config.option.bfdspec_target,
        )
        pyfuncitem.user_properties.append((PROPERTY, result.model_dump_json()))
        _conclude(result)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Collect results, in the controlling process; and what ended without one, which must not go unseen."""
        if self._is_worker:
            return
        result = result_of(report)
        if result is not None:
            self._results[result.id] = result
        elif report.failed:
            self._keep_without_verdict(report)

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """A letter for each verdict; capital ones are not as expected."""
        result = result_of(report)
        if result is None:
            return None
        if result.as_expected and result.expectation is not None:
            return KNOWN
        category, letter, word = LETTERS[result.verdict]
        return ("failed" if not result.as_expected else category, letter, word)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the report, in the controlling process."""
        if self._is_worker or not self._results:
            return
        # A dozen workers per core need not load what only the controlling process makes.
        from conformance.coverage import by_rfc, coverage  # noqa: PLC0415
        from conformance.finish import finish  # noqa: PLC0415

        option = self._config.option
        results = sorted(self._results.values(), key=lambda result: inventory.sort_key(result.id))
        self.run = finish(
            results,
            target=self._config.hook.pytest_bfdspec_target(config=self._config)
            if self._target is None
            else self._target,
            seed=option.bfdspec_seed,
            command=shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
            started=self._started,
            duration_us=(time.monotonic_ns() - self._started_ns) // 1000,
            folder=option.bfdspec_report,
            allure=option.bfdspec_allure,
            coverage=by_rfc(coverage(self._load(), self._cases)),
        )

    def _keep_without_verdict(self, report: pytest.TestReport) -> None:
        crash = getattr(report.longrepr, "reprcrash", None)
        said = crash.message if crash is not None else report.longreprtext
        why = (said.strip().splitlines() or ["no reason given"])[0]
        case_id = dict(report.user_properties).get(CASE_PROPERTY)
        if case_id is None:
            self.without_verdict[report.nodeid] = why
            return
        option, catalogue = self._config.option, self._load()
        self._results[str(case_id)] = runner.without_verdict(
            self._cases[str(case_id)].case, option.bfdspec_target, catalogue, seed=option.bfdspec_seed, why=why
        )

    def _load(self) -> Catalogue:
        if self._catalogue is None:
            self._catalogue = load_catalogue()
            self._cases = inventory.collect()
            inventory.check(self._cases, self._catalogue)
        return self._catalogue

    def _capture_folder(self) -> Path | None:
        report: Path | None = self._config.option.bfdspec_report
        if report is None:
            return None
        folder = report / "captures"
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def result_of(report: pytest.TestReport) -> CaseResult | None:
    """The result that a report carries, if it is the one of a case's call."""
    if report.when != "call":
        return None
    for name, value in report.user_properties:
        if name == PROPERTY:
            return CaseResult.model_validate_json(str(value))
    return None


def _case(node: Any) -> Case | None:
    marker = node.get_closest_marker("case")
    return marker.args[0] if marker is not None else None


def _declared(item: pytest.Item) -> Case:
    declared = _case(item)
    assert declared is not None
    return declared


def _conclude(result: CaseResult) -> None:
    if not result.as_expected:
        pytest.fail(_in_words(result), pytrace=False)
    if result.expectation is not None:
        pytest.xfail(result.expectation.why)
    if result.verdict is Verdict.UNSUPPORTED:
        pytest.skip(result.reason)


def _in_words(result: CaseResult) -> str:
    lines = [f"{result.id} {result.verdict}: {result.title}"]
    lines += [f"  {name}: {value}" for name, value in (("expected", result.expected), ("seen", result.actual)) if value]
    lines += [f"  {line}" for line in (result.reason, *result.notes) if line]
    return "\n".join([*lines, f"  repeat: {result.repeat}"])
