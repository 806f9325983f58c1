"""Two virtual engines on one simulated link, and everything that each of them did."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

from refimpl.core.constants import State
from refimpl.core.outputs import Output, StateChanged
from refimpl.core.profile import Profile, SessionConfig
from refimpl.core.session import Session
from refimpl.profiles.rfc5881 import SINGLE_HOP
from refimpl.runtime.clock import VirtualClock
from refimpl.runtime.link import Impairments, LinkEnd, connect
from refimpl.runtime.virtual import EngineFlaws, VirtualEngine, VirtualInterface
from refimpl.wire.frames import Datagram, dissect

MACS = ("02:00:00:00:00:01", "02:00:00:00:00:02")


@dataclass
class Side:
    """`frames` are those that arrived here, with their time, before the engine saw them."""

    end: LinkEnd
    engine: VirtualEngine
    addresses: tuple[str, ...]
    observed: list[tuple[int, Session | None, Output]] = field(default_factory=list)
    frames: list[tuple[int, bytes]] = field(default_factory=list)

    @property
    def datagrams(self) -> list[Datagram]:
        return [datagram for _, frame in self.frames if (datagram := dissect(frame)) is not None]

    @property
    def changes(self) -> list[tuple[int, StateChanged]]:
        return [(now, output) for now, _, output in self.observed if isinstance(output, StateChanged)]


class VirtualPair:
    """Sides 0 and 1; addresses 192.0.2.1 and .2, and as many more as asked for (.3 and .4, ...)."""

    def __init__(
        self,
        *,
        seed: int = 1,
        impairments: Impairments | None = None,
        addresses: int = 1,
        flaws: EngineFlaws | None = None,
    ) -> None:
        self.clock = VirtualClock()
        rng = Random(seed)
        ends = connect(self.clock, rng, impairments)
        self.sides = tuple(self._side(i, ends[i], rng, addresses, flaws) for i in (0, 1))

    def add(self, number: int = 0, profile: Profile = SINGLE_HOP, **settings: Any) -> tuple[Session, Session]:
        """A session on each side between their addresses of this number."""
        one, other = (
            side.engine.add(
                SessionConfig(peer=far.addresses[number], local=side.addresses[number], interface="eth0", **settings),
                profile,
            )
            for side, far in (self.sides, self.sides[::-1])
        )
        return one, other

    def elapse(self, by: int) -> None:
        self.clock.advance(self.clock.now + by)

    def states(self) -> list[list[State]]:
        return [[session.state for session in side.engine.speaker.sessions] for side in self.sides]

    def _side(self, i: int, end: LinkEnd, rng: Random, addresses: int, flaws: EngineFlaws | None) -> Side:
        own = tuple(f"192.0.2.{1 + i + 2 * number}" for number in range(addresses))
        observed: list[tuple[int, Session | None, Output]] = []
        engine = VirtualEngine(
            self.clock,
            [VirtualInterface("eth0", end, MACS[i], MACS[1 - i], own)],
            rng=Random(rng.random()),
            observe=lambda now, session, output: observed.append((now, session, output)),
            flaws=flaws,
        )
        side = Side(end, engine, own, observed)
        to_engine = end.deliver
        assert to_engine is not None

        def deliver(frame: bytes) -> None:
            side.frames.append((self.clock.now, frame))
            to_engine(frame)

        end.deliver = deliver
        return side
