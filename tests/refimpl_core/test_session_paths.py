"""What an operator reports to a session: concatenated paths, a forwarding plane that was reset, holding down (RFC 5880
sections 6.8.15, 6.8.17, 6.8.18), and the C bit (4.1)."""

from dataclasses import replace

import pytest
from session_rig import Rig, moves, sent, transmissions

from refimpl.core.constants import Diag, State
from refimpl.core.outputs import PollEnded, PollStarted, Why

ADMIN, DOWN, INIT, UP = State.ADMIN_DOWN, State.DOWN, State.INIT, State.UP
PATH, REVERSE = Diag.CONCATENATED_PATH_DOWN, Diag.REVERSE_CONCATENATED_PATH_DOWN


def told(rig: Rig, diag: Diag) -> list[tuple[Why, State, int, bool]]:
    outputs = rig.note(rig.session.report_path(rig.now, diag))
    return [(t.why, State(t.packet.state), t.packet.diag, t.packet.poll) for t in sent(outputs)]


def settled() -> Rig:
    rig = Rig()
    rig.settle()
    return rig


# ------------------------------------------------------------------ concatenated paths


@pytest.mark.parametrize("diag", [PATH, REVERSE])
def test_a_failed_path_is_told_at_once_and_goes_on_being_told(diag: Diag) -> None:
    rig = settled()

    assert told(rig, diag) == [(Why.CHANGE, UP, diag, False)]
    assert told(rig, diag) == []
    rig.hear(UP)
    assert {(o.packet.state, o.packet.diag) for _, o in rig.advance(1_400_000)} == {(UP, diag)}  # type: ignore[union-attr]


def test_a_path_that_works_again_is_no_diagnostic() -> None:
    rig = settled()
    told(rig, PATH)

    assert told(rig, REVERSE) == [(Why.CHANGE, UP, REVERSE, False)]
    assert told(rig, Diag.NONE) == [(Why.CHANGE, UP, Diag.NONE, False)]
    assert told(rig, Diag.NONE) == []


def test_only_a_diagnostic_about_paths_is_taken_back() -> None:
    rig = settled()
    rig.hear(DOWN)
    rig.hear(DOWN)
    rig.hear(INIT)
    assert (rig.session.state, rig.session.variables.local_diag) == (UP, 3)

    assert told(rig, Diag.NONE) == []
    assert rig.session.variables.local_diag == 3


@pytest.mark.parametrize(("cause", "diag"), [("silence", 1), ("neighbour", 3), ("reset", 4), ("operator", 7)])
def test_the_next_failure_of_the_session_replaces_the_diagnostic(cause: str, diag: int) -> None:
    rig = settled()
    told(rig, PATH)

    match cause:
        case "silence":
            rig.advance(5_000_000)
        case "neighbour":
            rig.hear(DOWN)
        case "reset":
            rig.note(rig.session.reset_forwarding(rig.now))
        case "operator":
            rig.disable()

    assert rig.session.variables.local_diag == diag
    assert sent([output for _, output in rig.log])[-1].packet.diag == diag


def test_a_session_that_is_not_up_keeps_its_own_diagnostic() -> None:
    rig = settled()
    rig.hear(DOWN)

    with pytest.raises(ValueError, match=r"the session is Down; report the path again once it is Up \(6.8.17\)"):
        rig.session.report_path(rig.now, PATH)
    assert told(rig, Diag.NONE) == []
    assert rig.session.variables.local_diag == 3


@pytest.mark.parametrize("diag", [d for d in Diag if d not in (Diag.NONE, PATH, REVERSE)])
def test_other_diagnostics_are_not_about_paths(diag: Diag) -> None:
    with pytest.raises(ValueError, match=f"diagnostic {int(diag)} is not about a concatenated path; allowed are 6, 8"):
        settled().session.report_path(600_000, diag)


def test_in_demand_mode_a_poll_sequence_tells_it() -> None:
    rig = settled()
    rig.hear(UP, demand=True, detect_mult=255)
    assert not sent([output for _, output in rig.advance(5_000_000)])

    outputs = rig.note(rig.session.report_path(rig.now, PATH))
    assert PollStarted() in outputs

    told_by = [t.packet for t in sent([output for _, output in rig.advance(6_000_000)]) if t.why is Why.PERIODIC]
    assert {(told.poll, told.diag) for told in told_by} == {(True, 6)}
    assert PollEnded() in rig.hear(UP, demand=True, detect_mult=255, final=True)
    assert not sent([output for _, output in rig.advance(9_000_000)])


# ------------------------------------------------------------------ forwarding plane reset


@pytest.mark.parametrize("state", [DOWN, INIT, UP])
def test_a_reset_leads_down_with_its_own_diagnostic(state: State) -> None:
    rig = Rig()
    rig.advance(100_000)
    for received in {DOWN: [], INIT: [DOWN], UP: [DOWN, INIT]}[state]:
        rig.hear(received)
    assert rig.session.state is state

    outputs = rig.note(rig.session.reset_forwarding(rig.now))

    assert moves(outputs) == ([] if state is DOWN else [(state, DOWN, 4)])
    (packet,) = (t.packet for t in sent(outputs))
    assert (packet.state, packet.diag, packet.desired_min_tx_interval_us) == (DOWN, 4, 1_000_000)


def test_a_session_that_was_reset_comes_up_again() -> None:
    rig = settled()
    rig.note(rig.session.reset_forwarding(rig.now))

    assert moves(rig.hear(UP)) == []
    assert moves(rig.hear(DOWN)) == [(DOWN, INIT, 4)]
    assert moves(rig.hear(INIT)) == [(INIT, UP, 4)]


def test_a_reset_does_not_end_administrative_down() -> None:
    rig = settled()
    rig.disable()

    assert rig.note(rig.session.reset_forwarding(rig.now)) == []
    assert (rig.session.state, rig.session.variables.local_diag) == (ADMIN, 7)


# ------------------------------------------------------------------ holding down


def test_a_session_that_is_held_down_stays_down_and_answers() -> None:
    rig = Rig()
    rig.advance(100_000)
    rig.session.hold_down(held=True)

    for state in (DOWN, INIT, UP):
        assert moves(rig.hear(state)) == []
    assert [(t.why, t.packet.state) for t in sent(rig.hear(DOWN, poll=True))] == [(Why.FINAL, DOWN)]
    rig.hear(DOWN, detect_mult=9)
    assert {state for _, _, state in transmissions(rig.advance(3_000_000))} == {DOWN}

    rig.session.hold_down(held=False)
    assert moves(rig.hear(DOWN)) == [(DOWN, INIT, 0)]


def test_the_rate_of_who_is_held_down_is_still_obeyed() -> None:
    rig = Rig()
    rig.advance(100_000)
    rig.session.hold_down(held=True)
    rig.hear(DOWN, required_min_rx_interval_us=0, detect_mult=255)

    assert transmissions(rig.advance(9_000_000)) == []


def test_a_session_that_is_up_is_left_in_peace_until_it_falls() -> None:
    rig = settled()
    rig.session.hold_down(held=True)

    assert moves(rig.hear(UP)) == []
    assert moves(rig.hear(DOWN)) == [(UP, DOWN, 3)]
    assert moves(rig.hear(DOWN)) == []


# ------------------------------------------------------------------ the C bit


@pytest.mark.parametrize("independent", [False, True])
def test_every_packet_carries_the_c_bit_as_configured(independent: bool) -> None:
    rig = Rig(control_plane_independent=independent)
    rig.settle()
    rig.hear(UP, poll=True)
    rig.disable()

    packets = [t.packet for t in sent([output for _, output in rig.log])]
    assert len(packets) > 4
    assert {packet.control_plane_independent for packet in packets} == {independent}


@pytest.mark.parametrize(("ours", "theirs", "shared"), [(0, 0, True), (0, 1, True), (1, 0, True), (1, 1, False)])
def test_fate_is_shared_unless_both_are_independent(ours: bool, theirs: bool, shared: bool) -> None:
    rig = Rig(control_plane_independent=bool(ours))
    rig.settle(control_plane_independent=bool(theirs))

    assert rig.session.variables.shares_fate_with_control_plane is shared


def test_the_far_ends_c_bit_is_news_to_a_steady_session() -> None:
    rig = settled()
    steady = rig.session.steady()
    assert steady is not None
    assert replace(steady.accept, control_plane_independent=True) != steady.accept
    rig.hear(UP, control_plane_independent=True)

    assert rig.session.variables.remote_control_plane_independent
