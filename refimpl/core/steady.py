"""What a session hands to an engine while nothing changes, and what both of them count."""

from dataclasses import dataclass

from refimpl.core.packet import ControlPacket, Meta


@dataclass(frozen=True, slots=True)
class Steady:
    """A session in which nothing changes: an engine may send `transmit` and accept `accept` without asking the session.

    The engine pads what it sends as the session's configuration says, as ever (RFC 9764 section 3). A packet is
    acceptable unasked when its bytes are those of `accept` and its encapsulation is `accept_meta`.
    Intervals are drawn uniformly between `shortest_us` and `longest_us` after the last transmission;
    `detection_time_us` runs from the last acceptance. On anything else the engine tells the session what it did
    (`catch_up`) and hands over.
    """

    transmit: ControlPacket
    accept: ControlPacket
    accept_meta: Meta
    shortest_us: int
    longest_us: int
    detection_time_us: int


@dataclass(slots=True)
class Counters:
    """Packets of one session since it was created."""

    transmitted: int = 0
    received: int = 0
    discarded: int = 0
    echo_transmitted: int = 0
    echo_received: int = 0
