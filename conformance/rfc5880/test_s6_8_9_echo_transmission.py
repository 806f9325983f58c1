"""RFC 5880 section 6.8.9: when Echo packets may be sent, and how often."""

from itertools import pairwise

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.echo import SeenEcho
from conformance.bench.echo_scenario import ECHO_US, echoes, judge_none, never_echo, sending, start_echo, willing
from conformance.bench.match import Not, control
from conformance.bench.oracle import TOO_COARSE
from conformance.bench.packets import milliseconds
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import SLOW_WAIT_US, establish, in_init
from conformance.bench.verdicts import Inconclusive
from refimpl.core.constants import State
from topologies.node import Capability

SEND = [Capability.ECHO_SEND]
GRACE_US = 50_000
"""What a target may need to take in a packet and to act upon it."""

LEAST_PART = 0.75
PACKETS = 20


@case("5880-6.8.9-01", judges=["5880-6.8.9-r01"], needs=SEND)
def test_none_in_init(bench: Bench) -> None:
    """In Init no Echo packet is sent, though the far end announces that it loops them back."""
    puppet = bench.puppet(loops_echo=True, required_min_echo_rx_us=ECHO_US)
    in_init(bench, puppet=puppet, desired_min_echo_tx_us=ECHO_US)
    bench.elapse(SLOW_US)
    ups = [seen for seen in bench.from_target(bench.origin) if seen.packet.state == State.UP]
    if ups:
        raise Inconclusive(f"the target went Up by itself (frame {ups[0].frame})")
    judge_none(bench, echoes(bench, puppet), "5880-6.8.9-r01", "before the session is Up")


@case("5880-6.8.9-02", judges=["5880-6.8.9-r01"], needs=SEND)
def test_none_after_down(bench: Bench) -> None:
    """When the session has left Up, no Echo packet is sent, though the far end still announces to loop them back."""
    puppet = sending(bench)
    bench.stop_keepalives(puppet)
    bench.send(puppet, state=State.DOWN)
    left = bench.wait(control(state=Not(State.UP)), within_us=SLOW_WAIT_US, what="the failure", puppet=puppet)
    because = "which is not Up"
    never_echo(bench, puppet, left, grace_us=0, for_us=SLOW_US, requirement="5880-6.8.9-r01", because=because)


@case("5880-6.8.9-03", judges=["5880-6.8.9-r02"], needs=SEND)
def test_none_without_willingness(bench: Bench) -> None:
    """While the far end announces Required Min Echo RX Interval 0, no Echo packets are sent."""
    puppet = bench.puppet(loops_echo=True)
    establish(bench, puppet=puppet)
    bench.command(bench.node.set_echo, bench.specs[0], desired_min_echo_tx_us=ECHO_US)
    bench.elapse(SLOW_US)
    judge_none(bench, echoes(bench, puppet), "5880-6.8.9-r02", "before the far end announces that it loops them back")
    start_echo(bench, puppet)


@case("5880-6.8.9-04", judges=["5880-6.8.9-r04"], needs=SEND)
def test_interval(bench: Bench) -> None:
    """Echo packets keep the interval that the far end announces, here 200 ms though 50 ms are wished for."""
    interval_us = 200_000
    puppet = willing(bench, desired_min_echo_tx_us=50_000)
    first = start_echo(bench, puppet, interval_us)
    bench.until(first.time_us + PACKETS * interval_us)
    judge_echo_rate(bench, echoes(bench, puppet, first.time_us - 1), interval_us)


def judge_echo_rate(bench: Bench, sent: list[SeenEcho], interval_us: int) -> None:
    """A single extra packet is allowed between two scheduled ones, so two packets with another one in between have to
    be an interval apart, less jitter."""
    if len(sent) < PACKETS // 2:
        raise Inconclusive(f"only {len(sent)} Echo packets")
    triples = [(pair[0], pair[1], bench.tolerance_between(*pair)) for pair in zip(sent, sent[2:], strict=False)]
    judged = [triple for triple in triples if triple[2] <= interval_us * TOO_COARSE]
    if 2 * len(judged) < len(triples):
        raise Inconclusive(f"the tester was too late to judge {len(triples) - len(judged)} of {len(triples)} intervals")
    least_us = int(interval_us * LEAST_PART)
    bench.measure(
        "Echo interval",
        [later.time_us - earlier.time_us for earlier, later in pairwise(sent)],
        f"from {milliseconds(interval_us * LEAST_PART)}, single extra packets aside",
    )
    close = [
        (first, third) for first, third, tolerance in judged if third.time_us - first.time_us < least_us - tolerance
    ]
    bench.check(
        not close,
        expected=f"Echo packets at least {milliseconds(least_us)} apart, single extra ones and tolerance aside",
        actual=f"three Echo packets within {milliseconds(close[0][1].time_us - close[0][0].time_us)}" if close else "",
        frames=[each for pair in close[:3] for each in pair],
    )
    if any(later.time_us - earlier.time_us < least_us // 2 for earlier, later in pairwise(sent)):
        bench.alternatives.append("single extra Echo packets between scheduled ones (6.8.9)")
