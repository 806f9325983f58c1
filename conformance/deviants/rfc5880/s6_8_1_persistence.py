"""What is kept, and for how long (RFC 5880 section 6.8.1)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_sessions import Oblivious, Reborn, Resentful, ShortOfMemory

DEVIANTS = (
    Deviant("5880-6.8.1-r02", "Detect Mult reset by a failure", session=Reborn),
    Deviant("5880-6.8.1-r03", "far end forgotten when Down", session=Oblivious),
    Deviant("5880-6.8.1-r03", "far end forgotten too early", session=ShortOfMemory),
    Deviant("5880-6.8.1-r13", "first diagnostic kept for good", session=Resentful),
)
