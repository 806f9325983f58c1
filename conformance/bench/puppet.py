"""The scripted far end: it does what the case says, and nothing that the case did not say.

It knows no state machine. A case sets its fields, sends single packets, and lets it send keep-alives in the background,
which can be stopped, frozen or bent at any moment. Answering a Poll is the one habit it has, and it can be broken of
it.
"""

from dataclasses import dataclass, field
from ipaddress import ip_address
from random import Random

from conformance.bench.packets import Seen
from conformance.bench.signing import Seal, Signer
from refimpl.core.constants import PORT_SINGLE_HOP, SOURCE_PORT_MAX, SOURCE_PORT_MIN, TTL_MAX, State
from refimpl.core.packet import ControlPacket
from refimpl.wire.codec import encode
from refimpl.wire.damage import Damage
from refimpl.wire.frames import Datagram
from topologies.node import SessionSpec

SLOW_US = 1_000_000
"""A peer that is not Up announces and keeps at least this transmit interval (RFC 5880 section 6.8.3)."""


@dataclass(slots=True)
class Puppet:
    """One end of one session. Intervals in microseconds. The fields are what its next packet says.

    `your_discriminator` None reflects whatever the target sent last (0 before that). With a `signer` every packet is
    signed, keep-alives and answers to Polls included. While `keepalives` is True the
    bench sends a packet every interval: the slower of `desired_min_tx_us` (at least a second unless Up) and what the
    target requires, less 10 to 25 %. `link` is the number of the link that it sends on. While `loops_echo` is True the
    target's Echo packets go back to it after `echo_delay_us`, except for the next `echo_losses` of them.
    """

    local: str
    peer: str
    rng: Random
    link: int = 0
    my_discriminator: int = 0
    your_discriminator: int | None = None
    source_port: int = 0
    destination_port: int = PORT_SINGLE_HOP
    ttl: int = TTL_MAX
    state: int = State.DOWN
    diag: int = 0
    demand: bool = False
    control_plane_independent: bool = False
    detect_mult: int = 5
    desired_min_tx_us: int = 300_000
    required_min_rx_us: int = 300_000
    required_min_echo_rx_us: int = 0
    keepalives: bool = False
    answers_polls: bool = True
    loops_echo: bool = False
    echo_delay_us: int = 0
    echo_losses: int = 0
    next_keepalive_us: int | None = None
    signer: Signer | None = None
    last_seen: Seen | None = field(default=None, repr=False)
    spec: SessionSpec | None = None
    """What the target was told about the session to it."""

    def __post_init__(self) -> None:
        self.my_discriminator = self.my_discriminator or self.rng.randrange(1, 1 << 32)
        self.source_port = self.source_port or self.rng.randint(SOURCE_PORT_MIN, SOURCE_PORT_MAX)

    def packet(self, **overrides: object) -> ControlPacket:
        """The packet it would send now, with any field of ControlPacket overridden."""
        values: dict[str, object] = {
            "state": self.state,
            "diag": self.diag,
            "demand": self.demand,
            "control_plane_independent": self.control_plane_independent,
            "detect_mult": self.detect_mult,
            "my_discriminator": self.my_discriminator,
            "your_discriminator": self.reflected,
            "desired_min_tx_interval_us": self.announced_tx_us,
            "required_min_rx_interval_us": self.required_min_rx_us,
            "required_min_echo_rx_interval_us": self.required_min_echo_rx_us,
        }
        return ControlPacket(**(values | overrides))  # type: ignore[arg-type]

    def datagram(
        self, packet: ControlPacket, damage: Damage | None = None, seal: Seal | None = None, **encapsulation: object
    ) -> Datagram:
        """The packet, signed if the puppet signs and then damaged if so wished, in its UDP datagram; `encapsulation`
        overrides fields of Datagram. Raises ValueError for a `seal` without a signer."""
        payload = encode(packet)
        if self.signer is not None:
            payload = self.signer.sign(payload, seal)
        elif seal is not None:
            raise ValueError("a puppet without a signer cannot seal a packet")
        values: dict[str, object] = {
            "source": self.local,
            "destination": self.peer,
            "source_port": self.source_port,
            "destination_port": self.destination_port,
            "ttl": self.ttl,
            "payload": damage.apply(payload) if damage is not None else payload,
        }
        return Datagram(**(values | encapsulation))  # type: ignore[arg-type]

    @property
    def announced_tx_us(self) -> int:
        """Desired Min TX Interval as announced: never below a second unless Up."""
        return self.desired_min_tx_us if self.state == State.UP else max(SLOW_US, self.desired_min_tx_us)

    @property
    def reflected(self) -> int:
        """Your Discriminator of its next packet."""
        if self.your_discriminator is not None:
            return self.your_discriminator
        return self.last_seen.packet.my_discriminator if self.last_seen is not None else 0

    def is_from_target(self, seen: Seen) -> bool:
        """Does this packet of the target belong to this puppet's session? Its addresses tell, whichever link it came
        over; only a link-local address is another one on another link."""
        if seen.sent or (seen.datagram.source, seen.datagram.destination) != (self.peer, self.local):
            return False
        return seen.link == self.link or not ip_address(self.local).is_link_local

    def interval_us(self) -> int:
        """Time until the next keep-alive, jittered as a peer must; 10 to 25 % so that any Detect Mult is served."""
        required = self.last_seen.packet.required_min_rx_interval_us if self.last_seen is not None else 0
        negotiated = max(self.announced_tx_us, required)
        return negotiated - self.rng.randint(negotiated // 10, negotiated // 4)
