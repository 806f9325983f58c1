"""Changes unless Up, in a Final, and one after the other (RFC 5880 section 6.8.3)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_sessions import Forgetful, Hurried, Sluggish

DEVIANTS = (
    Deviant("5880-6.8.3-r15", "old rate in Down until the Final", session=Sluggish),
    Deviant("5880-6.8.3-r16", "second change joins the running Poll", session=Hurried),
    Deviant("5880-6.8.3-r04", "change during a Poll lost", session=Forgetful),
)
