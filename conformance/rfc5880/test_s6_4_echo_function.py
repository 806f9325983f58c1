"""RFC 5880 section 6.4: the Echo function, and what an announced rate commits a system to."""

from conformance.bench.bench import PROMPT_US, Bench, Mark
from conformance.bench.cases import case
from conformance.bench.echo_scenario import echo_rx_of, judge_returned, looping, send_echoes
from conformance.bench.match import control
from conformance.bench.packets import in_words
from conformance.bench.puppet import SLOW_US, Puppet
from conformance.bench.rates import Rate, collect_intervals, judge_rate
from conformance.bench.scenario import announce, establish, stays_up
from conformance.bench.verdicts import Inconclusive
from refimpl.core.constants import State
from topologies.node import Capability

FAST_US = 50_000


def keeps_the_slower_rate(bench: Bench, puppet: Puppet, start: Mark) -> None:
    """Judge that the target sends one packet a second, as the far end requires; it has to stay Up meanwhile."""
    intervals = collect_intervals(bench, puppet, 3, slowest_us=SLOW_US, after=start)
    judge_rate(bench, intervals, Rate(SLOW_US, too_fast="5880-6.8.7-r08"))
    left = [seen for seen in bench.from_target(start) if puppet.is_from_target(seen) and seen.packet.state != State.UP]
    if left:
        raise Inconclusive(f"the target left Up: {in_words(left[0])}")


@case("5880-6.4-01", judges=["5880-6.8.7-r08", "5880-6.4-r04"], needs=[Capability.ECHO_REFLECT])
def test_far_end_slows_control_packets(bench: Bench) -> None:
    """The far end runs the Echo function and raises Required Min RX Interval to a second: the target copes."""
    puppet = looping(bench)
    announce(bench, puppet, required_min_rx_us=SLOW_US)
    start = bench.mark()
    send_echoes(bench, puppet, 10, max(100_000, echo_rx_of(puppet)))
    keeps_the_slower_rate(bench, puppet, start)
    bench.check(True, expected="state Up at either rate of Control packets", actual="", requirement="5880-6.4-r04")


@case("5880-6.4-02", judges=["5880-6.8.7-r08", "5880-6.4-r05"])
def test_directions_differ(bench: Bench) -> None:
    """Control packets at one a second from the target and eight a second to it: the target copes."""
    puppet = bench.puppet(desired_min_tx_us=125_000, required_min_rx_us=SLOW_US)
    establish(bench, puppet=puppet, required_min_rx_us=125_000, desired_min_tx_us=125_000)
    start = bench.mark()
    keeps_the_slower_rate(bench, puppet, start)
    bench.check(True, expected="state Up with a rate for each direction", actual="", requirement="5880-6.4-r05")


@case("5880-6.4-03", judges=["5880-6.4-r09"], needs=[Capability.ECHO_REFLECT])
def test_echo_packets_at_the_announced_rate(bench: Bench) -> None:
    """Echo packets at the announced rate come back while Control packets come at theirs."""
    puppet = bench.puppet(desired_min_tx_us=FAST_US)
    looping(bench, interval_us=FAST_US, puppet=puppet, required_min_rx_us=FAST_US)
    start = bench.mark()
    sent = send_echoes(bench, puppet, 30, max(FAST_US, echo_rx_of(puppet)))
    # A link may lose a packet now and then; one in ten is more than that.
    judge_returned(bench, sent, "5880-6.4-r09", at_least=27, because="they were sent at the rate that it announces")
    stays_up(bench, puppet, start, requirement="5880-6.4-r09")
    bench.wait(control(state=State.UP), within_us=PROMPT_US, after=bench.mark(), what="a sane target", puppet=puppet)
