"""The state machine against the RFC's own words, typed a second time (RFC 5880 sections 6.2, 6.8.4 to 6.8.6, 6.8.15 to
6.8.17)."""

from itertools import product

import pytest
from session_rig import Rig, moves

from refimpl.core.constants import Diag, State
from refimpl.core.fsm import RECEIVED, TABLE, Event

ADMIN, DOWN, INIT, UP = State.ADMIN_DOWN, State.DOWN, State.INIT, State.UP
EXPIRED, ECHO_FAILED, NEIGHBOR, BY_ADMIN = 1, 2, 3, 7

# state, event, next state, diagnostic that the RFC tells to set (None: it does not mention bfd.LocalDiag)
EXPECTED = [
    # 6.8.6: "If bfd.SessionState is AdminDown: Discard the packet"
    (ADMIN, "received AdminDown", ADMIN, None),
    (ADMIN, "received Down", ADMIN, None),
    (ADMIN, "received Init", ADMIN, None),
    (ADMIN, "received Up", ADMIN, None),
    # 6.8.4: expiry concerns Init and Up alone
    (ADMIN, "Detection Time expired", ADMIN, None),
    # 6.8.5 and 6.8.9: there are Echo packets to be missed while Up alone
    (ADMIN, "Echo packets did not come back", ADMIN, None),
    (DOWN, "Echo packets did not come back", DOWN, None),
    (INIT, "Echo packets did not come back", INIT, None),
    (UP, "Echo packets did not come back", DOWN, ECHO_FAILED),
    # 6.8.16
    (ADMIN, "administratively disabled", ADMIN, BY_ADMIN),
    (ADMIN, "administratively enabled", DOWN, None),
    # 6.8.6: received AdminDown touches only a session that is not Down; Up is no agreement to be down (6.2)
    (DOWN, "received AdminDown", DOWN, None),
    (DOWN, "received Down", INIT, None),
    (DOWN, "received Init", UP, None),
    (DOWN, "received Up", DOWN, None),
    (DOWN, "Detection Time expired", DOWN, None),
    (DOWN, "administratively disabled", ADMIN, BY_ADMIN),
    (DOWN, "administratively enabled", DOWN, None),
    (INIT, "received AdminDown", DOWN, NEIGHBOR),
    (INIT, "received Down", INIT, None),
    (INIT, "received Init", UP, None),
    (INIT, "received Up", UP, None),
    (INIT, "Detection Time expired", DOWN, EXPIRED),
    (INIT, "administratively disabled", ADMIN, BY_ADMIN),
    (INIT, "administratively enabled", INIT, None),
    (UP, "received AdminDown", DOWN, NEIGHBOR),
    (UP, "received Down", DOWN, NEIGHBOR),
    (UP, "received Init", UP, None),
    (UP, "received Up", UP, None),
    (UP, "Detection Time expired", DOWN, EXPIRED),
    (UP, "administratively disabled", ADMIN, BY_ADMIN),
    (UP, "administratively enabled", UP, None),
    # 6.8.15: diagnostic 4 and Down; a session that is held AdminDown stays so (6.2)
    (ADMIN, "forwarding plane reset", ADMIN, None),
    (DOWN, "forwarding plane reset", DOWN, 4),
    (INIT, "forwarding plane reset", DOWN, 4),
    (UP, "forwarding plane reset", DOWN, 4),
    # 6.8.17: "the BFD session is not taken down"; it has to be Up for there to be anything to say
    (ADMIN, "concatenated path down", ADMIN, None),
    (DOWN, "concatenated path down", DOWN, None),
    (INIT, "concatenated path down", INIT, None),
    (UP, "concatenated path down", UP, 6),
    (ADMIN, "concatenated path restored", ADMIN, None),
    (DOWN, "concatenated path restored", DOWN, None),
    (INIT, "concatenated path restored", INIT, None),
    (UP, "concatenated path restored", UP, 0),
]


def test_the_expectation_and_the_table_are_both_the_full_product() -> None:
    full = set(product(State, Event))

    assert len(full) == len(EXPECTED) == 44
    assert {(state, Event(event)) for state, event, _, _ in EXPECTED} == full
    assert set(TABLE) == full


@pytest.mark.parametrize(("state", "event", "expected", "diag"), EXPECTED)
def test_row(state: State, event: str, expected: State, diag: int | None) -> None:
    row = TABLE[state, Event(event)]

    assert (row.state, row.diag) == (expected, diag)
    assert row.clause in {"6.8.4", "6.8.5", "6.8.6", "6.8.15", "6.8.16", "6.8.17"}


def test_every_value_of_the_state_field_is_an_event() -> None:
    assert {value: event.value for value, event in RECEIVED.items()} == {
        0: "received AdminDown",
        1: "received Down",
        2: "received Init",
        3: "received Up",
    }


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        TABLE[UP, Event.RECEIVED_DOWN] = TABLE[UP, Event.RECEIVED_UP]  # type: ignore[index]


def bring_to(state: State) -> Rig:
    rig = Rig()
    rig.advance(0)
    if state is ADMIN:
        rig.disable()
    if state in (INIT, UP):
        rig.hear(DOWN)
    if state is UP:
        rig.hear(INIT)
    assert rig.session.state is state
    return rig


RECEPTIONS = [
    (state, event.removeprefix("received "), *rest) for state, event, *rest in EXPECTED if "received" in event
]


@pytest.mark.parametrize(("state", "received", "expected", "diag"), RECEPTIONS)
def test_a_session_moves_as_the_rfc_says(state: State, received: str, expected: State, diag: int | None) -> None:
    rig = bring_to(state)
    before = rig.session.variables.local_diag

    outputs = rig.hear(next(value for value in State if value.label == received))

    assert rig.session.state is expected
    assert rig.session.variables.local_diag == (before if diag is None else diag)
    assert moves(outputs) == ([] if expected is state else [(state, expected, rig.session.variables.local_diag)])


@pytest.mark.parametrize("state", list(State))
def test_a_session_is_disabled_from_any_state(state: State) -> None:
    rig = bring_to(state)

    rig.disable()

    assert rig.session.state is ADMIN
    assert rig.session.variables.local_diag == Diag.ADMINISTRATIVELY_DOWN


@pytest.mark.parametrize("state", list(State))
def test_enabling_ends_nothing_but_admin_down(state: State) -> None:
    rig = bring_to(state)

    rig.enable()

    assert rig.session.state is (DOWN if state is ADMIN else state)
