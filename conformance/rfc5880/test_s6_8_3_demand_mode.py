"""RFC 5880 section 6.8.3: what tells two Poll Sequences apart in Demand mode."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.demand import target_asks
from conformance.bench.match import control
from conformance.bench.scenario import SLOW_WAIT_US, establish
from refimpl.core.constants import State
from topologies.node import Capability

LONG_US = 600_000


@case("5880-6.8.3-151", judges=["5880-6.8.3-r17"], needs=[Capability.DEMAND, Capability.CHANGE_RX])
def test_second_poll_needs_no_packet_with_final_clear(bench: Bench) -> None:
    """In Demand mode no packet with F clear comes after the Final: a second change is polled about all the same."""
    puppet = establish(bench)
    target_asks(bench, puppet)  # the first Poll Sequence; after its Final the far end is silent
    start = bench.command(bench.node.set_timers, bench.specs[0], required_min_rx_us=LONG_US)
    bench.expect(
        control(state=State.UP, poll=True, required_min_rx_interval_us=LONG_US),
        within_us=SLOW_WAIT_US,
        after=start,
        puppet=puppet,
    )
