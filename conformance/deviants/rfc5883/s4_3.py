"""Unidirectional links (RFC 5883 section 4.3)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import composing, following, swapped
from conformance.deviants.patches_links import selecting, with_profile
from refimpl.core.variables import StateVariables
from refimpl.profiles.rfc5883 import selects


def waits_once(v: StateVariables, *, passive: bool) -> bool:
    """The Passive role until the first packet, and never again."""
    return v.remote_min_rx_interval_us != 0 and not (passive and v.remote_detect_mult == 0)


DEVIANTS = (
    Deviant("5883-4.3-r03", "sender passive", profiles=with_profile("unidirectional_sender", passive=True)),
    Deviant("5883-4.3-r04", "active once it has heard of the far end", following(may_transmit=waits_once)),
    Deviant("5883-4.3-r05", "receiver active", profiles=with_profile("unidirectional_receiver", passive=False)),
    Deviant("5883-4.3-r06", "addresses instead of the link", profiles=selecting("unidirectional_receiver", selects)),
    Deviant("5883-4.3-r07", "wrong Your Discriminator", composing(swapped)),
)
