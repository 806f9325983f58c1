"""What the protocol asks of, or tells, whoever drives it. Plain values; whoever drives a session performs them in
order."""

from dataclasses import dataclass
from enum import Enum

from refimpl.core.constants import State
from refimpl.core.echo import EchoPacket
from refimpl.core.packet import ControlPacket


class Why(Enum):
    """Why a packet is sent."""

    PERIODIC = "periodic"  # 6.8.7, the scheduled transmission
    FINAL = "final"  # 6.8.7, the answer to a Poll, outside the schedule
    CHANGE = "change"  # 6.8.7, contents changed between two scheduled transmissions


class DiscardReason(Enum):
    """Why a received packet is dropped, in the order in which RFC 5880 sections 6.8.6 and 6.7 ask."""

    TOO_SHORT = "shorter than the Mandatory Section"
    VERSION = "version is not 1"
    LENGTH_TOO_SMALL = "Length is below the minimum"
    LENGTH_BEYOND_PAYLOAD = "Length exceeds the payload"
    DETECT_MULT_ZERO = "Detect Mult is zero"
    MULTIPOINT = "Multipoint bit is set"
    MY_DISCRIMINATOR_ZERO = "My Discriminator is zero"
    UNKNOWN_YOUR_DISCRIMINATOR = "Your Discriminator selects no session"
    YOUR_DISCRIMINATOR_ZERO = "Your Discriminator is zero in a state other than Down or AdminDown"
    NO_SESSION = "no session for this sender"
    TTL = "TTL or Hop Limit is not what the session demands"
    AUTHENTICATION_UNEXPECTED = "authenticated, but no authentication is in use"
    AUTHENTICATION_MISSING = "not authenticated, but authentication is in use"
    AUTHENTICATION_SECTION_MISSING = "A bit set without an Authentication Section"
    AUTHENTICATION_TYPE = "Auth Type is not the one in use"
    AUTHENTICATION_KEY_ID = "Auth Key ID is not that of a configured key"
    AUTHENTICATION_LENGTH = "Auth Len does not fit the key, or the section is shorter than that"
    AUTHENTICATION_SEQUENCE = "Sequence Number is outside the window"
    AUTHENTICATION_PROOF = "password or digest does not match the key"
    ECHO_UNKNOWN = "no Echo packet of ours, or none that is waited for"
    ADMIN_DOWN = "the session is AdminDown"


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send `packet` now."""

    packet: ControlPacket
    why: Why


@dataclass(frozen=True, slots=True)
class TransmitEcho:
    """Send `packet` to the remote system, addressed so that it forwards the packet back (5)."""

    packet: EchoPacket


@dataclass(frozen=True, slots=True)
class StateChanged:
    """bfd.SessionState moved because of `trigger`; `clause` is the RFC 5880 section that says so."""

    old: State
    new: State
    diag: int
    trigger: str
    clause: str


@dataclass(frozen=True, slots=True)
class Discarded:
    """A received packet was dropped; `clause` is the rule's section, with its RFC where that is not 5880."""

    reason: DiscardReason
    clause: str


@dataclass(frozen=True, slots=True)
class PollStarted:
    """A Poll Sequence begins with the next periodic packet."""


@dataclass(frozen=True, slots=True)
class PollEnded:
    """The Final came: announced intervals are in force on both sides."""


@dataclass(frozen=True, slots=True)
class RemoteForgotten:
    """A Detection Time passed in silence: bfd.RemoteDiscr and bfd.RemoteMinRxInterval are back at their initial
    values."""


@dataclass(frozen=True, slots=True)
class Slowed:
    """Because of congestion both intervals are `factor` times what the operator wants; 1 when it is over (section
    7)."""

    factor: int


Output = Transmit | TransmitEcho | StateChanged | Discarded | PollStarted | PollEnded | RemoteForgotten | Slowed
