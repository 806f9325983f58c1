"""Signing outgoing packets (RFC 5880 sections 6.7.2 to 6.7.4, Transmission)."""

from collections.abc import Callable
from dataclasses import replace

from refimpl.core.auth.config import AuthConfig
from refimpl.core.auth.mechanisms import HEADER_BYTES, prefix
from refimpl.core.constants import MANDATORY_LENGTH
from refimpl.core.packet import AuthSection, ControlPacket

Encode = Callable[[ControlPacket], bytes]
"""The bytes of a packet, every value as it is."""


def sign(packet: ControlPacket, config: AuthConfig, sequence: int, encode: Encode) -> ControlPacket:
    """`packet` with an Authentication Section made with the key to send with; `sequence` is 0 to 2**32-1."""
    mechanism, key = config.mechanism, config.send_key
    auth_len = mechanism.auth_len(key)
    before_proof = prefix(mechanism, config.send_key_id, sequence)

    def with_proof(proof: bytes) -> ControlPacket:
        return replace(
            packet,
            authentication_present=True,
            length=MANDATORY_LENGTH + auth_len,
            auth=AuthSection(config.auth_type, auth_len, before_proof + proof),
        )

    blank = bytes(auth_len - HEADER_BYTES - len(before_proof))
    return with_proof(mechanism.proof(encode(with_proof(blank)), key))
