"""Patches of which deviants of authentication are made (RFC 5880 sections 4.2 to 4.4 and 6.7).

Of three sorts: what leaves is bent as bytes (`leaving`) or before it is encoded (`signing`), rules of receipt are left
out or replaced (`receiving`), or the bookkeeping of the Sequence Numbers is another one (classes of `Authenticator`).
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import ClassVar

from refimpl.core.auth.authenticator import Authenticator
from refimpl.core.auth.config import AuthConfig
from refimpl.core.auth.mechanisms import HEADER_BYTES, sequence_number
from refimpl.core.auth.reception import AUTHENTICATION, AuthRow, Claim
from refimpl.core.constants import MANDATORY_LENGTH, AuthType
from refimpl.core.outputs import Discarded, DiscardReason, Output
from refimpl.core.packet import AuthSection, ControlPacket, Meta
from refimpl.core.procedures import RFC5880, Procedures
from refimpl.core.reception import PacketRow
from refimpl.core.session import Session
from refimpl.runtime.virtual import EngineFlaws
from refimpl.wire.codec import encode
from refimpl.wire.frames import Datagram

CIRCLE = 1 << 32
TYPES = tuple(AuthType)
MD5 = (AuthType.KEYED_MD5, AuthType.METICULOUS_KEYED_MD5)
SHA1 = (AuthType.KEYED_SHA1, AuthType.METICULOUS_KEYED_SHA1)
TYPE, LENGTH, KEY_ID, RESERVED = range(MANDATORY_LENGTH, MANDATORY_LENGTH + 4)
"""Where these fields are in a packet."""


# ---------------------------------------------------------------------- sent, as bytes


def leaving(change: Callable[[bytes], bytes], *, types: Collection[int] = TYPES) -> EngineFlaws:
    """Packets of sessions with these Auth Types are changed on their way out."""

    def outgoing(session: Session, datagram: Datagram) -> list[Datagram]:
        auth = session.config.auth
        bent = auth is not None and auth.auth_type in types
        return [replace(datagram, payload=change(datagram.payload)) if bent else datagram]

    return EngineFlaws(outgoing=outgoing)


def setting_byte(index: int, value: Callable[[int], int]) -> Callable[[bytes], bytes]:
    """One byte is another one; everything else stays, the digest included."""
    return lambda payload: payload[:index] + bytes([value(payload[index]) & 0xFF]) + payload[index + 1 :]


def with_section(change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """The Authentication Section is another one, and Length fits it."""

    def changed(payload: bytes) -> bytes:
        section = change(payload[MANDATORY_LENGTH:])
        length = bytes([MANDATORY_LENGTH + len(section)])
        return payload[:3] + length + payload[4:MANDATORY_LENGTH] + section

    return changed


def unsigned(payload: bytes) -> bytes:
    """Neither A bit nor section."""
    return bytes([payload[0], payload[1] & ~0x04, payload[2], MANDATORY_LENGTH]) + payload[4:MANDATORY_LENGTH]


# ---------------------------------------------------------------------- sent, as values


def with_authenticator(kind: type[Authenticator]) -> type[Session]:
    """Sessions that are authenticated by `kind`."""

    class Deviating(Session):
        authenticator: ClassVar[type[Authenticator]] = kind

    return Deviating


def signing(change: Callable[[AuthConfig, ControlPacket], ControlPacket]) -> type[Session]:
    """Sessions whose signed packets are changed before they are encoded."""

    class Bending(Authenticator):
        def sign(self, packet: ControlPacket) -> ControlPacket:
            return change(self.config, super().sign(packet))

    return with_authenticator(Bending)


def with_proof(proof: Callable[[AuthConfig, bytes], bytes]) -> type[Session]:
    """Sessions whose last field holds something else, made from the configuration and the bytes of the packet."""

    def bend(config: AuthConfig, packet: ControlPacket) -> ControlPacket:
        return replaced(config, packet, proof(config, encode(packet)))

    return signing(bend)


def with_key_id(change: Callable[[AuthConfig], int]) -> type[Session]:
    """Sessions that say another key ID and sign that, with the key that they would have used anyway."""

    def bend(config: AuthConfig, packet: ControlPacket) -> ControlPacket:
        section = section_of(packet)
        said = replace(packet, auth=replace(section, data=bytes([change(config)]) + section.data[1:]))
        return replaced(config, said, config.mechanism.proof(encode(said), config.send_key))

    return signing(bend)


def replaced(config: AuthConfig, packet: ControlPacket, proof: bytes) -> ControlPacket:
    """The packet with another proof."""
    section = section_of(packet)
    return replace(packet, auth=replace(section, data=section.data[: config.mechanism.prefix_bytes] + proof))


def section_of(packet: ControlPacket) -> AuthSection:
    """The section of a signed packet."""
    assert packet.auth is not None
    return packet.auth


def begin(config: AuthConfig) -> int:
    """Where the proof begins in a packet."""
    return MANDATORY_LENGTH + HEADER_BYTES + config.mechanism.prefix_bytes


def other_key_id(config: AuthConfig) -> int:
    """The ID of another key, where there is one."""
    return next((each for each in config.keys if each != config.send_key_id), config.send_key_id)


# ---------------------------------------------------------------------- received


def receiving(*, without: DiscardReason | None = None, also: Callable[[Claim], bool] | None = None) -> Procedures:
    """The procedures without one rule of 6.7, or with one more; both give one rule another predicate."""
    rows = tuple(row for row in AUTHENTICATION if row.reason is not without)
    more = (AuthRow(without or DiscardReason.AUTHENTICATION_PROOF, also),) if also is not None else ()
    return replace(RFC5880, authentication=rows + more)


def window(outside: Callable[[int, int, int], bool]) -> Procedures:
    """The procedures with another window; `outside` gets the received number, the last one and the window's size."""

    def drops(claim: Claim) -> bool:
        sequence = sequence_number(claim.section)
        if sequence is None or not claim.v.auth_seq_known:
            return False
        return outside(sequence, claim.v.rcv_auth_seq, 3 * claim.packet.detect_mult)

    return receiving(without=DiscardReason.AUTHENTICATION_SEQUENCE, also=drops)


def only_if_unsigned() -> Procedures:
    """The rules of 6.8.6 ahead of the selection hold for unsigned packets alone."""

    def relaxed(row: PacketRow) -> PacketRow:
        return replace(row, drops=lambda packet, meta: not packet.authentication_present and row.drops(packet, meta))

    return replace(RFC5880, before_selection=tuple(map(relaxed, RFC5880.before_selection)))


class Credulous(Session):
    """Takes packets without authentication for authentic ones."""

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        v, authenticator = self.variables, self._authenticator
        if authenticator is None or packet.authentication_present:
            return super().receive(packet, meta, now)
        v.auth_type, self._authenticator = 0, None
        try:
            return super().receive(packet, meta, now)
        finally:
            v.auth_type, self._authenticator = authenticator.config.auth_type, authenticator


class Heedless(Authenticator):
    """Judges a packet, and lets it go on whatever comes of that."""

    def receive(self, packet: ControlPacket, meta: Meta) -> Discarded | None:
        super().receive(packet, meta)
        return None


# ---------------------------------------------------------------------- Sequence Numbers


class Frozen(Authenticator):
    """Never moves on."""

    def sign(self, packet: ControlPacket) -> ControlPacket:
        v = self._v
        before = v.xmit_auth_seq
        signed = super().sign(packet)
        if v.xmit_auth_seq == before or self._last is None:
            return signed
        v.xmit_auth_seq = before
        return _numbered(self.config, signed, before)


class Erratic(Authenticator):
    """Takes a number far off for every packet."""

    def sign(self, packet: ControlPacket) -> ControlPacket:
        self._v.xmit_auth_seq = (self._v.xmit_auth_seq + (1 << 20)) % CIRCLE
        return super().sign(packet)


class OnStateAlone(Authenticator):
    """Moves on when the state changes, and only then."""

    state: int | None = None

    def sign(self, packet: ControlPacket) -> ControlPacket:
        before = self._v.xmit_auth_seq
        signed = super().sign(packet)
        if self.state == packet.state:
            self._v.xmit_auth_seq = before
            signed = _numbered(self.config, signed, before)
        self.state = packet.state
        return signed


class FinalsUncounted(Authenticator):
    """The answer to a Poll has the number of the packet before."""

    def sign(self, packet: ControlPacket) -> ControlPacket:
        before = self._v.xmit_auth_seq
        signed = super().sign(packet)
        if not packet.final:
            return signed
        self._v.xmit_auth_seq = before
        return _numbered(self.config, signed, (before - 1) % CIRCLE)


class FromZero(Authenticator):
    """Begins with zero."""

    def sign(self, packet: ControlPacket) -> ControlPacket:
        if self._last is None:
            self._v.xmit_auth_seq = 0
        return super().sign(packet)


class Amnesic(Authenticator):
    """Never comes to know a Sequence Number."""

    def receive(self, packet: ControlPacket, meta: Meta) -> Discarded | None:
        discarded = super().receive(packet, meta)
        self._v.auth_seq_known = False
        return discarded


class Misremembering(Authenticator):
    """Takes another number for the first one than was received."""

    def receive(self, packet: ControlPacket, meta: Meta) -> Discarded | None:
        first = not self._v.auth_seq_known
        discarded = super().receive(packet, meta)
        if first and self._v.auth_seq_known:
            self._v.rcv_auth_seq = (self._v.rcv_auth_seq - 20) % CIRCLE
        return discarded


class Stuck(Authenticator):
    """The window stays where it began."""

    def receive(self, packet: ControlPacket, meta: Meta) -> Discarded | None:
        v = self._v
        known, last = v.auth_seq_known, v.rcv_auth_seq
        discarded = super().receive(packet, meta)
        if known:
            v.rcv_auth_seq = last
        return discarded


class Prejudiced(Session):
    """Knows a Sequence Number from the start."""

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        if self._times.last_valid is None:
            self.variables.auth_seq_known = True
        return super().receive(packet, meta, now)


class Unforgetting(Session):
    """Keeps the Sequence Number however long the far end is silent."""

    def _losing_sequence(self) -> int | None:
        return None


def _numbered(config: AuthConfig, packet: ControlPacket, sequence: int) -> ControlPacket:
    """The packet with another Sequence Number, signed anew."""
    section = section_of(packet)
    data = section.data[:2] + sequence.to_bytes(4) + section.data[6:]
    numbered = replace(packet, auth=replace(section, data=data))
    return replaced(config, numbered, config.mechanism.proof(encode(numbered), config.send_key))


# ---------------------------------------------------------------------- switching


class SwitchedOff(Session):
    """The first packet without authentication switches it off for good."""

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        if not packet.authentication_present:
            self._authenticator, self.variables.auth_type = None, 0
        return super().receive(packet, meta, now)


class SwitchedOn(Session):
    """The first packet with authentication switches it on, with a key that came with the box."""

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        if packet.authentication_present and self._authenticator is None:
            self._authenticator = self._authentication(AuthConfig(AuthType.KEYED_SHA1, {1: b"default"}, 1), encode)
        return super().receive(packet, meta, now)


class Fickle(Session):
    """Each packet switches authentication on or off."""

    kept: Authenticator | None = None

    def receive(self, packet: ControlPacket, meta: Meta, now: int) -> list[Output]:
        self.kept = self.kept or self._authenticator
        if self.kept is not None:
            self._authenticator = self.kept if packet.authentication_present else None
            self.variables.auth_type = self.kept.config.auth_type if packet.authentication_present else 0
        return super().receive(packet, meta, now)
