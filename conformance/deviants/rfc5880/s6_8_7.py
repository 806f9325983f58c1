"""Transmission (RFC 5880 section 6.8.7)."""

from dataclasses import replace

from conformance.deviants.deviant import Deviant
from conformance.deviants.patches import composing, following, setting, silent_answer
from conformance.deviants.patches_demand import demand_as_stored, demand_in_polls_only
from conformance.deviants.patches_paths import LimitsAnswers
from refimpl.core.constants import State

DEVIANTS = (
    Deviant("5880-6.8.7-r01", "jitter of 40 %", following(jitter_bounds=lambda mult: (0, 400_000))),
    Deviant("5880-6.8.7-r02", "no jitter", following(jitter_bounds=lambda mult: (0, 0))),
    Deviant("5880-6.8.7-r03", "jitter that lengthens", following(jitter_bounds=lambda mult: (-100_000, 100_000))),
    Deviant(
        "5880-6.8.7-r04", "Detect Mult 1 with the usual jitter", following(jitter_bounds=lambda mult: (0, 250_000))
    ),
    Deviant("5880-6.8.7-r08", "own interval only", following(transmit_interval=lambda v: v.desired_min_tx_in_force_us)),
    Deviant(
        "5880-6.8.7-r10",
        "zero Required Min RX Interval ignored",
        following(may_transmit=lambda v, *, passive: not (passive and v.remote_discr == 0)),
    ),
    Deviant("5880-6.8.7-r15", "Polls answered without F", composing(silent_answer)),
    Deviant("5880-6.8.7-r18", "answers limited to half the announced rate", session=LimitsAnswers),
    Deviant("5880-6.8.7-r19", "D set", setting(demand=True)),
    Deviant(
        "5880-6.8.7-r20",
        "D set if only the far end was Up last",
        replace(composing(demand_as_stored), demand_may_be_active=lambda v: v.remote_session_state is State.UP),
    ),
    Deviant(
        "5880-6.8.7-r21",
        "D set if only the local session is Up",
        replace(composing(demand_as_stored), demand_may_be_active=lambda v: v.session_state is State.UP),
    ),
    Deviant("5880-6.8.7-r23", "version 2", setting(version=2)),
    Deviant("5880-6.8.7-r33", "D in Polls alone", composing(demand_in_polls_only)),
    Deviant(
        "5880-6.8.7-r34",
        "D set in any state",
        replace(composing(demand_as_stored), demand_may_be_active=lambda v: True),
    ),
    Deviant("5880-6.8.7-r30", "C clear", setting(control_plane_independent=False)),
    Deviant("5880-6.8.7-r35", "M set", setting(multipoint=True)),
)
