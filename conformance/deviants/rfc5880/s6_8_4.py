"""The Detection Time (RFC 5880 section 6.8.4)."""

from conformance.deviants import patches, patches_demand
from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import following, with_row
from refimpl.core import demand, timing
from refimpl.core.constants import Diag, State
from refimpl.core.fsm import Event

DEVIANTS = (
    Deviant(
        "5880-6.8.4-r02", "own Detect Mult in the Detection Time", following(detection_time=patches.local_multiplier)
    ),
    Deviant("5880-6.8.4-r03", "own interval in the Detection Time", following(detection_time=patches.local_interval)),
    Deviant(
        "5880-6.8.4-r03", "received interval in the Detection Time", following(detection_time=patches.remote_interval)
    ),
    Deviant(
        "5880-6.8.4-r04", "Detection Time doubled", following(detection_time=lambda v: 2 * timing.detection_time(v))
    ),
    Deviant(
        "5880-6.8.4-r05",
        "Init never expires",
        following(detection_time=lambda v: 0 if v.session_state is State.INIT else timing.detection_time(v)),
    ),
    Deviant(
        "5880-6.8.4-r06",
        "expiry with the wrong diagnostic",
        with_row(State.UP, Event.DETECTION_TIME_EXPIRED, State.DOWN, Diag.PATH_DOWN),
    ),
    Deviant(
        "5880-6.8.4-r10",
        "received Detect Mult in Demand mode",
        following(demand_detection_time=patches_demand.remote_multiplier),
    ),
    Deviant(
        "5880-6.8.4-r11",
        "own interval alone in Demand mode",
        following(demand_detection_time=patches_demand.own_interval),
    ),
    Deviant(
        "5880-6.8.4-r11",
        "received interval alone in Demand mode",
        following(demand_detection_time=patches_demand.their_interval),
    ),
    Deviant("5880-6.8.4-r11", "Asynchronous mode's formula", following(demand_detection_time=timing.detection_time)),
    Deviant(
        "5880-6.8.4-r12",
        "Detection Time of Demand mode doubled",
        following(demand_detection_time=lambda v: 2 * demand.detection_time(v)),
    ),
    Deviant(
        "5880-6.8.4-r13",
        "unanswered Poll with the wrong diagnostic",
        with_row(State.UP, Event.DETECTION_TIME_EXPIRED, State.DOWN, Diag.PATH_DOWN),
    ),
    Deviant(
        "5880-6.8.4-r14",
        "Detection Time anew with each Poll",
        following(poll_sequence=patches_demand.CountedFromLastPoll),
    ),
    Deviant(
        "5880-6.8.4-r14",
        "Detection Time before the first Poll",
        following(poll_sequence=patches_demand.CountedFromBefore),
    ),
    Deviant("5880-6.8.4-r15", "silence fails in Demand mode", session=patches_demand.ImpatientInDemandMode),
)
