"""Packets as the tester saw them, and how a packet reads in one line."""

from dataclasses import dataclass

from refimpl.core.constants import Diag, State
from refimpl.core.packet import ControlPacket, Malformed
from refimpl.wire.frames import Datagram

FLAGS = (
    ("poll", "P"),
    ("final", "F"),
    ("control_plane_independent", "C"),
    ("authentication_present", "A"),
    ("demand", "D"),
    ("multipoint", "M"),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A BFD packet on a link. `frame` is its number in the case's capture, `time_us` the kernel's (or the virtual
    clock's) timestamp, `sent` is True when the tester sent it, `link` the number of the link among the case's."""

    frame: int
    time_us: int
    sent: bool
    datagram: Datagram
    control: ControlPacket | Malformed
    link: int = 0

    @property
    def packet(self) -> ControlPacket:
        """The decoded packet. Raises TypeError for a malformed one: use it where matchers have excluded those."""
        if isinstance(self.control, Malformed):
            raise TypeError(f"frame {self.frame} is too short for a Control packet")
        return self.control


def milliseconds(us: float) -> str:
    """A time in words: 300 ms, 12.345 ms."""
    return f"{us / 1000:.3f}".rstrip("0").rstrip(".") + " ms"


def state_name(value: int) -> str:
    """The RFC's name of a State field."""
    return State(value).label


def diag_name(value: int) -> str:
    """Number and name of a Diag field."""
    try:
        return f"{value} ({Diag(value).name.replace('_', ' ').lower()})"
    except ValueError:
        return f"{value} (reserved)"


def flags_of(packet: ControlPacket) -> str:
    """The letters of the flags that are set, "-" for none."""
    return "".join(letter for name, letter in FLAGS if getattr(packet, name)) or "-"


def in_words(seen: Seen) -> str:
    """One line of a packet table."""
    control, datagram = seen.control, seen.datagram
    if isinstance(control, Malformed):
        return f"malformed, {len(control.payload)} bytes"
    odd = []
    if control.version != 1:
        odd.append(f"version {control.version}")
    if control.length != 24 or len(datagram.payload) != 24:
        odd.append(f"Length {control.length} in {len(datagram.payload)} bytes")
    if datagram.ttl != 255:
        odd.append(f"TTL {datagram.ttl}")
    if datagram.destination_port != 3784:
        odd.append(f"port {datagram.destination_port}")
    return (
        f"{state_name(control.state)} {flags_of(control)} diag {control.diag} mult {control.detect_mult} "
        f"my {control.my_discriminator:#010x} your {control.your_discriminator:#010x} "
        f"tx {milliseconds(control.desired_min_tx_interval_us)} rx {milliseconds(control.required_min_rx_interval_us)}"
        + ("; " + ", ".join(odd) if odd else "")
    )
