"""The links under the bench, whichever clock turns: send a frame, wait for the next one until a time.

Two wires exist: `conformance.bench.live` on a real interface, `conformance.targets.reference` on the virtual clock.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import NamedTuple, Protocol

from topologies.description import NEIGHBOURS

NEAR = 32
"""How far from its own address the tester looks for one that nobody has."""


@dataclass(frozen=True, slots=True)
class Link:
    """The two ends of a link between tester and target: addresses and prefix lengths by family (4 and 6; a link may
    have only one of them), MACs, interface names; how many neighbours beside the tester the target can send to.

    The link-local addresses may be the same on every link, which is the point of them.
    """

    tester_interface: str
    target_interface: str
    tester_mac: str
    target_mac: str
    tester_addresses: dict[int, str]
    target_addresses: dict[int, str]
    tester_link_local: str = "fe80::bfd:1"
    target_link_local: str = "fe80::bfd:2"
    prefix_lengths: Mapping[int, int] = field(default_factory=lambda: {4: 28, 6: 64})
    neighbours: int = NEIGHBOURS

    def unowned(self, own: str, taken: Collection[str]) -> str | None:
        """An address of the subnet of `own` that neither end has and that is not taken; None where none is near."""
        start = ip_address(own)
        subnet = ip_network(f"{own}/{self.prefix_lengths[start.version]}", strict=False)
        owned = {*self.tester_addresses.values(), *self.target_addresses.values(), *taken}
        reserved = {subnet.network_address, subnet.broadcast_address}
        near = (start + distance for distance in (*range(2, NEAR), *range(-1, -NEAR, -1)))
        return next(
            (str(each) for each in near if each in subnet and each not in reserved and str(each) not in owned), None
        )


@dataclass(frozen=True, slots=True)
class Arrival:
    """A frame on the link of this number; `sent` is True for the tester's own."""

    frame: bytes
    time_ns: int
    sent: bool
    link: int = 0


class Late(NamedTuple):
    """The tester wanted to wake at `due_us`, and woke `late_us` after it."""

    due_us: int
    late_us: int


class Wire(Protocol):
    """Links seen from the tester's end, as many as the case asked for, all of them to the same target. Times are
    microseconds on the scale of the frames' timestamps."""

    links: tuple[Link, ...]
    real: bool

    def now(self) -> int:
        """The current time."""

    def send(self, frame: bytes, link: int = 0) -> None:
        """Put a frame on a link; it comes back from `receive` as the tester's own, with its timestamp."""

    def receive(self, until: int) -> Arrival | None:
        """The next frame on any link in either direction, or None when `until` has come. Blocks (or moves the virtual
        clock)."""

    def lateness(self) -> list[Late]:
        """How late the tester woke up, each time it waited for a moment, so far; empty on the virtual clock."""

    def trouble(self) -> str:
        """What went wrong with the bench itself so far (lost frames, a clock that was set), in words; "" for
        nothing."""

    def close(self) -> None:
        """Release sockets."""
