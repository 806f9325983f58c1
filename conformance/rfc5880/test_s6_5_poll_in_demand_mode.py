"""RFC 5880 section 6.5: what a Poll Sequence leaves behind when the far end is in Demand mode."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.demand import far_end_asks
from conformance.bench.match import control
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import PERIODIC, SLOW_WAIT_US, establish, sane_after
from topologies.node import Capability

INTERVAL_US = 300_000


@case("5880-6.5-151", judges=["5880-6.5-r07"], needs=[Capability.CHANGE_RX], seconds=6)
def test_silence_returns_after_the_poll(bench: Bench) -> None:
    """The far end is in Demand mode; the target polls about a new interval and, answered, falls silent again."""
    puppet = establish(bench)
    far_end_asks(bench, puppet)
    start = bench.command(bench.node.set_timers, bench.specs[0], required_min_rx_us=2 * INTERVAL_US)
    asked = bench.wait(
        control(poll=True, required_min_rx_interval_us=2 * INTERVAL_US),
        within_us=SLOW_WAIT_US,
        after=start,
        what="the target's Poll",
        puppet=puppet,
    )
    # The puppet answered at once; a packet that was on its way meanwhile does not count.
    bench.until(asked.time_us + 2 * INTERVAL_US)
    bench.expect_never(
        PERIODIC,
        for_us=2 * SLOW_US,
        after=bench.mark(),
        puppet=puppet,
        because="the Poll Sequence is over and the far end is in Demand mode",
    )
    sane_after(bench, puppet)
