"""Reception of Echo packets (RFC 5880 section 6.8.8)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import following
from conformance.deviants.patches_echo import Mixing

DEVIANTS = (
    Deviant("5880-6.8.8-r01", "all Echo packets for the first session", table=Mixing),
    Deviant("5880-6.8.8-r02", "Echo packets not missed", following(echo_failed=lambda missing, v: False)),
)
