"""Outputs as structured records: what a log prints and a test can assert on. Same inputs, same records."""

from dataclasses import fields
from enum import Enum, IntEnum
from typing import Any

from refimpl.core.auth.mechanisms import key_id, sequence_number
from refimpl.core.constants import State
from refimpl.core.outputs import (
    Discarded,
    Output,
    PollEnded,
    PollStarted,
    RemoteForgotten,
    Slowed,
    StateChanged,
    Transmit,
    TransmitEcho,
)
from refimpl.core.packet import AuthSection

EVENT_NAMES: dict[type[Output], str] = {
    StateChanged: "session:state_changed",
    Discarded: "rx:discarded",
    Transmit: "tx:packet",
    TransmitEcho: "tx:echo",
    PollStarted: "poll:started",
    PollEnded: "poll:ended",
    RemoteForgotten: "session:remote_forgotten",
    Slowed: "session:slowed",
}


def record(now: int, output: Output) -> dict[str, Any]:
    """`output` as a flat dictionary of plain values, with `time_us` and `event`."""
    entry: dict[str, Any] = {"time_us": now, "event": EVENT_NAMES[type(output)]}
    if isinstance(output, Transmit):
        packet = output.packet
        entry |= {field.name: _plain(getattr(packet, field.name)) for field in fields(packet) if field.name != "auth"}
        entry |= _authentication(packet.auth)
        entry["state"] = State(packet.state).label
        entry["why"] = output.why.value
        return entry
    if isinstance(output, TransmitEcho):
        return entry | {"discriminator": output.packet.discriminator, "sequence": output.packet.sequence}
    return entry | {field.name: _plain(getattr(output, field.name)) for field in fields(output)}


def _authentication(section: AuthSection | None) -> dict[str, int | None]:
    """An Authentication Section without its password or digest."""
    if section is None:
        return {}
    return {
        "auth_type": int(section.auth_type),
        "auth_key_id": key_id(section),
        "auth_sequence": sequence_number(section),
    }


def _plain(value: object) -> object:
    if isinstance(value, State):
        return value.label
    if isinstance(value, IntEnum):
        return int(value)
    return value.value if isinstance(value, Enum) else value
