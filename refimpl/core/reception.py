"""The discard rules of RFC 5880 section 6.8.6 as ordered rows: requirement, reason, predicate.

A packet meets the rows in this order and is dropped at the first whose predicate holds. Rows before the selection of a
session look at the packet alone; rows after it look at the session's variables, too. An application RFC adds its own
rows after the selection (see `refimpl.profiles`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from refimpl.core.constants import MANDATORY_LENGTH, MINIMUM_AUTHENTICATED_LENGTH, VERSION, State
from refimpl.core.outputs import Discarded, DiscardReason
from refimpl.core.packet import ControlPacket, Malformed, Meta
from refimpl.core.variables import StateVariables


@dataclass(frozen=True, slots=True)
class PacketRow:
    """A rule that needs only the packet and its encapsulation."""

    reason: DiscardReason
    clause: str
    drops: Callable[[ControlPacket, Meta], bool]


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A rule that needs the selected session's variables."""

    reason: DiscardReason
    clause: str
    drops: Callable[[ControlPacket, Meta, StateVariables], bool]


def least_length(packet: ControlPacket) -> int:
    """The minimum correct Length of this packet: 24, or 26 with the A bit set."""
    return MINIMUM_AUTHENTICATED_LENGTH if packet.authentication_present else MANDATORY_LENGTH


BEFORE_SELECTION: tuple[PacketRow, ...] = (
    PacketRow(DiscardReason.VERSION, "6.8.6", lambda p, m: p.version != VERSION),
    PacketRow(DiscardReason.LENGTH_TOO_SMALL, "6.8.6", lambda p, m: p.length < least_length(p)),
    PacketRow(DiscardReason.LENGTH_BEYOND_PAYLOAD, "6.8.6", lambda p, m: p.length > m.payload_length),
    PacketRow(DiscardReason.DETECT_MULT_ZERO, "6.8.6", lambda p, m: p.detect_mult == 0),
    PacketRow(DiscardReason.MULTIPOINT, "6.8.6", lambda p, m: p.multipoint),
    PacketRow(DiscardReason.MY_DISCRIMINATOR_ZERO, "6.8.6", lambda p, m: p.my_discriminator == 0),
    PacketRow(
        DiscardReason.YOUR_DISCRIMINATOR_ZERO,
        "6.8.6",
        lambda p, m: p.your_discriminator == 0 and p.state not in (State.DOWN, State.ADMIN_DOWN),
    ),
)

AFTER_SELECTION: tuple[SessionRow, ...] = (
    SessionRow(
        DiscardReason.AUTHENTICATION_UNEXPECTED,
        "6.8.6",
        lambda p, m, v: p.authentication_present and v.auth_type == 0,
    ),
    SessionRow(
        DiscardReason.AUTHENTICATION_MISSING,
        "6.8.6",
        lambda p, m, v: not p.authentication_present and v.auth_type != 0,
    ),
)


def judge_packet(rows: Sequence[PacketRow], packet: ControlPacket | Malformed, meta: Meta) -> Discarded | None:
    """The first row that drops the packet, or None."""
    if isinstance(packet, Malformed):
        # No field can be read. Whatever Length said, it is either below 24 or beyond the payload.
        return Discarded(DiscardReason.TOO_SHORT, "6.8.6")
    for row in rows:
        if row.drops(packet, meta):
            return Discarded(row.reason, row.clause)
    return None


def judge_session(rows: Sequence[SessionRow], packet: ControlPacket, meta: Meta, v: StateVariables) -> Discarded | None:
    """The first row that drops the packet for this session, or None."""
    for row in rows:
        if row.drops(packet, meta, v):
            return Discarded(row.reason, row.clause)
    return None
