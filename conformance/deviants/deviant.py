"""What a deviant is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.targets.reference import PROFILES, ReferenceTarget
from refimpl.core.procedures import RFC5880, Procedures
from refimpl.core.profile import Profile
from refimpl.runtime.virtual import EngineFlaws


@dataclass(frozen=True, slots=True)
class Deviant:
    """`breaks` is the requirement, `caught_by` the case that judges it. What is not given is as the RFCs say."""

    name: str
    breaks: str
    caught_by: str
    procedures: Procedures = RFC5880
    flaws: EngineFlaws = field(default_factory=EngineFlaws)
    profiles: Mapping[str, Profile] = field(default_factory=lambda: PROFILES)

    def target(self) -> ReferenceTarget:
        """The deviant on the virtual clock."""
        return ReferenceTarget(self.procedures, self.flaws, self.profiles)
