"""Encapsulation of Echo packets on a single hop (RFC 5881 section 4)."""

from dataclasses import replace

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches_echo import bending_echo, sending_echo
from refimpl.runtime.virtual import EngineFlaws

DEVIANTS = (
    Deviant("5881-4-r10", "Echo packets to port 3786", flaws=sending_echo(destination_port=3786)),
    Deviant(
        "5881-4-r13",
        "Echo packets to the far end's address",
        flaws=bending_echo(lambda session, datagram: [replace(datagram, destination=session.config.peer)]),
    ),
    Deviant(
        "5881-4-r15",
        "Echo packets from the interface's address",
        flaws=bending_echo(lambda session, datagram: [replace(datagram, source=session.config.local)]),
    ),
    Deviant(
        "5881-4-r16",
        "Echo packets from a link-local address",
        flaws=bending_echo(
            lambda session, datagram: [replace(datagram, source="fe80::2") if ":" in datagram.source else datagram]
        ),
    ),
    Deviant(
        "5881-4-r17", "Echo packets to a station that is not there", flaws=EngineFlaws(echo_mac="02:00:00:00:00:99")
    ),
    Deviant("5881-4-r18", "Echo packets broadcast", flaws=EngineFlaws(echo_mac="ff:ff:ff:ff:ff:ff")),
)
