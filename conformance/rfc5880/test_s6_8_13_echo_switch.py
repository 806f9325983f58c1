"""RFC 5880 section 6.8.13: looping back of Echo packets is switched on and off."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.echo_scenario import (
    ECHO_US,
    echo_rx_of,
    judge_returned,
    send_echoes,
)
from conformance.bench.match import Not, control
from conformance.bench.scenario import SLOW_WAIT_US, establish, stays_up
from topologies.node import Capability


@case("5880-6.8.13-01", judges=["5880-6.8.13-r03"], needs=[Capability.ECHO_REFLECT])
def test_looping_is_switched_by_the_field(bench: Bench) -> None:
    """Looping back is switched on by a nonzero field in a running session, and off by zero; the session stays Up."""
    puppet = establish(bench)
    began = bench.mark()
    start = bench.command(bench.node.set_echo, bench.specs[0], required_min_echo_rx_us=ECHO_US)
    bench.expect(control(required_min_echo_rx_interval_us=Not(0)), within_us=SLOW_WAIT_US, after=start, puppet=puppet)
    judge_returned(bench, send_echoes(bench, puppet, 5, max(ECHO_US, echo_rx_of(puppet))), "5880-6.8.13-r03")
    start = bench.command(bench.node.set_echo, bench.specs[0], required_min_echo_rx_us=0)
    bench.expect(control(required_min_echo_rx_interval_us=0), within_us=SLOW_WAIT_US, after=start, puppet=puppet)
    stays_up(bench, puppet, began)
