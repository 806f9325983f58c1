"""Authentication Sections as the tester writes and reads them (RFC 5880 sections 4.2 to 4.4 and 6.7.2 to 6.7.4).

Made from the RFC's text with hashlib alone: no speaker under test, the reference included, shares any of it. Nothing
is repaired here: a packet is signed with whatever values the case wants it to have.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from refimpl.core.constants import MANDATORY_LENGTH, AuthType

CIRCLE = 1 << 32
"""Sequence Numbers are unsigned 32 bits, circular."""

_A_BIT = 0x04
_KEY_ID = MANDATORY_LENGTH + 2
_DIGEST = MANDATORY_LENGTH + 8
"""Where the Auth Key/Digest field begins: behind Auth Type, Auth Len, Auth Key ID, Reserved and Sequence Number."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """An Auth Type. `algorithm` is hashlib's name, "" for a password; the digest has `digest_bytes`."""

    auth_type: int
    label: str
    algorithm: str = ""
    digest_bytes: int = 0
    meticulous: bool = False

    @property
    def proof_offset(self) -> int:
        """Where password or digest begin, counted from the beginning of the packet."""
        return _DIGEST if self.algorithm else _KEY_ID + 1

    def auth_len(self, key: bytes) -> int:
        """The right Auth Len, bytes."""
        return self.proof_offset - MANDATORY_LENGTH + (self.digest_bytes or len(key))

    def digest(self, data: bytes) -> bytes:
        """MD5 or SHA1 of some bytes."""
        return hashlib.new(self.algorithm, data, usedforsecurity=False).digest()

    def padded(self, key: bytes) -> bytes:
        """The key as it stands in the digest's place."""
        return key.ljust(self.digest_bytes, b"\0")

    def proof(self, payload: bytes, key: bytes) -> bytes:
        """What the last field of the packet in `payload` has to hold: the password itself, or the digest of the whole
        packet with the key in the digest's place. `payload` ends where Length says."""
        return self.digest(payload[:_DIGEST] + self.padded(key)) if self.algorithm else key


SIMPLE_PASSWORD = Scheme(AuthType.SIMPLE_PASSWORD, "Simple Password")
KEYED_MD5 = Scheme(AuthType.KEYED_MD5, "Keyed MD5", "md5", 16)
METICULOUS_KEYED_MD5 = Scheme(AuthType.METICULOUS_KEYED_MD5, "Meticulous Keyed MD5", "md5", 16, meticulous=True)
KEYED_SHA1 = Scheme(AuthType.KEYED_SHA1, "Keyed SHA1", "sha1", 20)
METICULOUS_KEYED_SHA1 = Scheme(AuthType.METICULOUS_KEYED_SHA1, "Meticulous Keyed SHA1", "sha1", 20, meticulous=True)

SCHEMES = {
    scheme.auth_type: scheme
    for scheme in (SIMPLE_PASSWORD, KEYED_MD5, METICULOUS_KEYED_MD5, KEYED_SHA1, METICULOUS_KEYED_SHA1)
}
"""Auth Type -> scheme."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What one packet's Authentication Section says otherwise than the puppet's usual ones. None is as usual.

    `ahead` is the Sequence Number less that of the puppet's last packet, 0 being that number once more. `scheme` lays
    the section out and signs it; `auth_type` and `auth_len` are only written into it. `absent` leaves the section out
    and the A bit clear. The proof is made last, so that it is right for whatever else is wrong. With `goes_on` the
    puppet counts on from this packet, which a compliant target accepts; else the packet moves nothing.
    """

    ahead: int | None = None
    key_id: int | None = None
    key: bytes | None = field(default=None, repr=False)
    reserved: int = 0
    scheme: Scheme | None = None
    auth_type: int | None = None
    auth_len: int | None = None
    absent: bool = False
    goes_on: bool = False


UNSIGNED = Seal(absent=True)


@dataclass(slots=True)
class Signer:
    """The puppet's authentication. `sequence` is the Sequence Number of its last packet; a case may set it.

    Of itself it does what RFC 5880 wants of a peer: the number moves on with every packet (meticulous), else with
    every packet whose contents are not those of the one before. Numbers are decided here, as a packet is made: the
    bench may answer a Poll before a case that has sent something gets to its next line.
    """

    scheme: Scheme
    key_id: int
    key: bytes = field(repr=False)
    sequence: int
    _last: bytes = field(default=b"", repr=False)

    def sign(self, mandatory: bytes, seal: Seal | None = None) -> bytes:
        """The packet whose Mandatory Section is given, with its Authentication Section, A bit and Length."""
        if seal is not None:
            payload = mandatory if seal.absent else self._sealed(mandatory, seal)
            if seal.goes_on:
                self.sequence = (self.sequence + _ahead(seal)) % CIRCLE
            return payload
        if self.scheme.meticulous or mandatory != self._last:
            self.sequence = (self.sequence + 1) % CIRCLE
        self._last = mandatory
        return self._sealed(mandatory, Seal(ahead=0))

    def _sealed(self, mandatory: bytes, seal: Seal) -> bytes:
        scheme = seal.scheme or self.scheme
        key = self.key if seal.key is None else seal.key
        right = scheme.auth_len(key)
        section = bytes(
            [
                scheme.auth_type if seal.auth_type is None else seal.auth_type,
                right if seal.auth_len is None else seal.auth_len,
                self.key_id if seal.key_id is None else seal.key_id,
            ]
        )
        if scheme.algorithm:
            section += bytes([seal.reserved]) + ((self.sequence + _ahead(seal)) % CIRCLE).to_bytes(4)
        head = bytes([mandatory[0], mandatory[1] | _A_BIT, mandatory[2], MANDATORY_LENGTH + right])
        unsigned = head + mandatory[4:MANDATORY_LENGTH] + section
        return unsigned + scheme.proof(unsigned, key)


def _ahead(seal: Seal) -> int:
    return 1 if seal.ahead is None else seal.ahead


@dataclass(frozen=True, slots=True)
class Section:
    """The Authentication Section of a received packet, read by the layout of a scheme. `proof` is all that follows up
    to the end of Length; `reserved` and `sequence` are 0 with a password."""

    auth_type: int
    auth_len: int
    key_id: int
    reserved: int
    sequence: int
    proof: bytes = field(repr=False)


def read(payload: bytes, scheme: Scheme) -> Section | None:
    """The section in a UDP payload, as far as Length reaches; None where that ends before password or digest begin, or
    where the A bit is clear."""
    packet = payload[: payload[3]] if len(payload) >= MANDATORY_LENGTH else b""
    if len(packet) < scheme.proof_offset or not packet[1] & _A_BIT:
        return None
    auth_type, auth_len, key_id = packet[MANDATORY_LENGTH : _KEY_ID + 1]
    proof = packet[scheme.proof_offset :]
    if not scheme.algorithm:
        return Section(auth_type, auth_len, key_id, 0, 0, proof)
    return Section(
        auth_type, auth_len, key_id, packet[_KEY_ID + 1], int.from_bytes(packet[_DIGEST - 4 : _DIGEST]), proof
    )


def has_proof(payload: bytes, scheme: Scheme, key: bytes) -> bool:
    """Does the packet prove that its sender has the key?"""
    section = read(payload, scheme)
    return section is not None and section.proof == scheme.proof(payload[: payload[3]], key)


_FILLINGS: dict[str, Callable[[bytes, int], bytes]] = {
    "without padding": lambda key, size: key,
    "padded in front": lambda key, size: key.rjust(size, b"\0"),
    "padded with 0xff": lambda key, size: key.ljust(size, b"\xff"),
    "padded with spaces": lambda key, size: key.ljust(size, b" "),
    "repeated instead of padded": lambda key, size: (key * size)[:size],
}

_PARTS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "the Mandatory Section alone, and the key": lambda packet, key: packet[:MANDATORY_LENGTH] + key,
    "the Mandatory Section alone": lambda packet, key: packet[:MANDATORY_LENGTH],
    "the Authentication Section alone": lambda packet, key: packet[MANDATORY_LENGTH:_DIGEST] + key,
    "the packet without the digest's field": lambda packet, key: packet[:_DIGEST],
    "the key alone": lambda packet, key: key,
}


def wrong_padding(payload: bytes, scheme: Scheme, key: bytes) -> str:
    """How the key was padded where that explains a digest that is not right, in words; "" where it does not."""
    packet, section = payload[: payload[3]], read(payload, scheme)
    for words, fill in _FILLINGS.items():
        filled = fill(key, scheme.digest_bytes)
        if (
            section is not None
            and section.proof == scheme.digest(packet[:_DIGEST] + filled)
            and filled != scheme.padded(key)
        ):
            return words
    return ""


def wrong_part(payload: bytes, scheme: Scheme, key: bytes) -> str:
    """Which bytes were digested where that explains a digest that is not right, in words; "" where it does not."""
    packet, section = payload[: payload[3]], read(payload, scheme)
    for words, part in _PARTS.items():
        if section is not None and section.proof == scheme.digest(part(packet, scheme.padded(key))):
            return words
    return ""
