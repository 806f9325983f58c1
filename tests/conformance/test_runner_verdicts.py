"""The runner: a case that asserts nothing, a bench that was late and a test that crashed are never a PASS."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from scripted_target import (
    CASE_ID,
    MAY,
    MS,
    MUST,
    OTHER,
    SHOULD,
    ScriptedNode,
    ScriptedTarget,
    ScriptedWire,
    catalogue,
    control,
    runnable,
)

from conformance import runner
from conformance.bench import match
from conformance.bench.bench import Accept, Bench
from conformance.bench.verdicts import Inconclusive, Violation
from conformance.bench.wire import Late
from conformance.expectations import KnownDeviation
from conformance.inventory import Runnable
from reports.model import CaseResult, Verdict
from topologies.node import Capability

SEED = 5


def run(
    case: Runnable,
    target: ScriptedTarget | None = None,
    *,
    folder: Path | None = None,
    known: KnownDeviation | None = None,
) -> CaseResult:
    return runner.run(case, target or ScriptedTarget(), catalogue(), seed=SEED, folder=folder, known=known)


def holds(bench: Bench) -> None:
    bench.check(True, expected="", actual="")


def breaks(bench: Bench) -> None:
    bench.check(False, expected="one", actual="two")


def real(*, late_us: int = 0, trouble: str = "") -> ScriptedTarget:
    return ScriptedTarget(lambda: ScriptedWire(real=True, late=[Late(0, late_us)], trouble=trouble))


# ---------------------------------------------------------------- what a body leads to


def test_a_case_that_judges_what_it_claims_passes() -> None:
    result = run(runnable(holds))
    assert (result.verdict, result.as_expected, result.reason) == (Verdict.PASS, True, "")


@pytest.mark.parametrize(
    "body",
    [
        lambda bench: None,
        lambda bench: bench.elapse(MS),
        lambda bench: bench.send(bench.puppet()),
    ],
    ids=["does nothing", "only waits", "only sends"],
)
def test_a_case_that_judges_nothing_is_no_pass(body: Callable[[Bench], None]) -> None:
    result = run(runnable(body))
    assert (result.verdict, result.as_expected) == (Verdict.INCONCLUSIVE, False)
    assert result.reason == f"the case ended without having judged {MUST}"


def test_a_requirement_that_is_claimed_but_not_judged_is_named() -> None:
    result = run(runnable(holds, judges=[MUST, SHOULD, OTHER]))
    assert (result.verdict, result.as_expected) == (Verdict.INCONCLUSIVE, False)
    assert result.reason == f"the case ended without having judged {SHOULD}, {OTHER}"


def test_a_requirement_that_is_judged_but_not_claimed_is_no_pass() -> None:
    def body(bench: Bench) -> None:
        holds(bench)
        bench.check(True, expected="", actual="", requirement=OTHER)

    result = run(runnable(body))
    assert (result.verdict, result.as_expected) == (Verdict.INCONCLUSIVE, False)
    assert f"the case judges {OTHER}, but does not claim it" in result.reason


@pytest.mark.parametrize("error", [ZeroDivisionError("division by zero"), AssertionError("odd"), KeyError("x")])
def test_a_case_that_crashes_is_no_verdict_on_the_target(error: Exception) -> None:
    def body(bench: Bench) -> None:
        holds(bench)
        raise error

    result = run(runnable(body))
    assert (result.verdict, result.as_expected) == (Verdict.INCONCLUSIVE, False)
    assert result.reason == f"the case itself failed: {type(error).__name__}: {error}"
    assert any("raise error" in line for line in result.notes)


@pytest.mark.parametrize(("requirement", "verdict"), [(MUST, Verdict.FAIL), (SHOULD, Verdict.WARN)])
def test_the_level_of_the_requirement_decides(requirement: str, verdict: Verdict) -> None:
    def body(bench: Bench) -> None:
        bench.check(False, expected="one", actual="two", requirement=requirement)

    result = run(runnable(body, judges=[MUST, SHOULD]))
    assert (result.verdict, result.violated, result.as_expected) == (verdict, requirement, False)
    assert (result.expected, result.actual) == ("one", "two")


def test_nobody_can_break_a_permission() -> None:
    result = run(runnable(breaks, judges=[MAY]))
    assert (result.verdict, result.as_expected) == (Verdict.INCONCLUSIVE, False)
    assert result.reason == f"the case accuses by {MAY}, which is a MAY"


@pytest.mark.parametrize("requirement", [OTHER, "9999-9-r99"])
def test_a_case_may_not_accuse_past_its_bench(requirement: str) -> None:
    def body(bench: Bench) -> None:
        raise Violation(requirement, "one", "two")

    result = run(runnable(body))
    assert (result.verdict, result.as_expected) == (Verdict.INCONCLUSIVE, False)
    assert result.reason == f"the case accuses by {requirement}, but does not claim it"


def test_inconclusive_keeps_its_reason() -> None:
    def body(bench: Bench) -> None:
        raise Inconclusive("the target was Down before the probe")

    result = run(runnable(body))
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, "the target was Down before the probe")
    assert not result.as_expected


def test_an_alternative_is_named() -> None:
    def wire() -> ScriptedWire:
        scripted = ScriptedWire()
        scripted.at(MS, control())
        return scripted

    def body(bench: Bench) -> None:
        for _ in range(2):
            bench.expect_one_of(Accept(match.control(), alternative="6.2 permits it"), within_us=2 * MS)

    result = run(runnable(body), ScriptedTarget(wire))
    assert (result.verdict, result.reason, result.as_expected) == (Verdict.PASS_ALTERNATIVE, "6.2 permits it", True)


def test_the_packet_table_marks_the_proof() -> None:
    def wire() -> ScriptedWire:
        scripted = ScriptedWire()
        scripted.at(2 * MS, control(final=True))
        return scripted

    def body(bench: Bench) -> None:
        bench.elapse(MS)
        bench.send(bench.puppet())
        bench.expect_never(match.control(final=True), for_us=5 * MS)

    result = run(runnable(body), ScriptedTarget(wire))
    assert [(line.frame, line.time_us, line.direction, line.marked) for line in result.packets] == [
        (1, 0, "to_target", False),
        (2, MS, "from_target", True),
    ]


def test_the_result_stands_on_its_own() -> None:
    result = run(runnable(holds, judges=[MUST]))
    assert (result.rfc, result.section, result.section_title) == ("9999", "1", "Made up")
    assert [(each.id, each.level) for each in result.requirements] == [(MUST, "MUST")]
    assert result.repeat == f"bfdspec test --target scripted --case {CASE_ID} --seed {SEED}"


# ---------------------------------------------------------------- what a target lacks


def lacking(*refuses: str) -> ScriptedTarget:
    return ScriptedTarget(node=lambda: ScriptedNode(refuses, {Capability.PASSIVE: "it is always active"}))


NEEDY = runnable(holds, needs=[Capability.PASSIVE])


def test_a_lack_is_unsupported_with_the_evidence() -> None:
    result = run(NEEDY, lacking())
    assert (result.verdict, result.as_expected) == (Verdict.UNSUPPORTED, True)
    assert result.reason == (
        "needs passive_role, which the target lacks: it is always active (checked: % Unknown command for target9)"
    )


def test_a_lack_that_is_not_true_is_no_excuse() -> None:
    result = run(NEEDY, lacking("check_lack"))
    assert (result.verdict, result.as_expected) == (Verdict.INCONCLUSIVE, False)
    assert result.reason == "passive_role is declared as lacking, but: scripted: check_lack is refused"


def test_a_lack_that_the_case_does_not_need_does_not_matter() -> None:
    assert run(runnable(holds), lacking()).verdict is Verdict.PASS


# ---------------------------------------------------------------- a bench that cannot be trusted


@pytest.mark.parametrize("body", [holds, breaks])
@pytest.mark.parametrize("is_real", [False, True])
def test_trouble_spoils_every_verdict(body: Callable[[Bench], None], is_real: bool) -> None:
    target = ScriptedTarget(lambda: ScriptedWire(real=is_real, trouble="the tester's kernel dropped 3 frames"))
    result = run(runnable(body), target)
    assert (result.verdict, result.as_expected) == (Verdict.INCONCLUSIVE, False)
    assert result.reason == "the tester's kernel dropped 3 frames"
    assert result.notes == [f"it would have been {'PASS' if body is holds else 'FAIL'}"]


def test_lateness_spoils_an_accusation() -> None:
    result = run(runnable(breaks), real(late_us=runner.LATE_US + 1))
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, "the tester was up to 150 ms late")
    assert result.lateness_us == runner.LATE_US + 1


def test_a_little_lateness_does_not() -> None:
    result = run(runnable(breaks), real(late_us=runner.LATE_US))
    assert (result.verdict, result.lateness_us, result.attempts) == (Verdict.FAIL, runner.LATE_US, 2)


def test_lateness_does_not_spoil_a_pass() -> None:
    assert run(runnable(holds), real(late_us=10 * runner.LATE_US)).verdict is Verdict.PASS


# ---------------------------------------------------------------- attempts


def doubtful(*outcomes: Callable[[Bench], None]) -> Runnable:
    """A case whose attempts end in these ways, one after the other."""
    left: Iterator[Callable[[Bench], None]] = iter(outcomes)

    def body(bench: Bench) -> None:
        next(left)(bench)

    return runnable(body)


def unsure(bench: Bench) -> None:
    raise Inconclusive("who knows")


def test_the_real_clock_is_given_another_try() -> None:
    target = real()
    result = run(doubtful(unsure, unsure, holds), target)
    assert (result.verdict, result.attempts, len(target.leases)) == (Verdict.PASS, 3, 3)


def test_an_expected_verdict_is_not_tried_again() -> None:
    target = real()
    result = run(doubtful(unsure, holds, breaks), target)
    assert (result.verdict, result.attempts, len(target.leases)) == (Verdict.PASS, 2, 2)


def test_an_accusation_has_to_be_seen_twice() -> None:
    result = run(doubtful(breaks, unsure, breaks), real())
    assert (result.verdict, result.attempts, result.as_expected) == (Verdict.FAIL, 3, False)


def test_what_was_seen_only_once_is_in_the_notes() -> None:
    result = run(doubtful(breaks, holds, holds), real())
    assert (result.verdict, result.attempts, result.as_expected) == (Verdict.PASS, 3, True)
    assert any("attempt 1 alone ended with FAIL" in note for note in result.notes)


def test_attempts_that_do_not_agree_say_nothing() -> None:
    result = run(doubtful(breaks, holds, unsure, unsure), real())
    assert (result.verdict, result.violated, result.as_expected) == (Verdict.INCONCLUSIVE, "", False)
    assert "do not agree" in result.reason


def test_on_the_virtual_clock_once_is_enough() -> None:
    result = run(doubtful(breaks, holds), ScriptedTarget())
    assert (result.verdict, result.attempts) == (Verdict.FAIL, 1)


def test_doubt_stands_after_the_last_try() -> None:
    target = real()
    result = run(runnable(unsure), target)
    assert (result.verdict, result.attempts) == (Verdict.INCONCLUSIVE, runner.ATTEMPTS)
    assert len(target.leases) == runner.ATTEMPTS


def test_the_virtual_clock_has_one_try() -> None:
    target = ScriptedTarget()
    result = run(doubtful(unsure, holds), target)
    assert (result.verdict, result.attempts, len(target.leases)) == (Verdict.INCONCLUSIVE, 1, 1)


@pytest.mark.parametrize("end", [holds, breaks, unsure])
def test_every_attempt_leaves_nothing_behind(end: Callable[[Bench], None]) -> None:
    def body(bench: Bench) -> None:
        bench.add_session(bench.puppet(4))
        bench.add_session(bench.puppet(6))
        assert len(bench.node.sessions) == 2  # type: ignore[attr-defined]  # the scripted node's
        end(bench)

    target = real()
    result = run(runnable(body), target)
    assert len(target.leases) == result.attempts
    assert all(wire.closed and node.sessions == [] for wire, node in target.leases)


def test_a_session_that_stays_is_noted() -> None:
    def body(bench: Bench) -> None:
        bench.add_session(bench.puppet())
        holds(bench)

    result = run(runnable(body), ScriptedTarget(node=lambda: ScriptedNode(["remove_session"])))
    assert result.notes == ["session s1-target9 could not be removed: scripted: remove_session is refused"]


def test_attempts_draw_different_numbers_and_runs_the_same() -> None:
    def draws(seed: int) -> list[int]:
        drawn: list[int] = []

        def body(bench: Bench) -> None:
            drawn.append(bench.puppet().my_discriminator)
            unsure(bench)

        runner.run(runnable(body), real(), catalogue(), seed=seed)
        return drawn

    assert len(set(draws(1))) == runner.ATTEMPTS
    assert draws(1) == draws(1)
    assert not set(draws(1)) & set(draws(2))


def test_a_capture_is_kept_where_asked_for(tmp_path: Path) -> None:
    result = run(runnable(holds), folder=tmp_path)
    assert result.capture == f"{tmp_path.name}/{CASE_ID}.pcapng"
    assert (tmp_path / f"{CASE_ID}.pcapng").stat().st_size > 0
    assert run(runnable(holds)).capture == ""


# ---------------------------------------------------------------- known deviations


KNOWN = KnownDeviation(
    verdict="FAIL", violates=MUST, seen="two", why="it has been like this for years", since="1.0", link="issue 1"
)


def other(bench: Bench) -> None:
    bench.check(False, expected="one", actual="two", requirement=OTHER)


def otherwise(bench: Bench) -> None:
    bench.check(False, expected="one", actual="three")


def test_a_known_deviation_is_as_expected() -> None:
    result = run(runnable(breaks), known=KNOWN)
    assert (result.verdict, result.as_expected, result.notes) == (Verdict.FAIL, True, [])
    assert result.expectation is not None
    assert (result.expectation.why, result.expectation.since) == (KNOWN.why, "1.0")


@pytest.mark.parametrize(
    ("body", "verdict", "note"),
    [
        (holds, Verdict.PASS, "the expectations say FAIL, the verdict is PASS: has the target changed?"),
        (unsure, Verdict.INCONCLUSIVE, "the expectations say FAIL, the verdict is INCONCLUSIVE: has the target"),
        (other, Verdict.FAIL, f"a FAIL was expected, but of {MUST} with 'two' seen"),
        (otherwise, Verdict.FAIL, f"a FAIL was expected, but of {MUST} with 'two' seen"),
    ],
    ids=["passes now", "cannot be judged", "breaks another requirement", "breaks it in another way"],
)
def test_anything_but_the_known_deviation_is_a_surprise(
    body: Callable[[Bench], None], verdict: Verdict, note: str
) -> None:
    result = run(runnable(body, judges=[MUST, OTHER] if body is other else [MUST]), known=KNOWN)
    assert (result.verdict, result.as_expected) == (verdict, False)
    assert result.notes[-1].startswith(note)


def test_a_deviation_known_only_by_its_verdict_may_be_any() -> None:
    loose = KNOWN.model_copy(update={"violates": "", "seen": ""})
    assert run(runnable(breaks), known=loose).as_expected
    assert run(runnable(other, judges=[OTHER]), known=loose).as_expected


def test_what_a_target_never_begins_with_may_be_known() -> None:
    never = KnownDeviation(verdict="INCONCLUSIVE", seen="never slow", why="it has one rate for all", since="1.0")

    def fast(bench: Bench) -> None:
        raise Inconclusive("the target is never slow")

    assert run(runnable(fast), known=never).as_expected
    assert not run(runnable(unsure), known=never).as_expected
    assert not run(runnable(holds), known=never).as_expected


def test_violation_says_everything_in_one_line() -> None:
    violation = Violation(MUST, "one", "two", [3])
    assert str(violation) == f"{MUST}: expected one; seen two"
    assert violation.frames == (3,)
