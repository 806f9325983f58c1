"""Speakers with a defect of which a capture shows more than of that of any deviant of the suite."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import composing, following, setting, with_row
from conformance.deviants.patches_auth import (
    TYPE,
    leaving,
    replaced,
    section_of,
    setting_byte,
    signing,
    with_section,
)
from conformance.deviants.patches_links import SeveralForOnePath, selecting
from conformance.deviants.patches_paths import NeverForgets
from refimpl.core import timing
from refimpl.core.auth.config import AuthConfig
from refimpl.core.constants import PORT_MULTI_HOP, Diag, State
from refimpl.core.fsm import Event
from refimpl.core.packet import ControlPacket
from refimpl.core.session import Session
from refimpl.runtime.virtual import EngineFlaws
from refimpl.wire.codec import encode
from refimpl.wire.frames import Datagram

HONEST = Deviant("", "as the RFCs say")

NEIGHBOURS = Deviant(
    "",
    "several systems, one for each address",
    node=SeveralForOnePath,
    profiles=selecting(
        "single_hop", lambda config, meta: (meta.source, meta.destination) == (config.peer, config.local)
    ),
)
"""Each of them does as the RFCs say."""

_SECOND_DISCRIMINATOR = 0x600D600D
_MY, _YOUR = slice(4, 8), slice(8, 12)


def _now_and_then_to(port: int) -> EngineFlaws:
    """Every other packet of a session goes to another port."""

    def outgoing(session: Session, datagram: Datagram) -> Iterable[Datagram]:
        stray = session.counters.transmitted % 2
        return [replace(datagram, destination_port=port) if stray else datagram]

    return EngineFlaws(outgoing=outgoing)


def _sized(size: int) -> Callable[[bytes], bytes]:
    """An Authentication Section of another size, with an Auth Len that says so."""
    return with_section(lambda section: bytes([section[0], size]) + section[2:size].ljust(size - 2, b"\0"))


def _with_reserved(config: AuthConfig, packet: ControlPacket) -> ControlPacket:
    """Another Reserved byte, in a packet that is authentic all the same."""
    section = section_of(packet)
    said = replace(packet, auth=replace(section, data=section.data[:1] + b"\1" + section.data[2:]))
    return replaced(config, said, config.mechanism.proof(encode(said), config.send_key))


def _signed_before_the_final_bit(config: AuthConfig, packet: ControlPacket) -> ControlPacket:
    """The F bit comes into the packet when the digest has been made."""
    before = replace(packet, final=False)
    return replaced(config, packet, config.mechanism.proof(encode(before), config.send_key))


def _default_password_in_finals(config: AuthConfig, packet: ControlPacket) -> ControlPacket:
    """Another password of the same length."""
    return replaced(config, packet, b"secret") if packet.final else packet


FINALS_LOST = Deviant(
    "",
    "whose Finals are lost",
    flaws=EngineFlaws(outgoing=lambda _, datagram: [] if datagram.payload[1] & 0x10 else [datagram]),
    node=NEIGHBOURS.node,
)


def hard_to_hear(after: int) -> Deviant:
    """A speaker of whose packets, after so many, every third is lost, and all Finals."""

    def outgoing(session: Session, datagram: Datagram) -> Iterable[Datagram]:
        number = session.counters.transmitted
        lost = number > after and (datagram.payload[1] & 0x10 or number % 3 == 0)
        return [] if lost else [datagram]

    return Deviant("", "is hard to hear", flaws=EngineFlaws(outgoing=outgoing), node=NEIGHBOURS.node)


def changing_discriminator(after: int) -> Deviant:
    """A speaker that takes another discriminator after so many packets, and knows itself by either: RFC 5880 section
    6.3 lets a system do so at any time."""
    told: list[int] = []

    def outgoing(session: Session, datagram: Datagram) -> Iterable[Datagram]:
        payload = datagram.payload
        if session.counters.transmitted < after:
            return [datagram]
        told[:] = [int.from_bytes(payload[_MY], "big")]
        return [replace(datagram, payload=payload[:4] + _SECOND_DISCRIMINATOR.to_bytes(4, "big") + payload[8:])]

    def incoming(datagram: Datagram) -> Datagram:
        payload = datagram.payload
        if told and payload[_YOUR] == _SECOND_DISCRIMINATOR.to_bytes(4, "big"):
            return replace(datagram, payload=payload[:8] + told[0].to_bytes(4, "big") + payload[12:])
        return datagram

    return Deviant("", "takes another discriminator", flaws=EngineFlaws(outgoing=outgoing, incoming=incoming))


OWN = (
    Deviant(
        "5880-4.1-r04",
        "a silent neighbor is said to have signaled Down",
        with_row(State.UP, Event.DETECTION_TIME_EXPIRED, State.DOWN, Diag.NEIGHBOR_SIGNALED_SESSION_DOWN),
    ),
    Deviant("5880-4.1-r05", "unassigned diagnostic", setting(diag=31)),
    Deviant("5880-4.1-r14", "Auth Type 0", flaws=leaving(setting_byte(TYPE, lambda _: 0))),
    Deviant(
        "5880-6.3-r02",
        "one discriminator for all sessions",
        composing(lambda packet, v, poll, final: replace(packet, my_discriminator=7)),
    ),
    Deviant(
        "5880-6.5-r03",
        "Polls without end",
        composing(
            lambda packet, v, poll, final: replace(packet, poll=poll or (packet.state == State.UP and not final))
        ),
    ),
    Deviant("5880-4.3-r05", "Reserved 1 and signed", session=signing(_with_reserved)),
    Deviant("5880-4.4-r04", "Reserved 1 and signed", session=signing(_with_reserved)),
    Deviant("5880-6.7.2-r02", "another password in Finals", session=signing(_default_password_in_finals)),
    Deviant("5880-6.7.3-r13", "digest made before F is set", session=signing(_signed_before_the_final_bit)),
    Deviant("5880-6.7.4-r13", "hash made before F is set", session=signing(_signed_before_the_final_bit)),
    Deviant("5880-6.7.2-r05", "Auth Len 20", flaws=leaving(_sized(20))),
    Deviant("5880-6.7.3-r04", "Auth Len 23", flaws=leaving(_sized(23))),
    Deviant("5880-6.7.4-r04", "Auth Len 24", flaws=leaving(_sized(24))),
    Deviant(
        "5880-6.8.4-r04",
        "Detection Time of a minute",
        following(detection_time=lambda v: max(60_000_000, timing.detection_time(v))),
    ),
    Deviant(
        "5880-6.8.4-r06",
        "expires late without diagnostic",
        replace(
            with_row(State.UP, Event.DETECTION_TIME_EXPIRED, State.DOWN, Diag.NONE),
            detection_time=lambda v: timing.detection_time(v) + 1_500_000,
        ),
        session=NeverForgets,
    ),
    Deviant("5880-6.8.6-r34", "up without Init", with_row(State.DOWN, Event.RECEIVED_DOWN, State.UP)),
    Deviant("5880-6.8.6-r38", "Init goes on to Up", with_row(State.INIT, Event.RECEIVED_DOWN, State.UP)),
    Deviant("5880-6.8.7-r01", "twice as fast", following(jitter_bounds=lambda mult: (400_000, 600_000))),
    Deviant("5880-6.8.7-r03", "up to a quarter late", following(jitter_bounds=lambda mult: (-250_000, 0))),
    Deviant("5880-6.8.7-r04", "hardly any jitter", following(jitter_bounds=lambda mult: (5_000, 65_000))),
    Deviant("5881-4-r01", "multihop port now and then", flaws=_now_and_then_to(PORT_MULTI_HOP)),
)
"""What each of them breaks is a requirement of the catalogue, as with the suite's deviants."""
