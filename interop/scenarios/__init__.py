"""What implementations do with each other, one file per behaviour. The order here is that of the matrix."""

from collections.abc import Mapping

from interop.scenarios import change, demand, echo, establishment, failure, padding
from interop.scenarios.scenario import Scenario

SCENARIOS: Mapping[str, Scenario] = {
    scenario.id: scenario
    for scenario in (
        *establishment.SCENARIOS,
        *failure.SCENARIOS,
        *change.SCENARIOS,
        *establishment.AUTHENTICATED,
        *echo.SCENARIOS,
        *demand.SCENARIOS,
        *padding.SCENARIOS,
        change.CALM,
    )
}
"""By id."""
