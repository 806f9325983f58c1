"""What is discarded or accepted, and what an accepted packet changes (RFC 5880 section 6.8.6)."""

from collections.abc import Callable
from dataclasses import replace

from conformance.deviants import patches_selection as selection
from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import learning_without, without
from conformance.deviants.patches_states import IgnoresFinals
from refimpl.core.constants import MANDATORY_LENGTH
from refimpl.core.outputs import DiscardReason
from refimpl.core.packet import ControlPacket, Meta
from refimpl.core.procedures import RFC5880, Procedures
from refimpl.core.reception import PacketRow


def refusing(drops: Callable[[ControlPacket, Meta], bool]) -> Procedures:
    """The procedures with a discard rule that nobody wrote."""
    row = PacketRow(DiscardReason.VERSION, "deviant", drops)
    return replace(RFC5880, before_selection=(*RFC5880.before_selection, row))


def blind_to_the_a_bit() -> Procedures:
    """Length is compared with 24 alone. To obey such a packet, the A bit has to be overlooked, too."""
    rows = without(DiscardReason.LENGTH_TOO_SMALL).before_selection
    too_small = PacketRow(DiscardReason.LENGTH_TOO_SMALL, "deviant", lambda p, m: p.length < MANDATORY_LENGTH)
    return replace(without(DiscardReason.AUTHENTICATION_UNEXPECTED), before_selection=(too_small, *rows))


DEVIANTS = (
    Deviant("5880-6.8.6-r05", "minimum Length without the A bit", blind_to_the_a_bit()),
    Deviant("5880-6.8.6-r06", "fails over a payload without header", table=selection.FailsOverMalformed),
    Deviant("5880-6.8.6-r10", "the oldest session takes all", table=selection.PrefersTheOldest),
    Deviant("5880-6.8.6-r11", "unknown Your Discriminator taken for zero", table=selection.FallsBackOnTheAddress),
    Deviant("5880-6.8.6-r19", "far end's discriminator learned once", learning_without("remote_discr")),
    Deviant("5880-6.8.6-r24", "Finals change nothing", session=IgnoresFinals),
    Deviant("5880-6.8.6-r49", "bytes after Length refused", refusing(lambda p, m: m.payload_length > p.length)),
    Deviant("5880-6.8.6-r49", "reserved diagnostics refused", refusing(lambda p, m: p.diag > 8)),
    Deviant("5880-6.8.6-r49", "the C bit refused", refusing(lambda p, m: p.control_plane_independent)),
    Deviant(
        "5880-6.8.6-r49", "slow Echo refused", refusing(lambda p, m: p.required_min_echo_rx_interval_us > 60_000_000)
    ),
    Deviant("5880-6.8.6-r49", "Detect Mult above 50 refused", refusing(lambda p, m: p.detect_mult > 50)),
)
