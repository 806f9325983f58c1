"""Sessions go Down for a reason, and come back: taken down, paused, cut off in both directions or in one."""

from captures.handshake import ADMIN_DOWN, DOWN
from interop.evidence import Evidence, first, milliseconds
from interop.judgement import (
    Judgement,
    must_come_up,
    must_expire,
    must_follow_down,
    must_not_return,
    where,
)
from interop.scenarios.scenario import Scenario
from interop.stage import Stage
from topologies.node import Capability

_BACK_NS = 12_000_000_000
_NOTICED_S = 5.0
"""How long a scenario waits for a Down: several Detection Times."""
_DOWN_FOR_S = 3.0
"""How long a session is watched that has to stay Down: a few rounds at the slow rate."""


def _take_down(stage: Stage) -> None:
    stage.establish()
    stage.mark("disabled", f"{stage.ends[0].name} is told to disable the session")
    stage.node(0).set_admin(stage.spec(0), enabled=False)
    stage.until_down(1, _NOTICED_S)
    stage.let(_DOWN_FOR_S)
    stage.mark("enabled", f"{stage.ends[0].name} is told to enable it again")
    stage.node(0).set_admin(stage.spec(0), enabled=True)
    stage.come_up()


def _judge_taken_down(evidence: Evidence, judgement: Judgement) -> None:
    disabled, enabled = judgement.since("disabled"), judgement.since("enabled")
    name = evidence.name(0)
    told = first(evidence.sent(0, disabled, enabled), lambda row: row.state == ADMIN_DOWN)
    if told is None:
        judgement.fail(f"{name} says AdminDown", f"{name} does not", *evidence.sent(0, disabled, enabled)[:1])
    judgement.note(f"{name} says AdminDown with diagnostic {told.row.diag} in {where(told)}", told)
    fell = must_follow_down(judgement, 1, disabled, states=(ADMIN_DOWN,))
    must_not_return(judgement, 1, fell, enabled)
    judgement.note(f"{evidence.name(1)} stays Down for {milliseconds(enabled - fell.sent_ns)}")
    must_come_up(judgement, enabled, _BACK_NS)


def _pause(stage: Stage) -> None:
    stage.establish()
    stage.mark("paused", f"{stage.ends[0].name} is being paused (SIGSTOP)")
    stage.pause(0)
    stage.mark("silent", f"{stage.ends[0].name} is paused")
    stage.until_down(1, _NOTICED_S)
    stage.let(0.5)
    stage.mark("resumed", f"{stage.ends[0].name} goes on (SIGCONT)")
    stage.resume(0)
    stage.watch.until(lambda: not stage.is_up(0), _NOTICED_S)
    stage.come_up()


def _judge_paused(evidence: Evidence, judgement: Judgement) -> None:
    paused, silent, resumed = judgement.since("paused"), judgement.since("silent"), judgement.since("resumed")
    if evidence.sent(0, silent, resumed):
        judgement.unclear(f"{evidence.name(0)} was paused, and went on sending all the same")
    must_expire(judgement, 1, paused)
    must_come_up(judgement, resumed, _BACK_NS, at_once=False)


def cut_and_restore(stage: Stage) -> None:
    """Both ends hear nothing for a while."""
    stage.establish()
    stage.mark("cut", "the network loses every packet; the links stay up")
    stage.cut()
    for side in (0, 1):
        stage.until_down(side, _NOTICED_S)
    stage.let(0.5)
    stage.mark("restored", "the network loses none any more")
    stage.restore()
    stage.come_up()


def judge_cut(evidence: Evidence, judgement: Judgement) -> None:
    """Both Detection Times expire, and both ends come back."""
    cut, restored = judgement.since("cut"), judgement.since("restored")
    for side in (0, 1):
        must_expire(judgement, side, cut)
    must_come_up(judgement, restored, _BACK_NS)


def _cut_one_way(stage: Stage) -> None:
    stage.establish()
    stage.mark("cut", f"the network loses what {stage.ends[0].name} sends; the other direction works")
    stage.cut(toward=1)
    for side in (1, 0):
        stage.until_down(side, _NOTICED_S)
    stage.let(_DOWN_FOR_S)
    stage.mark("restored", "the network loses none any more")
    stage.restore()
    stage.come_up()


def _judge_one_way(evidence: Evidence, judgement: Judgement) -> None:
    cut, restored = judgement.since("cut"), judgement.since("restored")
    fell = must_expire(judgement, 1, cut)
    must_not_return(judgement, 1, fell, restored)
    must_follow_down(judgement, 0, cut, states=(DOWN,))
    must_come_up(judgement, restored, _BACK_NS)


SCENARIOS = (
    Scenario(
        id="admin-down",
        title="Tear-down by AdminDown",
        expects="the other end goes Down with diagnostic 3 and stays so without flapping, until both come Up again",
        clause="RFC 5880 sections 6.8.6 and 6.8.16",
        act=_take_down,
        judge=_judge_taken_down,
        directed=True,
        acts_with=(Capability.ADMIN_DOWN,),
    ),
    Scenario(
        id="pause",
        title="Failure: an end stops (SIGSTOP)",
        expects="the other end goes Down within its Detection Time, with diagnostic 1; afterwards both come Up again",
        clause="RFC 5880 section 6.8.4",
        act=_pause,
        judge=_judge_paused,
        directed=True,
    ),
    Scenario(
        id="cut",
        title="Failure: both directions are cut",
        expects="both ends go Down within their Detection Times, with diagnostic 1; afterwards both come Up again",
        clause="RFC 5880 section 6.8.4",
        act=cut_and_restore,
        judge=judge_cut,
    ),
    Scenario(
        id="one-way",
        title="Failure: one direction is cut",
        expects="the end that hears nothing goes Down with diagnostic 1 within its Detection Time, the one that hears"
        " this follows with diagnostic 3; neither returns before the cut is over",
        clause="RFC 5880 sections 6.2, 6.8.4 and 6.8.6",
        act=_cut_one_way,
        judge=_judge_one_way,
        directed=True,
    ),
)
