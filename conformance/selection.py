"""Which cases a run is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.bench.cases import Case
from conformance.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Selection:
    """None and empty select everything. `section` selects itself and what is below it: 6.8 includes 6.8.6."""

    rfc: str | None = None
    section: str | None = None
    cases: Sequence[str] = ()
    level: str | None = None

    def includes(self, case: Case, catalogue: Catalogue) -> bool:
        """Is this case asked for?"""
        if self.rfc is not None and case.rfc != self.rfc:
            return False
        if self.section is not None and not f"{case.section}.".startswith(f"{self.section}."):
            return False
        if self.cases and case.id not in self.cases:
            return False
        return self.level is None or any(
            catalogue.requirements[each].level == self.level.upper() for each in case.judges
        )
