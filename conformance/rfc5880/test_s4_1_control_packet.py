"""RFC 5880 section 4.1: the fields of the Control packet, as the target fills them."""

from collections.abc import Callable

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.match import Between, Match, Not, control
from conformance.bench.packets import in_words
from conformance.bench.puppet import Puppet
from conformance.bench.scenario import SLOW_WAIT_US, establish, fresh, shake_hands
from refimpl.core.constants import Diag, State

SECOND_US = 1_000_000


def all_match(bench: Bench, match: Match, requirement: str) -> None:
    """Judge every packet of the target in the case so far, handshake included."""
    packets = bench.from_target(bench.origin)
    wrong = [seen for seen in packets if not match(seen)]
    bench.check(
        bool(packets) and not wrong,
        expected=f"each of {len(packets)} packets to be {match}",
        actual=f"frame {wrong[0].frame}: {in_words(wrong[0])}" if wrong else "no packet",
        frames=wrong,
        requirement=requirement,
    )


@case("5880-4.1-01", judges=["5880-4.1-r05"])
def test_diagnostics_are_assigned_ones(bench: Bench) -> None:
    """Diag is never one of the reserved values 9 to 31."""
    puppet = establish(bench)
    bench.send(puppet, state=State.DOWN)
    bench.elapse(SECOND_US)
    all_match(bench, control(diag=Between(0, 8)), "5880-4.1-r05")


@case("5880-4.1-02", judges=["5880-4.1-r09"])
def test_desired_min_tx_is_never_zero(bench: Bench) -> None:
    """Desired Min TX Interval is never zero."""
    establish(bench)
    bench.elapse(SECOND_US)
    all_match(bench, control(desired_min_tx_interval_us=Not(0)), "5880-4.1-r09")


@case("5880-4.1-03", judges=["5880-4.1-r08", "5880-4.1-r10"])
def test_intervals_are_microseconds(bench: Bench) -> None:
    """An interval configured as 300 and 400 ms is announced as 300000 and 400000."""
    puppet = fresh(bench, desired_min_tx_us=300_000, required_min_rx_us=400_000)
    shake_hands(bench, puppet)
    # It may take the target a Poll Sequence to leave the slow rate.
    start = bench.mark()
    bench.expect(
        control(state=State.UP, desired_min_tx_interval_us=300_000),
        within_us=2 * SLOW_WAIT_US,
        after=start,
        requirement="5880-4.1-r08",
        puppet=puppet,
    )
    bench.expect(
        control(state=State.UP, required_min_rx_interval_us=400_000),
        within_us=2 * SLOW_WAIT_US,
        after=start,
        requirement="5880-4.1-r10",
        puppet=puppet,
    )


def signal_down(bench: Bench, puppet: Puppet) -> None:
    """The far end says Down once, and nothing more."""
    bench.stop_keepalives(puppet)
    bench.send(puppet, state=State.DOWN)


def fall_silent(bench: Bench, puppet: Puppet) -> None:
    """The far end says nothing more."""
    bench.stop_keepalives(puppet)


@cases(
    Row(
        "5880-4.1-191",
        ["5880-4.1-r04"],
        {"what": "the far end said Down", "happen": signal_down, "true": Diag.NEIGHBOR_SIGNALED_SESSION_DOWN},
    ),
    Row(
        "5880-4.1-192",
        ["5880-4.1-r04"],
        {"what": "the far end fell silent", "happen": fall_silent, "true": Diag.CONTROL_DETECTION_TIME_EXPIRED},
    ),
)
def test_diagnostics_are_true(bench: Bench, what: str, happen: Callable[[Bench, Puppet], None], true: Diag) -> None:
    """Diag names nothing that did not happen: none before anything did, and no other cause after {what}."""
    puppet = establish(bench, new=True)
    happen(bench, puppet)
    down = bench.wait(
        control(state=State.DOWN),
        within_us=puppet.detect_mult * puppet.desired_min_tx_us + SLOW_WAIT_US,
        what="the failure",
        puppet=puppet,
    )
    packets = bench.from_target(bench.origin)
    # Whether the diagnostic is given at all is the matter of 6.8.4 and 6.8.6: none is always true.
    untrue = [
        seen
        for seen in packets
        if seen.packet.diag not in ((Diag.NONE, true) if seen.time_us >= down.time_us else (Diag.NONE,))
    ]
    bench.check(
        not untrue,
        expected=f"diagnostic 0 until frame {down.frame}, from then on 0 or {int(true)}, because {what}",
        actual=f"frame {untrue[0].frame}: {in_words(untrue[0])}" if untrue else "",
        frames=untrue,
    )
