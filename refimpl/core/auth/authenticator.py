"""What a session with authentication holds: its keys, and the one who writes the sequence numbers of 6.8.1."""

from collections.abc import Sequence
from random import Random

from refimpl.core.auth.config import AuthConfig
from refimpl.core.auth.reception import AuthRow, Claim, absorb, judge_claim
from refimpl.core.auth.transmission import Encode, sign
from refimpl.core.outputs import Discarded
from refimpl.core.packet import ControlPacket, Meta
from refimpl.core.variables import StateVariables

_CIRCLE = 1 << 32


class Authenticator:
    """The authentication of the session whose variables are `v`. `encode` makes the bytes that digests are made of."""

    def __init__(
        self, config: AuthConfig, v: StateVariables, *, rows: Sequence[AuthRow], encode: Encode, rng: Random
    ) -> None:
        self.config = config
        self._v = v
        self._rows = rows
        self._encode = encode
        self._last: tuple[AuthConfig, ControlPacket] | None = None  # before it was signed
        v.auth_type = config.auth_type
        v.xmit_auth_seq = rng.randrange(_CIRCLE)

    def change_keys(self, config: AuthConfig) -> None:
        """Other keys, or another one to send with. Raises ValueError for another Auth Type."""
        if config.auth_type is not self.config.auth_type:
            kind = self.config.auth_type.name.lower()
            raise ValueError(f"auth type {config.auth_type.name.lower()}: allowed is {kind}, the session's own")
        self.config = config

    def receive(self, packet: ControlPacket, meta: Meta) -> Discarded | None:
        """Judge a packet with the A bit set; an authentic one (None) is absorbed, another one changes nothing."""
        claim = Claim(packet, meta.payload, self.config, self._v)
        discarded = judge_claim(self._rows, claim)
        if discarded is None:
            absorb(claim)
        return discarded

    def sign(self, packet: ControlPacket) -> ControlPacket:
        """The packet as it goes out. bfd.XmitAuthSeq moves on with every packet (meticulous), else when contents or
        key are not those of the packet before (6.7.3 and 6.7.4: SHOULD)."""
        v, meticulous = self._v, self.config.mechanism.meticulous
        if not meticulous and self._last not in (None, (self.config, packet)):
            v.xmit_auth_seq = (v.xmit_auth_seq + 1) % _CIRCLE
        signed = sign(packet, self.config, v.xmit_auth_seq, self._encode)
        if meticulous:
            v.xmit_auth_seq = (v.xmit_auth_seq + 1) % _CIRCLE
        self._last = self.config, packet
        return signed

    def repeated(self, packet: ControlPacket) -> ControlPacket | None:
        """The packet as it goes out where that is the same as last time, else None."""
        if self.config.mechanism.meticulous or self._last != (self.config, packet):
            return None
        return sign(packet, self.config, self._v.xmit_auth_seq, self._encode)
