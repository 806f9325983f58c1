"""RFC 5880 section 6.8.7: Required Min Echo RX Interval in outgoing packets."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.echo_scenario import (
    ECHO_US,
    looping,
)
from conformance.bench.match import control
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import SLOW_WAIT_US
from topologies.node import Capability


@case("5880-6.8.7-171", judges=["5880-6.8.7-r42"], needs=[Capability.ECHO_REFLECT])
def test_announced_echo_interval(bench: Bench) -> None:
    """Required Min Echo RX Interval is what was configured, and zero where looping back is off."""
    puppet = looping(bench, interval_us=ECHO_US)
    bench.expect(
        control(required_min_echo_rx_interval_us=ECHO_US), within_us=SLOW_US, after=bench.mark(), puppet=puppet
    )
    start = bench.command(bench.node.set_echo, bench.specs[0], required_min_echo_rx_us=0)
    bench.expect(control(required_min_echo_rx_interval_us=0), within_us=SLOW_WAIT_US, after=start, puppet=puppet)
