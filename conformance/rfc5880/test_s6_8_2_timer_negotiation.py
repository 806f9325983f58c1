"""RFC 5880 section 6.8.2: timing is negotiated all the time, for each direction and each session on its own.

Tolerance: the fixed part of the bench plus twice its measured lateness, at most a tenth of the time that is judged.
"""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.detection import Judges, judge_expiry
from conformance.bench.packets import milliseconds
from conformance.bench.puppet import Puppet
from conformance.bench.rates import Rate, collect_intervals, judge_rate
from conformance.bench.scenario import PERIODIC, SLOW_WAIT_US, announce, establish, stays_up
from topologies.node import Capability

SHORT_US = 300_000
LONG_US = 900_000
MULT = 3


def judge_new_rate(bench: Bench, puppet: Puppet, interval_us: int, requirement: str) -> None:
    """Judge three intervals, the first of which begins with a packet that is sent from now on.

    Which interval it is can be told from afar; how exactly it is kept is for the cases of 6.8.7.
    """
    bench.wait(PERIODIC, within_us=SLOW_WAIT_US, after=bench.mark(), what="a periodic packet", puppet=puppet)
    intervals = collect_intervals(bench, puppet, 3, slowest_us=LONG_US, after=bench.mark())
    rate = Rate(interval_us, too_fast=requirement, too_slow=requirement, least=0.5, greatest=1.5)
    judge_rate(bench, intervals, rate, f"interval at {milliseconds(interval_us)}")


@case("5880-6.8.2-01", judges=["5880-6.8.2-r01"], seconds=8)
def test_rate_is_negotiated_again_and_again(bench: Bench) -> None:
    """Required Min RX Interval of the far end goes from 300 to 900 ms and to 500 again: the rate follows."""
    puppet = establish(bench)
    for interval_us in (LONG_US, 500_000):
        announce(bench, puppet, required_min_rx_us=interval_us)
        judge_new_rate(bench, puppet, interval_us, "5880-6.8.2-r01")


@case("5880-6.8.2-02", judges=["5880-6.8.2-r01"], seconds=8)
def test_detection_time_is_negotiated_again(bench: Bench) -> None:
    """Desired Min TX Interval of the far end goes from 300 to 900 ms and back: the Detection Time follows."""
    puppet = bench.puppet(detect_mult=MULT)
    establish(bench, puppet=puppet)
    announce(bench, puppet, desired_min_tx_us=LONG_US)
    bench.stop_keepalives(puppet)
    raised = bench.send(puppet)
    # The old Detection Time passes twice, the new one does not.
    bench.until(raised.time_us + 2 * MULT * SHORT_US)
    stays_up(bench, puppet, raised, because=f"the Detection Time is {milliseconds(MULT * LONG_US)} now")
    puppet.answers_polls = True
    announce(bench, puppet, desired_min_tx_us=SHORT_US)
    bench.stop_keepalives(puppet)
    bench.send(puppet)
    judge_expiry(bench, puppet, MULT * SHORT_US, Judges(too_late="5880-6.8.2-r01"))


@case("5880-6.8.2-03", judges=["5880-6.8.2-r02"])
def test_rate_does_not_depend_on_the_other_direction(bench: Bench) -> None:
    """The far end sends every 900 ms, as agreed: the target sends every 300 ms, as agreed."""
    puppet = bench.puppet(desired_min_tx_us=LONG_US, required_min_rx_us=SHORT_US)
    establish(bench, puppet=puppet, desired_min_tx_us=SHORT_US, required_min_rx_us=LONG_US)
    judge_new_rate(bench, puppet, SHORT_US, "5880-6.8.2-r02")


@case("5880-6.8.2-04", judges=["5880-6.8.2-r02"])
def test_detection_time_does_not_depend_on_the_other_direction(bench: Bench) -> None:
    """The target sends every 900 ms, as agreed: it expects the far end's packets every 300 ms, as agreed."""
    puppet = bench.puppet(desired_min_tx_us=SHORT_US, required_min_rx_us=LONG_US, detect_mult=MULT)
    establish(bench, puppet=puppet, desired_min_tx_us=LONG_US, required_min_rx_us=SHORT_US)
    bench.stop_keepalives(puppet)
    bench.send(puppet)
    judge_expiry(bench, puppet, MULT * SHORT_US, Judges(too_late="5880-6.8.2-r02"))


@cases(
    Row("5880-6.8.2-05", ["5880-6.8.2-r03"], {"slow": 4, "other": 6}),
    Row("5880-6.8.2-06", ["5880-6.8.2-r03"], {"slow": 6, "other": 4}),
    needs=[Capability.IPV4, Capability.IPV6],
)
def test_sessions_are_negotiated_apart(bench: Bench, slow: int, other: int) -> None:
    """The far end of the session over IPv{slow} asks for fewer packets: the rate over IPv{other} stays."""
    asking, bystander = establish(bench, slow), establish(bench, other)
    announce(bench, asking, required_min_rx_us=LONG_US)
    judge_new_rate(bench, bystander, SHORT_US, "5880-6.8.2-r03")
