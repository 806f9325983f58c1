"""Far ends with other options (RFC 5882 section 9)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_paths import FallsByDemand, NeedsOptions, RefusesEcho, RefusesIndependence

DEVIANTS = (
    Deviant("5882-9-r01", "a far end without Echo is not answered", session=NeedsOptions),
    Deviant("5882-9-r02", "a far end with C set is not answered", session=RefusesIndependence),
    Deviant("5882-9-r02", "a far end with Echo is not answered", session=RefusesEcho),
    Deviant("5882-9-r02", "down by the D bit", session=FallsByDemand),
)
