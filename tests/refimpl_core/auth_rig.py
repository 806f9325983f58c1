"""Sessions with authentication on a bench: packets of the far end are signed by hand, without the code under test."""

import hashlib
from random import Random
from typing import Any

from session_rig import LOCAL, LOCAL_DISCR, PEER, REMOTE_DISCR, meta

from refimpl.core.auth.config import AuthConfig
from refimpl.core.constants import AuthType, State
from refimpl.core.demux import SessionTable
from refimpl.core.outputs import Discarded, DiscardReason, Output, Transmit
from refimpl.core.packet import ControlPacket
from refimpl.core.profile import SessionConfig
from refimpl.core.session import Session
from refimpl.profiles.rfc5881 import SINGLE_HOP
from refimpl.wire.codec import decode, encode

PASSWORD = AuthType.SIMPLE_PASSWORD
DIGESTS = [kind for kind in AuthType if kind is not PASSWORD]
METICULOUS = [AuthType.METICULOUS_KEYED_MD5, AuthType.METICULOUS_KEYED_SHA1]
KEYED = [AuthType.KEYED_MD5, AuthType.KEYED_SHA1]

KEYS = {1: b"secret12", 7: b"another secret"}
HASHES = {
    AuthType.KEYED_MD5: (hashlib.md5, 16),
    AuthType.METICULOUS_KEYED_MD5: (hashlib.md5, 16),
    AuthType.KEYED_SHA1: (hashlib.sha1, 20),
    AuthType.METICULOUS_KEYED_SHA1: (hashlib.sha1, 20),
}
"""What RFC 5880 sections 4.3 and 4.4 say, typed once more."""


def auth(kind: AuthType, keys: dict[int, bytes] | None = None, send_key_id: int = 1) -> AuthConfig:
    return AuthConfig(kind, KEYS if keys is None else keys, send_key_id)


def plain(state: State, **changes: Any) -> bytes:
    """An unauthenticated packet of the far end, 24 bytes."""
    values: dict[str, Any] = {"state": state, "my_discriminator": REMOTE_DISCR, "your_discriminator": LOCAL_DISCR}
    intervals = {"desired_min_tx_interval_us": 300_000, "required_min_rx_interval_us": 300_000}
    return encode(ControlPacket(**(values | intervals | changes)))


def signed(
    mandatory: bytes, kind: AuthType, sequence: int = 0, *, key_id: int = 1, key: bytes = KEYS[1], reserved: int = 0
) -> bytes:
    """The packet with an Authentication Section, as a stranger who reads the RFC would make it."""
    if kind is PASSWORD:
        section = bytes([kind, 3 + len(key), key_id]) + key
        return _with_a_bit(mandatory, len(section)) + section
    algorithm, size = HASHES[kind]
    head = bytes([kind, 8 + size, key_id, reserved]) + sequence.to_bytes(4, "big")
    unsigned = _with_a_bit(mandatory, len(head) + size) + head
    return unsigned + algorithm(unsigned + key.ljust(size, b"\0")).digest()


def _with_a_bit(mandatory: bytes, section: int) -> bytes:
    return mandatory[:1] + bytes([mandatory[1] | 0x04, mandatory[2], 24 + section]) + mandatory[4:]


class AuthRig:
    """A session created at time 0 with authentication, in a table of its own; the far end's bytes go in as they are."""

    def __init__(self, config: AuthConfig | None, *, seed: int = 1, discr: int = LOCAL_DISCR) -> None:
        self.now = 0
        rng = _ChosenDiscriminator(seed)
        rng.discr = discr
        self.table = SessionTable(rng, encode=encode)
        settings = SessionConfig(peer=PEER, local=LOCAL, interface="eth0", auth=config)
        self.session: Session = self.table.create(settings, SINGLE_HOP, 0)
        self.sent: list[ControlPacket] = []

    def hear(self, payload: bytes, *, ttl: int = 255) -> list[Output]:
        """These bytes arrive now."""
        encapsulation = meta(payload_length=len(payload), payload=payload, ttl=ttl)
        return self._note(self.table.receive(decode(payload), encapsulation, self.now)[1])

    def advance(self, to: int) -> None:
        while (deadline := self.session.next_deadline()) is not None and deadline <= to:
            self.now = max(self.now, deadline)
            self._note(self.session.on_timer(self.now))
            later = self.session.next_deadline()
            assert later is None or later > self.now, "a timer that was served is over"
        self.now = to

    def _note(self, outputs: list[Output]) -> list[Output]:
        self.sent += [output.packet for output in outputs if isinstance(output, Transmit)]
        return outputs


class _ChosenDiscriminator(Random):
    discr = 0

    def randrange(self, *_: Any) -> int:
        return self.discr


def reasons(outputs: list[Output]) -> list[DiscardReason]:
    return [output.reason for output in outputs if isinstance(output, Discarded)]


def sequence(packet: ControlPacket) -> int:
    """The Sequence Number, read from the bytes."""
    return int.from_bytes(encode(packet)[28:32], "big")
