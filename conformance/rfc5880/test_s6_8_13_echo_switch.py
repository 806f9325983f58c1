"""RFC 5880 sections 6.8.13, 6.8.6, 6.8.7, 6.8.16 and 4.1: the Echo function is announced, switched on and off."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.echo_scenario import (
    ECHO_US,
    echo_rx_of,
    judge_returned,
    looping,
    never_echo,
    send_echoes,
    sending,
)
from conformance.bench.match import Between, Not, control
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import SLOW_WAIT_US, establish, poll, stays_up
from refimpl.core.constants import State
from topologies.node import Capability

SEND, REFLECT = [Capability.ECHO_SEND], [Capability.ECHO_REFLECT]
GRACE_US = 50_000
"""What a target may need to take in a packet and to act upon it."""


@case("5880-4.1-171", judges=["5880-4.1-r11"], needs=REFLECT)
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


@case("5880-6.8.7-171", judges=["5880-6.8.7-r42"], needs=REFLECT)
def test_announced_echo_interval(bench: Bench) -> None:
    """Required Min Echo RX Interval is what was configured, and zero where looping back is off."""
    puppet = looping(bench, interval_us=ECHO_US)
    bench.expect(
        control(required_min_echo_rx_interval_us=ECHO_US), within_us=SLOW_US, after=bench.mark(), puppet=puppet
    )
    start = bench.command(bench.node.set_echo, bench.specs[0], required_min_echo_rx_us=0)
    bench.expect(control(required_min_echo_rx_interval_us=0), within_us=SLOW_WAIT_US, after=start, puppet=puppet)


@case("5880-6.8.13-01", judges=["5880-6.8.13-r03"], needs=REFLECT)
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


@case("5880-6.8.6-171", judges=["5880-6.8.6-r23"], needs=SEND)
def test_zero_ends_echo_packets(bench: Bench) -> None:
    """An accepted packet with Required Min Echo RX Interval 0 ends the sending of Echo packets."""
    puppet = sending(bench)
    puppet.required_min_echo_rx_us = 0
    told = bench.send(puppet)
    because = "which has Required Min Echo RX Interval 0"
    never_echo(bench, puppet, told, grace_us=GRACE_US, for_us=SLOW_US, requirement="5880-6.8.6-r23", because=because)
    poll(bench, puppet)


@case("5880-6.8.16-171", judges=["5880-6.8.16-r04"], needs=[*SEND, Capability.ADMIN_DOWN])
def test_disabling_ends_echo_packets(bench: Bench) -> None:
    """A session that is disabled sends no more Echo packets."""
    puppet = sending(bench)
    start = bench.command(bench.node.set_admin, bench.specs[0], enabled=False)
    told = bench.wait(
        control(state=State.ADMIN_DOWN), within_us=SLOW_WAIT_US, after=start, what="AdminDown", puppet=puppet
    )
    never_echo(
        bench, puppet, told, grace_us=0, for_us=SLOW_US, requirement="5880-6.8.16-r04", because="which is AdminDown"
    )


@case("5880-6.8.3-171", judges=["5880-6.8.3-r11", "5880-6.4-r04"], needs=SEND)
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
