"""RFC 5880 section 4.1: the fields of the Control packet, as the target fills them."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.match import Between, Match, Not, control
from conformance.bench.packets import in_words
from conformance.bench.scenario import SLOW_WAIT_US, establish, fresh, shake_hands
from refimpl.core.constants import State

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
