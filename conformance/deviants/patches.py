"""Patches of which deviants are made: each takes the reference's procedures and bends one thing."""

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from refimpl.core import transmission
from refimpl.core.constants import Diag, State
from refimpl.core.fsm import TABLE, Event, Transition
from refimpl.core.outputs import DiscardReason
from refimpl.core.packet import ControlPacket, Meta
from refimpl.core.procedures import RFC5880, Procedures, announce, learn
from refimpl.core.reception import PacketRow
from refimpl.core.variables import StateVariables


def without(reason: DiscardReason) -> Procedures:
    """The procedures without one discard rule of 6.8.6."""
    return replace(
        RFC5880,
        before_selection=tuple(row for row in RFC5880.before_selection if row.reason is not reason),
        after_selection=tuple(row for row in RFC5880.after_selection if row.reason is not reason),
    )


def with_row(state: State, event: Event, to: State, diag: Diag | None = None) -> Procedures:
    """The procedures with one row of the state machine changed."""
    table = {**TABLE, (state, event): Transition(to, diag, "deviant")}
    return replace(RFC5880, fsm=MappingProxyType(table))


def composing(change: Callable[[ControlPacket, StateVariables, bool, bool], ControlPacket]) -> Procedures:
    """The procedures with outgoing packets changed; `change` gets packet, variables, poll and final."""

    def compose(v: StateVariables, *, poll: bool, final: bool) -> ControlPacket:
        return change(transmission.compose(v, poll=poll, final=final), v, poll, final)

    return replace(RFC5880, compose=compose)


def setting(**fields: Any) -> Procedures:
    """The procedures with fields of every outgoing packet set."""
    return composing(lambda packet, v, poll, final: replace(packet, **fields))


def learning_without(*names: str) -> Procedures:
    """The procedures with some variables not taken over from received packets, once they have a value."""

    def forgetful(v: StateVariables, packet: ControlPacket) -> None:
        before = {name: getattr(v, name) for name in names}
        first = v.remote_detect_mult == 0
        learn(v, packet)
        if not first:
            for name, value in before.items():
                setattr(v, name, value)

    return replace(RFC5880, learn=forgetful)


def deaf_to(name: str, value: object) -> Procedures:
    """The procedures with one variable held at a value whatever is received."""

    def deaf(v: StateVariables, packet: ControlPacket) -> None:
        learn(v, packet)
        setattr(v, name, value)

    return replace(RFC5880, learn=deaf)


def impatient(v: StateVariables, desired_min_tx_us: int, required_min_rx_us: int) -> None:
    """Everything is in force as soon as it is announced."""
    announce(v, desired_min_tx_us, required_min_rx_us)
    v.desired_min_tx_in_force_us, v.required_min_rx_in_force_us = desired_min_tx_us, required_min_rx_us


def hesitant(v: StateVariables, desired_min_tx_us: int, required_min_rx_us: int) -> None:
    """While Up, nothing is in force before the Final."""
    in_force = v.desired_min_tx_in_force_us, v.required_min_rx_in_force_us
    announce(v, desired_min_tx_us, required_min_rx_us)
    if v.session_state is State.UP:
        v.desired_min_tx_in_force_us, v.required_min_rx_in_force_us = in_force


def local_multiplier(v: StateVariables) -> int:
    """The local Detect Mult where the received one belongs."""
    return v.detect_mult * max(v.required_min_rx_in_force_us, v.remote_desired_min_tx_interval_us)


def local_interval(v: StateVariables) -> int:
    """The local Required Min RX Interval alone."""
    return v.remote_detect_mult * v.required_min_rx_in_force_us


def remote_interval(v: StateVariables) -> int:
    """The received Desired Min TX Interval alone."""
    return v.remote_detect_mult * v.remote_desired_min_tx_interval_us


def poll_with_final(packet: ControlPacket, v: StateVariables, poll: bool, final: bool) -> ControlPacket:
    """P stays set in the answer to a Poll."""
    return replace(packet, poll=True) if final else packet


def silent_answer(packet: ControlPacket, v: StateVariables, poll: bool, final: bool) -> ControlPacket:
    """F is not set in the answer to a Poll."""
    return replace(packet, final=False)


def swapped(packet: ControlPacket, v: StateVariables, poll: bool, final: bool) -> ControlPacket:
    """Your Discriminator is not the far end's."""
    return replace(packet, your_discriminator=packet.your_discriminator and packet.your_discriminator ^ 1)


def following(**functions: Any) -> Procedures:
    """The procedures with some of them replaced."""
    return replace(RFC5880, **functions)


def dropping(drops: Callable[[ControlPacket, Meta], bool]) -> Procedures:
    """The procedures with one discard rule too many."""
    row = PacketRow(DiscardReason.VERSION, "deviant", drops)
    return replace(RFC5880, before_selection=(row, *RFC5880.before_selection))


def weakened(reason: DiscardReason, drops: Callable[[ControlPacket, Meta], bool]) -> Procedures:
    """The procedures with another predicate for one discard rule."""
    rows = (replace(row, drops=drops) if row.reason is reason else row for row in RFC5880.before_selection)
    return replace(RFC5880, before_selection=tuple(rows))
