"""The Echo packet (RFC 5880 section 5)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_echo import sending_echo

DEVIANTS = (
    Deviant(
        "5880-5-r01", "Echo packets to the port of Control packets plus two", flaws=sending_echo(destination_port=3786)
    ),
    Deviant("5880-5-r03", "Echo packets without contents", flaws=sending_echo(payload=b"")),
)
