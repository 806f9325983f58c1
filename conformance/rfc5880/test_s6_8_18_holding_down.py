"""RFC 5880 section 6.8.18: a far end that is down controls the rate at which it is sent to."""

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.cases import case
from conformance.bench.match import control
from conformance.bench.puppet import SLOW_US, Puppet
from conformance.bench.rates import Rate, collect_intervals, judge_rate
from conformance.bench.scenario import FINAL, SLOW_WAIT_US, fresh
from refimpl.core.constants import State

HELD_US = 3 * SLOW_US


def hold_down(bench: Bench, required_min_rx_us: int) -> Puppet:
    """A far end that is AdminDown and goes on saying so once a second, with this Required Min RX Interval."""
    puppet = bench.puppet(state=State.ADMIN_DOWN, required_min_rx_us=required_min_rx_us, detect_mult=4)
    fresh(bench, puppet=puppet)
    bench.send(puppet)
    bench.start_keepalives(puppet)
    return puppet


@case("5880-6.8.18-01", judges=["5880-6.8.18-r04"])
def test_held_down_rate_is_obeyed(bench: Bench) -> None:
    """A far end in AdminDown asks for a packet every 3 s at most: the target, Down, obeys."""
    puppet = hold_down(bench, HELD_US)
    bench.elapse(SLOW_US)
    intervals = collect_intervals(bench, puppet, 2, slowest_us=HELD_US, after=bench.mark())
    judge_rate(bench, intervals, Rate(HELD_US, too_fast="5880-6.8.18-r04"))


@case("5880-6.8.18-02", judges=["5880-6.8.18-r04"])
def test_zero_silences_a_session_that_is_down(bench: Bench) -> None:
    """A far end in AdminDown asks for no packets: the target, Down, sends none but the answer to a Poll."""
    puppet = hold_down(bench, 0)
    bench.elapse(SLOW_US)
    bench.expect_never(
        control(final=False), for_us=HELD_US, after=bench.mark(), puppet=puppet, because="none were asked for"
    )
    asked = bench.send(puppet, poll=True)
    bench.wait(FINAL, within_us=500_000, after=asked, what="the sentinel", puppet=puppet)


@case("5880-6.8.18-03", judges=["5880-6.8.18-r05"])
def test_silence_lifts_the_hold(bench: Bench) -> None:
    """When the far end that asked for no packets has been silent for a Detection Time, the target sends again."""
    puppet = hold_down(bench, 0)
    bench.elapse(2 * SLOW_US)
    silent = bench.stop_keepalives(puppet)
    detection_us = puppet.detect_mult * SLOW_US
    bench.expect(
        control(state=State.DOWN, final=False), within_us=detection_us + SLOW_WAIT_US, after=silent, puppet=puppet
    )


@case("5880-6.8.18-191", judges=["5880-6.8.18-r06"], seconds=12)
def test_own_rate_after_the_hold(bench: Bench) -> None:
    """When the far end that asked for no packets has been silent for a Detection Time, the target may send again."""
    puppet = hold_down(bench, 0)
    bench.elapse(2 * SLOW_US)
    silent = bench.stop_keepalives(puppet)
    detection_us = puppet.detect_mult * SLOW_US
    sends = bench.find(silent, detection_us + SLOW_WAIT_US, puppet, [control(final=False)]) is not None
    asked = bench.send(puppet, poll=True)
    bench.wait(FINAL, within_us=PROMPT_US, after=asked, what="the sentinel", puppet=puppet)
    bench.check(True, expected="packets, or none", actual="", requirement="5880-6.8.18-r06")
    if not sends:
        bench.alternatives.append("the permission to send again is not used")
