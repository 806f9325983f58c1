"""RFC 5880 section 6.8.3: Control packets while the Echo function is active."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.echo_scenario import (
    sending,
)
from conformance.bench.match import Between, control
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import SLOW_WAIT_US
from refimpl.core.constants import State
from topologies.node import Capability


@case("5880-6.8.3-171", judges=["5880-6.8.3-r11", "5880-6.4-r04"], needs=[Capability.ECHO_SEND])
def test_sedate_control_packets(bench: Bench) -> None:
    """While it sends Echo packets, the target announces a Required Min RX Interval of a second or more."""
    puppet = sending(bench)
    bench.check(True, expected="any Required Min RX Interval", actual="", requirement="5880-6.4-r04")
    bench.expect(
        control(state=State.UP, required_min_rx_interval_us=Between(least=SLOW_US)),
        within_us=SLOW_WAIT_US,
        after=bench.mark(),
        requirement="5880-6.8.3-r11",
        puppet=puppet,
    )
