"""Rules of their own, of which RFC 5880 section 6 warns."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import dropping

DEVIANTS = (
    Deviant("5880-6-r01", "C bit disliked", dropping(lambda p, m: p.control_plane_independent)),
    Deviant("5880-6-r01", "highest diagnostic disliked", dropping(lambda p, m: p.diag == 31)),
    Deviant(
        "5880-6-r01", "Desired Min TX Interval zero disliked", dropping(lambda p, m: p.desired_min_tx_interval_us == 0)
    ),
    Deviant("5880-6-r01", "Length other than 24 disliked", dropping(lambda p, m: p.length > 24)),
)
