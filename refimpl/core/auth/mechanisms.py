"""The five authentication mechanisms as one table (RFC 5880 sections 4.2 to 4.4 and 6.7.2 to 6.7.4).

Each puts a proof at the end of the Authentication Section: the password itself, or a digest of the whole packet with
the key in the digest's place. MD5 and SHA1 are what the RFC names; nothing here is a choice.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from refimpl.core.constants import MANDATORY_LENGTH, AuthType
from refimpl.core.packet import AuthSection

HEADER_BYTES = 2
"""Auth Type and Auth Len, which come before `AuthSection.data`."""

_KEY_ID_BYTES = 1
_DIGEST_PREFIX_BYTES = 6
"""Auth Key ID, Reserved and Sequence Number, which come before a digest."""

_SEQUENCE = slice(2, 6)
"""The Sequence Number within the data."""

Proof = Callable[[bytes, bytes], bytes]
"""From the bytes of a packet, as far as Length reaches, and a key to what the last field must hold."""


@dataclass(frozen=True, slots=True)
class Mechanism:
    """`clause` says how it works. Keys are 1 to `longest_key` bytes.

    `prefix_bytes` of the section's data come before the proof, which has `proof_bytes`, or as many as the key where
    that is None. `least_advance` is how much a Sequence Number must be greater than the last: 0, 1 (meticulous), or
    None where there is none.
    """

    clause: str
    longest_key: int
    prefix_bytes: int
    proof: Proof
    proof_bytes: int | None
    least_advance: int | None

    @property
    def sequenced(self) -> bool:
        """Packets carry a Sequence Number."""
        return self.least_advance is not None

    @property
    def meticulous(self) -> bool:
        """Every packet has a Sequence Number of its own."""
        return self.least_advance == 1

    def auth_len(self, key: bytes) -> int:
        """The right Auth Len, bytes: 4 to 19 with a password, 24 with MD5, 28 with SHA1."""
        return HEADER_BYTES + self.prefix_bytes + (len(key) if self.proof_bytes is None else self.proof_bytes)


def _password(_packet: bytes, key: bytes) -> bytes:
    return key


def _digest(algorithm: str, size: int) -> Proof:
    begin = MANDATORY_LENGTH + HEADER_BYTES + _DIGEST_PREFIX_BYTES

    def proof(packet: bytes, key: bytes) -> bytes:
        with_key = packet[:begin] + key.ljust(size, b"\0") + packet[begin + size :]
        # Systems that forbid these algorithms for secrets of their own still have to speak the protocol.
        return hashlib.new(algorithm, with_key, usedforsecurity=False).digest()

    return proof


def _keyed(clause: str, algorithm: str, size: int, *, least_advance: int) -> Mechanism:
    return Mechanism(clause, size, _DIGEST_PREFIX_BYTES, _digest(algorithm, size), size, least_advance)


MECHANISMS: Mapping[int, Mechanism] = MappingProxyType(
    {
        AuthType.SIMPLE_PASSWORD: Mechanism("6.7.2", 16, _KEY_ID_BYTES, _password, None, None),
        AuthType.KEYED_MD5: _keyed("6.7.3", "md5", 16, least_advance=0),
        AuthType.METICULOUS_KEYED_MD5: _keyed("6.7.3", "md5", 16, least_advance=1),
        AuthType.KEYED_SHA1: _keyed("6.7.4", "sha1", 20, least_advance=0),
        AuthType.METICULOUS_KEYED_SHA1: _keyed("6.7.4", "sha1", 20, least_advance=1),
    }
)
"""Auth Type -> how it works."""


def key_id(section: AuthSection) -> int | None:
    """Auth Key ID, or None where the section ends before it."""
    return section.data[0] if section.data else None


def sequence_number(section: AuthSection) -> int | None:
    """Sequence Number of a section of this Auth Type, or None where it has none or ends before it."""
    mechanism = MECHANISMS.get(section.auth_type)
    if mechanism is None or not mechanism.sequenced or len(section.data) < _DIGEST_PREFIX_BYTES:
        return None
    return int.from_bytes(section.data[_SEQUENCE])


def prefix(mechanism: Mechanism, key_id: int, sequence: int) -> bytes:
    """What comes before the proof; Reserved is zero."""
    return (bytes([key_id, 0]) + sequence.to_bytes(4))[: mechanism.prefix_bytes]
