"""RFC 5880 section 6.5: the Poll Sequence, seen from the side that is asked and from the side that asks."""

from conformance.bench.bench import Bench, Mark
from conformance.bench.cases import case
from conformance.bench.match import control
from conformance.bench.packets import Seen
from conformance.bench.puppet import Puppet
from conformance.bench.rates import Rate, collect_intervals, judge_rate
from conformance.bench.scenario import SLOW_WAIT_US, establish, poll
from conformance.bench.verdicts import Inconclusive
from refimpl.core.constants import State
from topologies.node import Capability

INTERVAL_US = 300_000
SECOND_US = 1_000_000


def provoke_poll(bench: Bench, *, answered: bool) -> tuple[Puppet, Mark, Seen]:
    """Raise the target's Desired Min TX Interval while Up, and wait for its first Poll."""
    puppet = establish(bench, desired_min_tx_us=INTERVAL_US)
    puppet.answers_polls = answered
    start = bench.command(bench.node.set_timers, bench.specs[0], desired_min_tx_us=2 * INTERVAL_US)
    first = bench.wait(
        control(poll=True), within_us=SLOW_WAIT_US, after=start, what="the target's Poll Sequence", puppet=puppet
    )
    return puppet, start, first


@case("5880-6.5-01", judges=["5880-6.5-r01", "5880-6.5-r02"], needs=[Capability.CHANGE_TX])
def test_poll_is_repeated_until_final(bench: Bench) -> None:
    """As long as its Poll is not answered, the target sets P on packet after packet."""
    puppet, _, first = provoke_poll(bench, answered=False)
    bench.until(first.time_us + 5 * INTERVAL_US)
    after = [seen for seen in bench.from_target(first) if puppet.is_from_target(seen) and not seen.packet.final]
    if len(after) < 3:
        raise Inconclusive(f"only {len(after)} packets after the first Poll")
    bench.check(
        after[0].packet.poll,
        expected=f"P set also on the packet after frame {first.frame}, the first Poll",
        actual=f"frame {after[0].frame} without P",
        frames=[first, after[0]],
        requirement="5880-6.5-r01",
    )
    without = [seen for seen in after if not seen.packet.poll]
    bench.check(
        not without,
        expected="P set on every packet until a Final comes",
        actual=f"{len(without)} of {len(after)} packets without P, the first one frame {without[0].frame}"
        if without
        else "",
        frames=without,
        requirement="5880-6.5-r02",
    )


@case("5880-6.5-02", judges=["5880-6.5-r03", "5880-6.5-r08"], needs=[Capability.CHANGE_TX])
def test_final_ends_the_poll(bench: Bench) -> None:
    """After the Final the target goes on with periodic packets, P clear."""
    puppet, _, _ = provoke_poll(bench, answered=False)
    final = bench.send(puppet, final=True)
    # A packet that was on its way when the Final came may still carry P.
    settled = Mark(final.time_us + bench.tolerance_for(SECOND_US), len(bench.log))
    bench.until(settled.time_us + 4 * INTERVAL_US)
    after = [seen for seen in bench.from_target(final) if seen.time_us > settled.time_us and not seen.packet.final]
    polls = [seen for seen in after if seen.packet.poll]
    bench.check(
        not polls,
        expected=f"P clear after the Final (frame {final.frame})",
        actual=f"frame {polls[0].frame} with P set" if polls else "",
        frames=[final, *polls],
        requirement="5880-6.5-r03",
    )
    bench.check(
        len(after) >= 2,
        expected="periodic packets after the Poll Sequence",
        actual=f"{len(after)} packets in four intervals",
        frames=[final, *after],
        requirement="5880-6.5-r08",
    )


@case("5880-6.5-03", judges=["5880-6.5-r04"], needs=[Capability.CHANGE_TX])
def test_poll_and_final_never_together(bench: Bench) -> None:
    """No packet has P and F set, even when the target answers a Poll during its own Poll Sequence."""
    puppet, start, _ = provoke_poll(bench, answered=False)
    poll(bench, puppet)
    poll(bench, puppet)
    both = [seen for seen in bench.from_target(start) if seen.packet.poll and seen.packet.final]
    bench.check(
        not both,
        expected="P or F, never both",
        actual=f"frame {both[0].frame} with both" if both else "",
        frames=both,
    )


@case("5880-6.5-04", judges=["5880-6.5-r06", "5880-6.5-r05"], needs=[Capability.CHANGE_TX])
def test_poll_rides_on_periodic_packets(bench: Bench) -> None:
    """During a Poll Sequence the target sends no packets beyond the periodic ones."""
    puppet, _, first = provoke_poll(bench, answered=False)
    intervals = collect_intervals(bench, puppet, 6, slowest_us=2 * INTERVAL_US, after=first)
    judge_rate(bench, intervals, Rate(INTERVAL_US, too_fast="5880-6.5-r06"))
    bench.check(
        all(interval.second.packet.poll for interval in intervals),
        expected="P set on the periodic packets",
        actual="a periodic packet without P during the Poll Sequence",
        frames=[interval.second for interval in intervals if not interval.second.packet.poll],
        requirement="5880-6.5-r05",
    )


@case("5880-6.5-05", judges=["5880-6.8.7-r27"])
def test_no_poll_without_reason(bench: Bench) -> None:
    """With nothing to tell, the target's packets have P clear."""
    puppet = establish(bench)
    bench.expect_never(
        control(state=State.UP, poll=True),
        for_us=2 * SECOND_US,
        after=bench.mark(),
        puppet=puppet,
        because="no Poll Sequence is running",
    )
