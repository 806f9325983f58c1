"""Contents of Control packets that RFC 5880 section 4.1 forbids."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import setting

DEVIANTS = (Deviant("5880-4.1-r05", "reserved diagnostic", setting(diag=9)),)
