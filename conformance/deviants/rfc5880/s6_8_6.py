"""Reception (RFC 5880 section 6.8.6)."""

from conformance.deviants import patches_demand
from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import deaf_to, following, learning_without, with_row, without
from refimpl.core.constants import State
from refimpl.core.fsm import Event
from refimpl.core.outputs import DiscardReason

DEVIANTS = (
    Deviant("5880-6.8.6-r03", "any version", without(DiscardReason.VERSION)),
    Deviant("5880-6.8.6-r04", "Length too small", without(DiscardReason.LENGTH_TOO_SMALL)),
    Deviant("5880-6.8.6-r06", "Length beyond the payload", without(DiscardReason.LENGTH_BEYOND_PAYLOAD)),
    Deviant("5880-6.8.6-r07", "Detect Mult zero", without(DiscardReason.DETECT_MULT_ZERO)),
    Deviant("5880-6.8.6-r08", "Multipoint bit", without(DiscardReason.MULTIPOINT)),
    Deviant("5880-6.8.6-r09", "My Discriminator zero", without(DiscardReason.MY_DISCRIMINATOR_ZERO)),
    Deviant("5880-6.8.6-r12", "Your Discriminator zero in Init and Up", without(DiscardReason.YOUR_DISCRIMINATOR_ZERO)),
    Deviant("5880-6.8.6-r16", "A bit where none is expected", without(DiscardReason.AUTHENTICATION_UNEXPECTED)),
    Deviant("5880-6.8.6-r21", "D read from Polls alone", following(learn=patches_demand.demand_from_polls_only)),
    Deviant("5880-6.8.6-r26", "far end's Detect Mult learned once", learning_without("remote_detect_mult")),
    Deviant("5880-6.8.6-r30", "Up ignores AdminDown", with_row(State.UP, Event.RECEIVED_ADMIN_DOWN, State.UP)),
    Deviant("5880-6.8.6-r35", "Down returns to Up on Up", with_row(State.DOWN, Event.RECEIVED_UP, State.UP)),
    Deviant("5880-6.8.6-r37", "Init ignores Up", with_row(State.INIT, Event.RECEIVED_UP, State.INIT)),
    Deviant(
        "5880-6.8.6-r40", "neighbor's Down without diagnostic", with_row(State.UP, Event.RECEIVED_DOWN, State.DOWN)
    ),
    Deviant("5880-6.8.6-r43", "Demand mode decided once", session=patches_demand.DecidesOnce),
    Deviant("5880-6.8.6-r44", "D of the far end ignored", deaf_to("remote_demand_mode", False)),
    Deviant("5880-6.8.6-r45", "silent in its own Demand mode", following(is_quieted=patches_demand.quiet_when_asking)),
    Deviant("5880-6.8.6-r45", "D never cleared", following(learn=patches_demand.demand_never_cleared)),
    Deviant("5880-6.8.6-r46", "D obeyed in any state", following(is_quieted=patches_demand.quiet_in_any_state)),
    Deviant(
        "5880-6.8.6-r47",
        "D obeyed before the far end is Up",
        following(is_quieted=patches_demand.quiet_before_far_end_is_up),
    ),
)
