"""Patches for deviants of the Echo function: what is done to Echo packets on their way in or out."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count

from refimpl.core.constants import PORT_ECHO, State
from refimpl.core.demux import SessionTable
from refimpl.core.echo import EchoPacket
from refimpl.core.outputs import Output
from refimpl.core.packet import ControlPacket
from refimpl.core.procedures import learn
from refimpl.core.session import Session
from refimpl.core.variables import StateVariables
from refimpl.runtime.virtual import EngineFlaws
from refimpl.wire.frames import Datagram


def sending_echo(**fields: object) -> EngineFlaws:
    """Outgoing Echo packets with fields of their datagram set."""
    return bending_echo(lambda session, datagram: [replace(datagram, **fields)])  # type: ignore[arg-type]


def bending_echo(bend: Callable[[Session, Datagram], Iterable[Datagram]]) -> EngineFlaws:
    """Outgoing Echo packets replaced; Control packets go out as they are."""

    def outgoing(session: Session, datagram: Datagram) -> Iterable[Datagram]:
        return bend(session, datagram) if datagram.destination_port == PORT_ECHO else (datagram,)

    return EngineFlaws(outgoing=outgoing)


def dropping_echo(drops: Callable[[Datagram], bool]) -> EngineFlaws:
    """Some Echo packets are not taken in, so that they are neither looped back nor noticed."""

    def incoming(datagram: Datagram) -> Datagram | None:
        return None if datagram.destination_port == PORT_ECHO and drops(datagram) else datagram

    return EngineFlaws(incoming=incoming)


def every_other() -> Callable[[Datagram], bool]:
    """True for each second datagram."""
    number = count()
    return lambda datagram: next(number) % 2 == 1


def willing_in(*states: State) -> Callable[[StateVariables], bool]:
    """Echo packets are sent in these states, other conditions as they should be."""
    return lambda v: (
        v.session_state in states and v.remote_min_echo_rx_interval_us != 0 and v.desired_min_echo_tx_interval_us != 0
    )


def heedless(v: StateVariables, packet: ControlPacket) -> None:
    """Required Min Echo RX Interval is taken over unless it is zero."""
    before = v.remote_min_echo_rx_interval_us
    learn(v, packet)
    v.remote_min_echo_rx_interval_us = packet.required_min_echo_rx_interval_us or before


class Mixing(SessionTable):
    """A table that gives every Echo packet to its first session."""

    def receive_echo(self, packet: EchoPacket | None, interface: str, now: int) -> tuple[Session | None, list[Output]]:
        """See above."""
        if packet is None:
            return super().receive_echo(packet, interface, now)
        first = next(iter(self))
        return first, first.receive_echo(packet, now)
