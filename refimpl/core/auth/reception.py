"""The rules of receipt of RFC 5880 sections 6.7.2 to 6.7.4 as ordered rows.

A packet meets the rows after those of `refimpl.core.reception`, and is dropped at the first that holds. The rows only
look; what an accepted packet changes is `absorb`. The RFC's text sets bfd.AuthSeqKnown before it compares digests,
which would let anybody without a key choose the sequence number that a session waits for; here the digest comes first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hmac import compare_digest

from refimpl.core.auth.config import AuthConfig
from refimpl.core.auth.mechanisms import HEADER_BYTES, Mechanism, key_id, sequence_number
from refimpl.core.outputs import Discarded, DiscardReason
from refimpl.core.packet import AuthSection, ControlPacket
from refimpl.core.variables import StateVariables

_CIRCLE = 1 << 32
"""Sequence numbers are unsigned 32 bits, circular."""

_NO_SECTION = AuthSection(0, 0, b"")


@dataclass(frozen=True, slots=True)
class Claim:
    """A packet that claims to be authentic. `payload` holds its bytes as received."""

    packet: ControlPacket
    payload: bytes = field(repr=False)
    config: AuthConfig
    v: StateVariables

    @property
    def mechanism(self) -> Mechanism:
        """The one in use, whatever the packet says."""
        return self.config.mechanism

    @property
    def section(self) -> AuthSection:
        """The packet's Authentication Section, an empty one where it has none."""
        return self.packet.auth or _NO_SECTION

    @property
    def key(self) -> bytes:
        """The key selected by the received Auth Key ID; none (no bytes) where there is no such key."""
        selected = key_id(self.section)
        return b"" if selected is None else self.config.keys.get(selected, b"")


@dataclass(frozen=True, slots=True)
class AuthRow:
    """A rule; its clause is that of the mechanism in use."""

    reason: DiscardReason
    drops: Callable[[Claim], bool]


def has_wrong_length(claim: Claim) -> bool:
    """Is Auth Len wrong, or the section shorter than Auth Len says?"""
    right = claim.mechanism.auth_len(claim.key)
    return claim.section.length != right or HEADER_BYTES + len(claim.section.data) < right


def is_outside_window(claim: Claim) -> bool:
    """Is the Sequence Number known, and not among the next 3 times the packet's Detect Mult? (6.7.3, 6.7.4)"""
    least, sequence = claim.mechanism.least_advance, sequence_number(claim.section)
    if least is None or sequence is None or not claim.v.auth_seq_known:
        return False
    return not least <= (sequence - claim.v.rcv_auth_seq) % _CIRCLE <= 3 * claim.packet.detect_mult


def has_wrong_proof(claim: Claim) -> bool:
    """Is the password or digest another than ours? Compared in a time that tells nothing about it."""
    begin, end = claim.mechanism.prefix_bytes, claim.mechanism.auth_len(claim.key) - HEADER_BYTES
    expected = claim.mechanism.proof(claim.payload[: claim.packet.length], claim.key)
    return not compare_digest(claim.section.data[begin:end], expected)


AUTHENTICATION: tuple[AuthRow, ...] = (
    AuthRow(DiscardReason.AUTHENTICATION_SECTION_MISSING, lambda claim: claim.packet.auth is None),
    AuthRow(DiscardReason.AUTHENTICATION_TYPE, lambda claim: claim.section.auth_type != claim.config.auth_type),
    AuthRow(DiscardReason.AUTHENTICATION_KEY_ID, lambda claim: key_id(claim.section) not in claim.config.keys),
    AuthRow(DiscardReason.AUTHENTICATION_LENGTH, has_wrong_length),
    AuthRow(DiscardReason.AUTHENTICATION_SEQUENCE, is_outside_window),
    AuthRow(DiscardReason.AUTHENTICATION_PROOF, has_wrong_proof),
)


def judge_claim(rows: Sequence[AuthRow], claim: Claim) -> Discarded | None:
    """The first row that drops the packet, or None."""
    for row in rows:
        if row.drops(claim):
            return Discarded(row.reason, claim.mechanism.clause)
    return None


def absorb(claim: Claim) -> None:
    """Take over the Sequence Number of an authentic packet."""
    sequence = sequence_number(claim.section)
    if claim.mechanism.sequenced and sequence is not None:
        claim.v.auth_seq_known = True
        claim.v.rcv_auth_seq = sequence
