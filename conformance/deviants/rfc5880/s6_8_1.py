"""State variables (RFC 5880 section 6.8.1)."""

from dataclasses import replace

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import composing, following, swapped
from conformance.deviants.patches_outputs import rewriting_first_packets
from conformance.deviants.patches_selection import NumbersFromZero
from conformance.deviants.patches_states import NeverForgets, beginning
from refimpl.core.constants import Diag, State

DEVIANTS = (
    Deviant("5880-6.8.1-r06", "begins in Init", session=beginning(session_state=State.INIT)),
    Deviant("5880-6.8.1-r08", "local discriminator zero", table=NumbersFromZero),
    Deviant("5880-6.8.1-r10", "wrong Your Discriminator", composing(swapped)),
    Deviant("5880-6.8.1-r11", "Your Discriminator out of nowhere", flaws=rewriting_first_packets(your_discriminator=1)),
    Deviant("5880-6.8.1-r12", "far end never forgotten", session=NeverForgets),
    Deviant("5880-6.8.1-r14", "begins with a diagnostic", session=beginning(local_diag=Diag.PATH_DOWN)),
    Deviant("5880-6.8.1-r15", "begins fast", following(slow_interval_us=100_000)),
    Deviant("5880-6.8.1-r16", "begins slower than announced", session=beginning(remote_min_rx_interval_us=1_500_000)),
    Deviant(
        "5880-6.8.1-r18",
        "Detect Mult zero while Down",
        composing(lambda packet, v, poll, final: replace(packet, detect_mult=packet.detect_mult * (packet.state != 1))),
    ),
)
