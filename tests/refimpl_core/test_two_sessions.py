"""Two sessions over a link that loses, copies and delays, and operators who do what they like: the rules always hold.

The rules are in `two_systems.Witness`. Whatever happened, two willing sessions over a good link are Up in the end, and
everything that was done can be done again with the same outputs.
"""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from session_rig import PEER
from two_systems import TwoSystems

from refimpl.core.constants import State
from refimpl.core.profile import SessionConfig

INTERVALS = st.sampled_from([100_000, 200_000, 300_000, 777_777, 1_000_000, 2_500_000])
MULTIPLIERS = st.sampled_from([1, 2, 3, 5])
CONFIGS = st.builds(
    SessionConfig,
    peer=st.just(PEER),
    local=st.just(PEER),
    interface=st.just("eth0"),
    desired_min_tx_us=INTERVALS,
    required_min_rx_us=INTERVALS,
    detect_mult=MULTIPLIERS,
)
EITHERS = (0, 1)
EITHER = st.sampled_from(EITHERS)
HEALED_AFTER_US = 40_000_000
"""Longer than any Detection Time here, a handshake at the slow rate, and the Polls after it."""


class BadLink(RuleBasedStateMachine):
    pair: TwoSystems

    @initialize(one=CONFIGS, other=CONFIGS, other_is_passive=st.booleans(), seed=st.integers(0, 2**32))
    def begin(self, one: SessionConfig, other: SessionConfig, other_is_passive: bool, seed: int) -> None:
        self.pair = TwoSystems((one, replace(other, passive=other_is_passive)), seed)

    @rule(by=st.sampled_from([1, 999, 50_000, 400_000, 1_000_000, 3_000_000, 12_000_000]))
    def wait(self, by: int) -> None:
        self.pair.advance(self.pair.now + by)

    @rule(i=EITHER, lost=st.booleans())
    def cut_or_mend(self, i: int, lost: bool) -> None:
        self.pair.loss[i] = lost

    @rule(i=EITHER, copies=st.sampled_from([1, 2, 3]))
    def copy(self, i: int, copies: int) -> None:
        self.pair.copies[i] = copies

    @rule(delay=st.sampled_from([0, 10, 1_000, 30_000, 140_000, 900_000]))
    def delay(self, delay: int) -> None:
        self.pair.delay_us = delay  # frames already under way keep theirs: reordering

    @rule(
        i=EITHER,
        changes=st.fixed_dictionaries(
            {},
            optional={
                "desired_min_tx_us": INTERVALS,
                "required_min_rx_us": INTERVALS,
                "detect_mult": MULTIPLIERS,
            },
        ),
    )
    def set_timers(self, i: int, changes: dict[str, Any]) -> None:
        self.pair.do(i, "set_timers", changes)

    @rule(i=EITHER, enabled=st.booleans())
    def set_demand(self, i: int, enabled: bool) -> None:
        self.pair.do(i, "set_demand", enabled)

    @rule(i=EITHER)
    def verify(self, i: int) -> None:
        if self.pair.systems[i].session.state is State.UP:
            self.pair.do(i, "verify")

    @rule(i=EITHER)
    def disable(self, i: int) -> None:
        self.pair.do(i, "disable")

    @rule(i=EITHER)
    def enable(self, i: int) -> None:
        self.pair.do(i, "enable")

    @precondition(lambda self: self.pair.now < 60_000_000)
    @rule()
    def come_up(self) -> None:
        self.pair.heal()
        self.pair.advance(self.pair.now + 10_000_000)

    def teardown(self) -> None:
        if not hasattr(self, "pair"):
            return
        self.pair.heal()
        self.pair.advance(self.pair.now + HEALED_AFTER_US)
        for i in EITHERS:
            self.pair.do(i, "set_demand", False)
        self.pair.advance(self.pair.now + HEALED_AFTER_US)
        for system in self.pair.systems:
            assert system.session.state is State.UP
            assert system.session.steady() is not None
            system.check_determinism()


TestBadLink = BadLink.TestCase
TestBadLink.settings = settings(deadline=None, max_examples=settings().max_examples // 2, stateful_step_count=25)


def quiet_pair(seed: int) -> TwoSystems:
    config = SessionConfig(PEER, PEER, "eth0")
    pair = TwoSystems((config, config), seed)
    pair.advance(10_000_000)
    return pair


def test_two_sessions_come_up_and_agree_on_their_rates() -> None:
    pair = quiet_pair(1)

    for system in pair.systems:
        assert system.session.state is State.UP
        assert system.session.transmit_interval == 300_000
        assert system.session.detection_time == 900_000


def test_another_seed_is_another_run() -> None:
    one, other = quiet_pair(1).systems, quiet_pair(7).systems

    assert one[0].inputs != other[0].inputs
    assert [system.session.variables for system in one] == [system.session.variables for system in other]


@pytest.mark.parametrize("deaf", [0, 1])
def test_when_one_direction_is_cut_both_ends_fall_the_deaf_one_first(deaf: int) -> None:
    pair = quiet_pair(1)
    pair.loss[1 - deaf] = True

    pair.advance(pair.now + 1_000_000)

    assert [pair.systems[i].session.variables.local_diag for i in (deaf, 1 - deaf)] == [1, 3]
    assert pair.systems[deaf].session.state is State.DOWN
