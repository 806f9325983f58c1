"""The deviants: a line each where a table row is left out, a few lines where a procedure is replaced."""

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from conformance.deviants.deviant import Deviant
from conformance.targets.reference import PROFILES
from refimpl.core import timing, transmission
from refimpl.core.constants import Diag, State
from refimpl.core.fsm import TABLE, Event, Transition
from refimpl.core.outputs import DiscardReason
from refimpl.core.packet import ControlPacket
from refimpl.core.procedures import RFC5880, Procedures, announce, learn
from refimpl.core.variables import StateVariables
from refimpl.runtime.virtual import EngineFlaws

OTHER_SINGLE_HOP = MappingProxyType({**PROFILES, "single_hop": replace(PROFILES["single_hop"], rows=())})
"""A single hop that does not look at the TTL."""


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


def timing_with(**functions: Any) -> Procedures:
    """The procedures with other functions of timing."""
    return replace(RFC5880, **functions)


DISCARDS: tuple[tuple[DiscardReason, str, str], ...] = (
    (DiscardReason.VERSION, "5880-6.8.6-r03", "5880-6.8.6-01"),
    (DiscardReason.LENGTH_TOO_SMALL, "5880-6.8.6-r04", "5880-6.8.6-04"),
    (DiscardReason.LENGTH_BEYOND_PAYLOAD, "5880-6.8.6-r06", "5880-6.8.6-07"),
    (DiscardReason.DETECT_MULT_ZERO, "5880-6.8.6-r07", "5880-6.8.6-11"),
    (DiscardReason.MULTIPOINT, "5880-6.8.6-r08", "5880-6.8.6-12"),
    (DiscardReason.MY_DISCRIMINATOR_ZERO, "5880-6.8.6-r09", "5880-6.8.6-13"),
    (DiscardReason.YOUR_DISCRIMINATOR_ZERO, "5880-6.8.6-r12", "5880-6.8.6-16"),
    (DiscardReason.AUTHENTICATION_UNEXPECTED, "5880-6.8.6-r16", "5880-6.8.6-14"),
)
"""Each rule of 6.8.6 that can be left out, with what that breaks and who catches it."""

TRANSITIONS: tuple[tuple[str, Procedures, str, str], ...] = (
    ("Down returns to Up on Up", with_row(State.DOWN, Event.RECEIVED_UP, State.UP), "5880-6.8.6-r35", "5880-6.8.6-54"),
    ("Init ignores Up", with_row(State.INIT, Event.RECEIVED_UP, State.INIT), "5880-6.8.6-r37", "5880-6.8.6-42"),
    (
        "Up ignores AdminDown",
        with_row(State.UP, Event.RECEIVED_ADMIN_DOWN, State.UP),
        "5880-6.8.6-r30",
        "5880-6.8.6-43",
    ),
    (
        "neighbor's Down without diagnostic",
        with_row(State.UP, Event.RECEIVED_DOWN, State.DOWN),
        "5880-6.8.6-r40",
        "5880-6.8.6-53",
    ),
    (
        "expiry with the wrong diagnostic",
        with_row(State.UP, Event.DETECTION_TIME_EXPIRED, State.DOWN, Diag.PATH_DOWN),
        "5880-6.8.4-r06",
        "5880-6.8.4-05",
    ),
    (
        "Init never expires",
        timing_with(detection_time=lambda v: 0 if v.session_state is State.INIT else timing.detection_time(v)),
        "5880-6.8.4-r05",
        "5880-6.8.4-06",
    ),
    (
        "enabling leads to Init",
        with_row(State.ADMIN_DOWN, Event.ENABLE, State.INIT),
        "5880-6.8.16-r01",
        "5880-6.8.16-04",
    ),
)

TIMINGS: tuple[tuple[str, Procedures, str, str], ...] = (
    ("no jitter", timing_with(jitter_bounds=lambda mult: (0, 0)), "5880-6.8.7-r02", "5880-6.8.7-01"),
    ("jitter of 40 %", timing_with(jitter_bounds=lambda mult: (0, 400_000)), "5880-6.8.7-r01", "5880-6.8.7-01"),
    (
        "jitter that lengthens",
        timing_with(jitter_bounds=lambda mult: (-100_000, 100_000)),
        "5880-6.8.7-r03",
        "5880-6.8.7-01",
    ),
    (
        "Detect Mult 1 with the usual jitter",
        timing_with(jitter_bounds=lambda mult: (0, 250_000)),
        "5880-6.8.7-r04",
        "5880-6.8.7-02",
    ),
    (
        "own Detect Mult in the Detection Time",
        timing_with(detection_time=local_multiplier),
        "5880-6.8.4-r02",
        "5880-6.8.4-02",
    ),
    (
        "own interval in the Detection Time",
        timing_with(detection_time=local_interval),
        "5880-6.8.4-r03",
        "5880-6.8.4-03",
    ),
    (
        "received interval in the Detection Time",
        timing_with(detection_time=remote_interval),
        "5880-6.8.4-r03",
        "5880-6.8.4-04",
    ),
    (
        "Detection Time doubled",
        timing_with(detection_time=lambda v: 2 * timing.detection_time(v)),
        "5880-6.8.4-r04",
        "5880-6.8.4-01",
    ),
    ("fast while Down", timing_with(slow_interval_us=100_000), "5880-6.8.3-r08", "5880-6.8.3-11"),
    ("raised interval in force at once", timing_with(announce=impatient), "5880-6.8.3-r06", "5880-6.8.3-06"),
    ("lowered RX in force at once", timing_with(announce=impatient), "5880-6.8.3-r07", "5880-6.8.3-09"),
    ("lowered interval waits for the Final", timing_with(announce=hesitant), "5880-6.8.3-r12", "5880-6.8.3-08"),
    ("raised RX waits for the Final", timing_with(announce=hesitant), "5880-6.8.3-r14", "5880-6.8.3-10"),
    (
        "own interval only",
        timing_with(transmit_interval=lambda v: v.desired_min_tx_in_force_us),
        "5880-6.8.7-r08",
        "5880-6.8.7-04",
    ),
    (
        "zero Required Min RX Interval ignored",
        timing_with(may_transmit=lambda v, *, passive: not (passive and v.remote_discr == 0)),
        "5880-6.8.7-r10",
        "5880-6.8.7-06",
    ),
    (
        "passive role ignored",
        timing_with(may_transmit=lambda v, *, passive: v.remote_min_rx_interval_us != 0),
        "5880-6.1-r03",
        "5880-6.1-02",
    ),
)

CONTENTS: tuple[tuple[str, Procedures, str, str], ...] = (
    ("version 2", setting(version=2), "5880-6.8.7-r23", "5880-6.8.7-11"),
    ("M set", setting(multipoint=True), "5880-6.8.7-r35", "5880-6.8.7-12"),
    ("D set", setting(demand=True), "5880-6.8.7-r19", "5880-6.8.7-15"),
    ("reserved diagnostic", setting(diag=9), "5880-4.1-r05", "5880-4.1-01"),
    ("P stays set in a Final", composing(poll_with_final), "5880-6.5-r04", "5880-6.5-03"),
    ("Polls answered without F", composing(silent_answer), "5880-6.8.7-r15", "5880-6.8.7-23"),
    ("wrong Your Discriminator", composing(swapped), "5880-6.8.1-r10", "5880-6.8.1-08"),
    ("far end's discriminator learned once", learning_without("remote_discr"), "5880-6.3-r07", "5880-6.3-03"),
    ("far end's Detect Mult learned once", learning_without("remote_detect_mult"), "5880-6.8.6-r26", "5880-6.8.6-62"),
    ("D of the far end ignored", deaf_to("remote_demand_mode", False), "5880-6.8.6-r44", "5880-6.8.6-64"),
)

ENCAPSULATIONS: tuple[tuple[str, EngineFlaws, str, str], ...] = (
    ("TTL 64", EngineFlaws(ttl=64), "5881-5-r01", "5881-5-01"),
    ("Hop Limit 64", EngineFlaws(ttl=64), "5881-5-r01", "5881-5-02"),
    ("source port 40000", EngineFlaws(first_source_port=40_000), "5881-4-r03", "5881-4-03"),
    ("source ports in turn", EngineFlaws(ports_per_session=2), "5881-4-r04", "5881-4-05"),
    ("one source port for all", EngineFlaws(shared_source_port=True), "5881-4-r05", "5881-4-07"),
    ("multihop port", EngineFlaws(destination_port=4784), "5881-4-r01", "5881-4-01"),
)

DEVIANTS: tuple[Deviant, ...] = (
    *(
        Deviant(f"obeys packets although {reason.value}", breaks, caught_by, without(reason))
        for reason, breaks, caught_by in DISCARDS
    ),
    *(
        Deviant(name, breaks, caught_by, procedures)
        for name, procedures, breaks, caught_by in (*TRANSITIONS, *TIMINGS, *CONTENTS)
    ),
    *(Deviant(name, breaks, caught_by, flaws=flaws) for name, flaws, breaks, caught_by in ENCAPSULATIONS),
    Deviant("TTL not looked at", "5881-5-r02", "5881-5-03", profiles=OTHER_SINGLE_HOP),
    Deviant("Hop Limit not looked at", "5881-5-r02", "5881-5-06", profiles=OTHER_SINGLE_HOP),
)
"""All of them."""
