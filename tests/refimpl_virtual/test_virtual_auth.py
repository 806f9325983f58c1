"""Authenticated sessions on the virtual engine: what one engine signs, the other verifies over the bytes it got."""

import pytest
from virtual_pair import VirtualPair

from refimpl.core.auth.config import AuthConfig
from refimpl.core.constants import AuthType, State
from refimpl.core.outputs import Discarded, DiscardReason


@pytest.mark.parametrize("kind", AuthType, ids=lambda kind: kind.name.lower())
def test_authenticated_sessions_come_up_and_stay_up(kind: AuthType) -> None:
    pair = VirtualPair()
    pair.add(auth=AuthConfig(kind, {1: b"secret12"}, 1))

    pair.elapse(30_000_000)

    assert pair.states() == [[State.UP], [State.UP]]
    assert not [output for side in pair.sides for _, _, output in side.observed if isinstance(output, Discarded)]
    assert all(datagram.payload[1] & 0x04 for side in pair.sides for datagram in side.datagrams)


@pytest.mark.parametrize("kind", AuthType, ids=lambda kind: kind.name.lower())
def test_a_changed_key_at_one_end_brings_the_session_down(kind: AuthType) -> None:
    pair = VirtualPair()
    one, other = pair.add(auth=AuthConfig(kind, {1: b"secret12"}, 1))
    pair.elapse(10_000_000)

    one.change_keys(AuthConfig(kind, {1: b"secret13"}, 1))
    pair.elapse(10_000_000)

    assert (one.state, other.state) == (State.DOWN, State.DOWN)
    reasons = {output.reason for side in pair.sides for _, _, output in side.observed if isinstance(output, Discarded)}
    assert reasons == {DiscardReason.AUTHENTICATION_PROOF}


def test_sessions_with_and_without_authentication_live_side_by_side() -> None:
    pair = VirtualPair(addresses=2)
    pair.add(0, auth=AuthConfig(AuthType.METICULOUS_KEYED_SHA1, {1: b"secret12"}, 1))
    pair.add(1)

    pair.elapse(10_000_000)

    assert pair.states() == [[State.UP, State.UP], [State.UP, State.UP]]
