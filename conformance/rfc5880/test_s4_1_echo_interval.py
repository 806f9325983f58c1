"""RFC 5880 section 4.1: Required Min Echo RX Interval."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.echo_scenario import (
    ECHO_US,
    echo_rx_of,
    judge_returned,
    send_echoes,
)
from conformance.bench.match import control
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import establish
from topologies.node import Capability


@case("5880-4.1-171", judges=["5880-4.1-r11"], needs=[Capability.ECHO_REFLECT])
def test_echo_interval_is_microseconds(bench: Bench) -> None:
    """A Required Min Echo RX Interval of 250 ms is announced as 250000."""
    puppet = establish(bench, required_min_echo_rx_us=250_000)
    bench.expect(
        control(required_min_echo_rx_interval_us=250_000), within_us=SLOW_US, after=bench.mark(), puppet=puppet
    )


@case("5880-4.1-172", judges=["5880-4.1-r12"])
def test_what_is_announced_is_true(bench: Bench) -> None:
    """Required Min Echo RX Interval is zero, or Echo packets at that rate come back."""
    puppet = establish(bench)
    interval_us = echo_rx_of(puppet)
    if interval_us == 0:
        bench.check(True, expected="Required Min Echo RX Interval 0, or Echo packets looped back", actual="")
        bench.notes.append("Required Min Echo RX Interval is 0: no Echo packets are looped back")
        return
    sent = send_echoes(bench, puppet, 5, max(interval_us, ECHO_US))
    judge_returned(bench, sent, "5880-4.1-r12", because="a nonzero Required Min Echo RX Interval was announced")
