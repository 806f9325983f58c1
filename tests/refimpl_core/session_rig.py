"""One session on a bench: time stands where the test put it, draws are chosen, the far end is typed by hand."""

from random import Random

from refimpl.core.constants import PORT_SINGLE_HOP, State
from refimpl.core.outputs import Output, StateChanged, Transmit, Why
from refimpl.core.packet import ControlPacket, Meta
from refimpl.core.profile import SessionConfig
from refimpl.core.session import Session
from refimpl.profiles.rfc5881 import SINGLE_HOP

LOCAL, PEER = "192.0.2.1", "192.0.2.2"
LOCAL_DISCR, REMOTE_DISCR = 0x11111111, 0x22222222

SHORTEST, LONGEST = 0.0, 0.999_999_999
"""Draws that make every interval the shortest or the longest that jitter allows (75 % and 100 %)."""


class FixedDraw(Random):
    """A generator whose every draw is the same."""

    def __init__(self, draw: float) -> None:
        super().__init__(0)
        self.draw = draw

    def random(self) -> float:
        return self.draw


def meta(**changes: object) -> Meta:
    """The encapsulation of a proper packet from the peer."""
    values: dict[str, object] = {
        "payload_length": 24,
        "source": PEER,
        "destination": LOCAL,
        "source_port": 49152,
        "destination_port": PORT_SINGLE_HOP,
        "ttl": 255,
        "interface": "eth0",
    }
    return Meta(**(values | changes))  # type: ignore[arg-type]


def packet(state: State, **changes: object) -> ControlPacket:
    """A proper packet from the peer, which wants 300 ms both ways with Detect Mult 3."""
    values: dict[str, object] = {
        "state": state,
        "my_discriminator": REMOTE_DISCR,
        "your_discriminator": LOCAL_DISCR,
        "desired_min_tx_interval_us": 300_000,
        "required_min_rx_interval_us": 300_000,
    }
    return ControlPacket(**(values | changes))  # type: ignore[arg-type]


class Rig:
    """A session created at time 0, wanting 300 ms both ways with Detect Mult 3 unless told otherwise."""

    def __init__(self, *, draw: float = LONGEST, **config: object) -> None:
        self.now = 0
        self.rng = FixedDraw(draw)
        self.log: list[tuple[int, Output]] = []
        settings = SessionConfig(peer=PEER, local=LOCAL, interface="eth0", **config)  # type: ignore[arg-type]
        self.session = Session(settings, SINGLE_HOP, local_discr=LOCAL_DISCR, rng=self.rng, now=0)

    def advance(self, to: int) -> list[tuple[int, Output]]:
        """Let time pass up to and including `to`; what the session did meanwhile, with times."""
        mark = len(self.log)
        while (deadline := self.session.next_deadline()) is not None and deadline <= to:
            self.now = max(self.now, deadline)
            self.note(self.session.on_timer(self.now))
            later = self.session.next_deadline()
            assert later is None or later > self.now, "a timer that was served is over"
        self.now = to
        return self.log[mark:]

    def hear(self, state: State, **changes: object) -> list[Output]:
        """A packet from the far end arrives now."""
        return self.note(self.session.receive(packet(state, **changes), meta(), self.now))

    def set_timers(self, **changes: int) -> list[Output]:
        return self.note(self.session.set_timers(self.now, **changes))

    def disable(self) -> list[Output]:
        return self.note(self.session.disable(self.now))

    def enable(self) -> list[Output]:
        return self.note(self.session.enable(self.now))

    def note(self, outputs: list[Output]) -> list[Output]:
        self.log += [(self.now, output) for output in outputs]
        return outputs

    def come_up(self, **changes: object) -> None:
        """Three-way handshake: Init at 100 ms, Up at 200 ms, which is also when the last packet went out."""
        self.advance(100_000)
        self.hear(State.DOWN, your_discriminator=0, **changes)
        self.advance(200_000)
        self.hear(State.INIT, **changes)
        assert self.session.state is State.UP

    def settle(self, **changes: object) -> None:
        """Up and nothing pending at 600 ms: the Poll of coming Up left at 500 ms and was answered, the far end's next
        packet had Final clear."""
        self.come_up(**changes)
        self.advance(500_000)
        self.hear(State.UP, final=True, **changes)
        self.advance(600_000)
        self.hear(State.UP, **changes)
        assert self.session.poll.idle


def sent(outputs: list[Output]) -> list[Transmit]:
    return [output for output in outputs if isinstance(output, Transmit)]


def moves(outputs: list[Output]) -> list[tuple[State, State, int]]:
    """(old state, new state, diagnostic) of each change of state."""
    return [(o.old, o.new, o.diag) for o in outputs if isinstance(o, StateChanged)]


def transmissions(log: list[tuple[int, Output]]) -> list[tuple[int, Why, State]]:
    """(time, why, state) of each packet sent."""
    return [(time, o.why, State(o.packet.state)) for time, o in log if isinstance(o, Transmit)]
