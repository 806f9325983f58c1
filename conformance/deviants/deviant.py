"""What a deviant is."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from conformance.targets.reference import PROFILES, ReferenceNode, ReferenceTarget
from refimpl.core.demux import SessionTable
from refimpl.core.procedures import RFC5880, Procedures
from refimpl.core.profile import Profile
from refimpl.core.session import Session
from refimpl.runtime.virtual import EngineFlaws


@dataclass(frozen=True, slots=True)
class Deviant:
    """A speaker that breaks one requirement: `breaks` is its id, `name` says in a few words what it does instead.

    What is not given is as the RFCs say. `procedures` has rules and tables replaced; `flaws` is about datagrams;
    `profiles` about the application RFC; `session`, `table` and `node` have a method overridden, for what no table
    holds. At least one case that judges `breaks` has to accuse it by that requirement.
    """

    breaks: str
    name: str
    procedures: Procedures = RFC5880
    flaws: EngineFlaws = field(default_factory=EngineFlaws)
    profiles: Mapping[str, Profile] = field(default_factory=lambda: PROFILES)
    session: type[Session] = Session
    table: type[SessionTable] = SessionTable
    node: type[ReferenceNode] = ReferenceNode

    def target(self) -> ReferenceTarget:
        """The deviant on the virtual clock."""
        return ReferenceTarget(
            self.procedures, self.flaws, self.profiles, session=self.session, table=self.table, node=self.node
        )
