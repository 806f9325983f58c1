"""RFC 5880 section 6.8.7: when the D bit of transmitted packets must be clear."""

from collections.abc import Sequence

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.demand import DEMAND
from conformance.bench.match import control
from conformance.bench.packets import Seen, in_words
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import SLOW_WAIT_US, establish, fresh
from refimpl.core.constants import State
from topologies.node import Capability


def judge_clear(bench: Bench, packets: Sequence[Seen], why: str) -> None:
    """None of these packets has D set."""
    wrong = [seen for seen in packets if seen.packet.demand]
    bench.check(
        not wrong,
        expected=f"D clear in {len(packets)} packets: {why}",
        actual=f"frame {wrong[0].frame}: {in_words(wrong[0])}" if wrong else "",
        frames=wrong,
    )


@case("5880-6.8.7-151", judges=["5880-6.8.7-r20"], needs=[Capability.DEMAND])
def test_demand_bit_is_clear_after_a_failure(bench: Bench) -> None:
    """The session fails in Demand mode, the far end having said Up last: D is clear in Down."""
    puppet = establish(bench)
    puppet.answers_polls = False
    start = bench.command(bench.node.set_demand, bench.specs[0], enabled=True)
    asked = bench.wait(DEMAND, within_us=SLOW_WAIT_US, after=start, what="Demand mode", puppet=puppet)
    bench.stop_keepalives(puppet)
    down = bench.wait(control(state=State.DOWN), within_us=SLOW_WAIT_US, after=asked, what="the failure", puppet=puppet)
    bench.until(down.time_us + 2 * SLOW_US)
    judge_clear(bench, [down, *bench.from_target(down)], "the session is not Up")


@case("5880-6.8.7-152", judges=["5880-6.8.7-r34"], needs=[Capability.DEMAND])
def test_demand_bit_is_clear_before_up(bench: Bench) -> None:
    """A session that wants Demand mode from its beginning has D clear in Down and in Init."""
    puppet = fresh(bench, demand=True)
    hello = bench.send(puppet)
    init = bench.wait(control(state=State.INIT), within_us=SLOW_WAIT_US, after=hello, what="Init", puppet=puppet)
    bench.until(init.time_us + 2 * SLOW_US)
    judge_clear(bench, bench.from_target(bench.origin), "the session is not Up")


@case("5880-6.8.7-153", judges=["5880-6.8.7-r21"], needs=[Capability.DEMAND])
def test_demand_bit_is_clear_until_the_far_end_is_up(bench: Bench) -> None:
    """The target is Up and wants Demand mode, the far end still says Init: D is clear; it says Up: D is set."""
    puppet = fresh(bench, demand=True)
    bench.send(puppet)
    bench.wait(control(state=State.INIT), within_us=SLOW_WAIT_US, what="the handshake", puppet=puppet)
    puppet.state = State.INIT
    told = bench.send(puppet)
    bench.start_keepalives(puppet)
    bench.wait(control(state=State.UP), within_us=SLOW_WAIT_US, after=told, what="Up", puppet=puppet)
    bench.until(told.time_us + 2 * SLOW_US)
    judge_clear(bench, bench.from_target(told), "the far end has not reported Up")
    puppet.state = State.UP
    up = bench.send(puppet, poll=True)
    bench.wait(DEMAND, within_us=SLOW_WAIT_US, after=up, what="Demand mode", puppet=puppet)
