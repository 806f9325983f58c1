"""Demand mode (RFC 5880 section 6.6)."""

from conformance.deviants import patches_demand as patches
from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import following
from refimpl.core.variables import StateVariables


def _only_in_answer(v: StateVariables) -> bool:
    return v.both_up and v.remote_demand_mode


def _only_alone(v: StateVariables) -> bool:
    return v.both_up and not v.remote_demand_mode


DEVIANTS = (
    Deviant(
        "5880-6.6-r01", "Demand mode only if the far end asks, too", following(demand_may_be_active=_only_in_answer)
    ),
    Deviant(
        "5880-6.6-r01", "Demand mode only if the far end does not ask", following(demand_may_be_active=_only_alone)
    ),
    Deviant("5880-6.6-r02", "periodic packets in mutual Demand mode", following(is_quieted=patches.quiet_when_alone)),
    Deviant("5880-6.6-r05", "no Poll to verify connectivity", session=patches.NeverVerifies),
    Deviant("5880-6.6-r06", "a Poll is sent once", session=patches.PollsOnce),
    Deviant("5880-6.6-r08", "Down on a change of D", following(learn=patches.down_on_change_of_demand)),
    Deviant(
        "5880-6.6-r09",
        "D set without a Poll",
        following(contents_differ=lambda told, new: False),
        session=patches.QuietOn,
    ),
    Deviant("5880-6.6-r09", "D cleared without a Poll", session=patches.QuietOff),
    Deviant("5880-6.6-r10", "changed contents without a Poll", following(contents_differ=lambda told, new: False)),
)
