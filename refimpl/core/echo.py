"""The Echo function from the side that sends (RFC 5880 sections 5, 6.4, 6.8.5, 6.8.8 and 6.8.9).

An Echo packet is the sender's own business, so its contents are ours to choose: the local discriminator, which finds
the session again; a sequence number; and a random token, which nobody can guess who has not seen the packet. That is
all the authentication that an Echo packet can have: whoever sees it can loop it back (section 9).

How a failure is detected is a local matter, too (6.8.5). Here the session has failed when as many packets in a row as
bfd.DetectMult have not come back by the time when the next one is due. Packets are counted rather than timed, so that a
change of interval, or a process that was not scheduled for a while, cannot be taken for a loss.
"""

from dataclasses import dataclass, field
from random import Random

from refimpl.core.constants import State
from refimpl.core.variables import StateVariables

JITTER = (0, 250_000)
"""Least and greatest reduction of the Echo interval, in millionths: 25 % are allowed (6.8.9)."""

_TOKEN_BITS = 64
_SEQUENCES = 1 << 32


@dataclass(frozen=True, slots=True)
class EchoPacket:
    """What this speaker puts into an Echo packet: discriminator 1 to 2**32-1, sequence 0 to 2**32-1, token 0 to
    2**64-1. The token is in no repr: who knows it in time can pretend that the packet came back."""

    discriminator: int
    sequence: int
    token: int = field(repr=False)


@dataclass(slots=True)
class EchoStream:
    """The Echo packets of one session: those on their way, by sequence number, and when the last one left."""

    local_discr: int
    rng: Random
    last_tx: int | None = None
    draw: float = 0.0
    _sequence: int = 0
    _on_their_way: dict[int, int] = field(default_factory=dict)

    @property
    def missing(self) -> int:
        """How many packets have been sent since the youngest one that came back."""
        return len(self._on_their_way)

    def send(self, now: int) -> EchoPacket:
        """The next packet, which leaves now."""
        self._sequence = (self._sequence + 1) % _SEQUENCES
        token = self._on_their_way[self._sequence] = self.rng.getrandbits(_TOKEN_BITS)
        self.last_tx, self.draw = now, self.rng.random()
        return EchoPacket(self.local_discr, self._sequence, token)

    def came_back(self, packet: EchoPacket) -> bool:
        """Take note of a packet that came back: True when it was on its way. Whatever was sent before it is not missed
        any more, whether it was lost or overtaken."""
        if self._on_their_way.get(packet.sequence) != packet.token:
            return False
        for sequence in list(self._on_their_way):  # in the order of sending
            del self._on_their_way[sequence]
            if sequence == packet.sequence:
                break
        return True

    def stop(self) -> None:
        """Nothing is waited for any more. The time of the last packet stays, for the interval to the next one counts
        from there even if the function was off in between (6.8.9)."""
        self._on_their_way.clear()


def may_echo(v: StateVariables) -> bool:
    """May Echo packets be sent, and are they wanted? Only while Up, and only when the last Control packet had a nonzero
    Required Min Echo RX Interval (6.8.9)."""
    return (
        v.session_state is State.UP and v.remote_min_echo_rx_interval_us != 0 and v.desired_min_echo_tx_interval_us != 0
    )


def echo_interval(v: StateVariables) -> int:
    """The interval between Echo packets before jitter: never less than the remote system accepts (6.8.9)."""
    return max(v.desired_min_echo_tx_interval_us, v.remote_min_echo_rx_interval_us)


def echo_failed(missing: int, v: StateVariables) -> bool:
    """Have enough Echo packets in a row not come back? (6.8.5)"""
    return missing >= v.detect_mult
