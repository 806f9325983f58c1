"""Outages and deconfiguring (RFC 5882 section 8)."""

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_paths import SaysOnce
from conformance.targets.reference import ReferenceNode
from topologies.node import SessionSpec


class FallsSilent(ReferenceNode):
    """Deconfigures a session without a word."""

    def deconfigure(self, spec: SessionSpec) -> None:
        self.remove_session(spec)


DEVIANTS = (
    Deviant("5882-8-r05", "AdminDown is said once", session=SaysOnce),
    Deviant("5882-8-r07", "a deconfigured session falls silent", node=FallsSilent),
    Deviant("5882-8-r08", "a deconfigured session says AdminDown once", session=SaysOnce),
)
