"""Sessions that were configured by hand and stay: which of them serves a case, and which packets are of the others.

Pure functions on session parameters; nothing here talks to a target.
"""

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_address

from refimpl.core.constants import PORT_SINGLE_HOP
from refimpl.wire.frames import Datagram
from topologies.node import SessionSpec

PORT_MULTI_HOP = 4784
"""RFC 5883 section 5."""

PORTS = {"single_hop": PORT_SINGLE_HOP, "multi_hop": PORT_MULTI_HOP}
"""UDP destination ports by kind of session."""


def serving(wanted: SessionSpec, configured: Sequence[SessionSpec], used: Sequence[SessionSpec]) -> SessionSpec | None:
    """The configured session with the parameters of the wanted one, if possible to the same peer; None where there is
    none that is not `used` already."""
    alike = [each for each in configured if each not in used and _parameters(each) == _parameters(wanted)]
    return min(alike, key=lambda each: each.peer != wanted.peer, default=None)


def is_of_another(datagram: Datagram, configured: Sequence[SessionSpec], used: Sequence[SessionSpec]) -> bool:
    """Does it belong to a configured session that is not among the `used` ones?"""
    ends = {datagram.source, datagram.destination}
    return any(
        ends == {spec.peer, spec.local} and datagram.destination_port == PORTS[spec.kind]
        for spec in configured
        if spec not in used
    )


def _parameters(spec: SessionSpec) -> tuple[int, SessionSpec]:
    """IP version, and everything but name and place."""
    return ip_address(spec.peer).version, replace(spec, name="", peer="", local="", interface="")
