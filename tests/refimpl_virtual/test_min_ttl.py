"""A least TTL for received multihop packets, which RFC 5883 leaves to the operator."""

import pytest

from refimpl.core.constants import State
from refimpl.core.outputs import DiscardReason
from refimpl.core.packet import ControlPacket, Meta
from refimpl.core.reception import judge_session
from refimpl.core.variables import StateVariables
from refimpl.profiles.rfc5883 import ANY_TTL, MULTI_HOP, multi_hop

V = StateVariables(
    local_discr=1,
    desired_min_tx_interval_us=1,
    required_min_rx_interval_us=1,
    detect_mult=3,
    desired_min_tx_in_force_us=1,
    required_min_rx_in_force_us=1,
)


def reason(min_ttl: int, ttl: int) -> DiscardReason | None:
    meta = Meta(24, "192.0.2.1", "192.0.2.2", 49152, 4784, ttl)
    judged = judge_session(multi_hop(min_ttl).rows, ControlPacket(state=State.UP), meta, V)
    return judged.reason if judged is not None else None


def test_any_ttl_is_the_default_and_changes_nothing() -> None:
    assert multi_hop() is multi_hop(ANY_TTL) is MULTI_HOP
    assert {reason(ANY_TTL, ttl) for ttl in range(256)} == {None}


@pytest.mark.parametrize("min_ttl", [1, 64, 254, 255])
def test_a_bound_drops_what_is_below_it(min_ttl: int) -> None:
    assert {reason(min_ttl, ttl) for ttl in range(min_ttl)} == {DiscardReason.TTL}
    assert {reason(min_ttl, ttl) for ttl in range(min_ttl, 256)} == {None}


def test_a_bound_changes_nothing_else() -> None:
    bounded = multi_hop(250)
    assert (bounded.name, bounded.destination_port, bounded.selects) == ("multi_hop", 4784, MULTI_HOP.selects)
