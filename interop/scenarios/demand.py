"""Demand mode: an end asks the other one for silence, and gets its packets back when it stops asking."""

from interop.evidence import Evidence, first, milliseconds
from interop.judgement import Judgement, must_be_up, where
from interop.scenarios.scenario import Scenario
from interop.stage import Stage
from topologies.node import Capability

_HEARD_S = 2.0
"""Until the other end has heard the D bit, and a Poll Sequence about it is over."""
_SILENT_S = 3.0
_RESUMED_S = 3.0
_GRACE_NS = 1_500_000_000


def _ask_for_silence(stage: Stage) -> None:
    stage.establish()
    stage.mark("demand", f"{stage.ends[0].name} is told to use Demand mode")
    stage.node(0).set_demand(stage.spec(0), enabled=True)
    stage.let(_HEARD_S)
    stage.mark("silence", "from here on the other end has to be silent")
    stage.let(_SILENT_S)
    stage.mark("undone", f"{stage.ends[0].name} is told to use it no longer")
    stage.node(0).set_demand(stage.spec(0), enabled=False)
    stage.let(_RESUMED_S)
    stage.mark("end", "the end")


def _judge_silence(evidence: Evidence, judgement: Judgement) -> None:
    demand, silence = judgement.since("demand"), judgement.since("silence")
    undone, end = judgement.since("undone"), judgement.since("end")
    name, other = evidence.name(0), evidence.name(1)
    asked = first(evidence.heard(1, demand, silence), lambda row: row.demand)
    if asked is None:
        judgement.unclear(f"{name} did not set the D bit")
    must_be_up(judgement, 0, demand, end)
    still = [packet for packet in evidence.sent(1, silence, undone) if not packet.row.final]
    if still:
        expected = f"{other} sends no periodic packets after the D bit in {where(asked)}"
        judgement.fail(expected, f"{len(still)} of them, the first in {where(still[0])}", asked, still[0])
    judgement.note(f"{other} is silent for {milliseconds(undone - silence)} after the D bit in {where(asked)}", asked)
    fallen = first(evidence.sent(1, demand, end), lambda row: not row.final and row.state != asked.row.state)
    if fallen is not None:
        judgement.fail(f"{other} stays Up", f"it leaves Up in {where(fallen)}", fallen)
    released = first(evidence.heard(1, undone, end), lambda row: not row.demand)
    if released is None or released.heard_ns is None or released.heard_ns > end - _GRACE_NS:
        judgement.unclear(f"{name} did not clear the D bit in time")
    again = first(evidence.sent(1, released.heard_ns, released.heard_ns + _GRACE_NS), lambda row: not row.final)
    if again is None:
        expected = f"{other} sends periodic packets again after {where(released)}, in which D is clear"
        judgement.fail(expected, f"none within {milliseconds(_GRACE_NS)}", released)
    judgement.note(f"{other} sends again in {where(again)}", released, again)


SCENARIOS = (
    Scenario(
        id="demand",
        title="Demand mode",
        expects="the other end stops its periodic packets while it is asked to, and the session stays Up",
        clause="RFC 5880 sections 6.6 and 6.8.7",
        act=_ask_for_silence,
        judge=_judge_silence,
        directed=True,
        acts_with=(Capability.DEMAND,),
    ),
)
