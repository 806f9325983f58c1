"""RFC 5880 section 6.8.3: changes unless Up, changes in a Final, and a second change while a Poll is unanswered."""

from conformance.bench.bench import Bench, Mark
from conformance.bench.cases import Row, case, cases
from conformance.bench.match import Not, control
from conformance.bench.packets import Seen, in_words
from conformance.bench.puppet import SLOW_US, Puppet
from conformance.bench.rates import Rate, collect_intervals, judge_rate
from conformance.bench.scenario import SLOW_WAIT_US, establish, fresh
from topologies.node import Capability

FIRST_US = 500_000
SECOND_US = 400_000
ROUND_TRIP_US = 500_000


def first_poll(bench: Bench, puppet: Puppet) -> Seen:
    """Change the target's Desired Min TX Interval to FIRST_US while Up; returns its first Poll, which stays without an
    answer."""
    puppet.answers_polls = False
    start = bench.command(bench.node.set_timers, bench.specs[0], desired_min_tx_us=FIRST_US)
    asked = control(poll=True, desired_min_tx_interval_us=FIRST_US)
    return bench.wait(asked, within_us=SLOW_WAIT_US, after=start, what="the target's Poll Sequence", puppet=puppet)


@case("5880-6.8.3-16", judges=["5880-6.8.6-r25", "5880-6.8.3-r05"], needs=[Capability.CHANGE_TX], seconds=7)
def test_far_end_changes_its_rate_in_a_final(bench: Bench) -> None:
    """The far end's Final carries a new Required Min RX Interval ahead of its own Poll: it counts from there."""
    asked_us = 900_000
    # Nothing is sent after the Final that could tell the interval a second time, so the Detection Time has to be long.
    puppet = bench.puppet(detect_mult=20)
    establish(bench, puppet=puppet)
    first_poll(bench, puppet)
    puppet.keepalives, puppet.next_keepalive_us = False, None
    puppet.required_min_rx_us = asked_us
    final = bench.send(puppet, final=True)
    bench.until(final.time_us + asked_us)
    intervals = collect_intervals(bench, puppet, 3, slowest_us=asked_us, after=bench.mark())
    judge_rate(bench, intervals, Rate(asked_us, too_fast="5880-6.8.6-r25"))
    # A permission of the far end's, and it was used: there is nothing in it that the target could do wrong.
    bench.check(True, expected="", actual="", requirement="5880-6.8.3-r05")


@cases(
    Row("5880-6.8.3-17", ["5880-6.8.3-r15"], {"what": "raised", "before_us": SLOW_US, "after_us": 2 * SLOW_US}),
    Row("5880-6.8.3-18", ["5880-6.8.3-r15"], {"what": "lowered", "before_us": 2 * SLOW_US, "after_us": SLOW_US}),
    needs=[Capability.CHANGE_TX],
)
def test_change_while_down(bench: Bench, what: str, before_us: int, after_us: int) -> None:
    """Desired Min TX Interval {what} in Down: the rate changes at once, though nobody answers the Poll."""
    puppet = fresh(bench, desired_min_tx_us=before_us)
    puppet.answers_polls = False
    old = bench.log[-1].packet.desired_min_tx_interval_us
    start = bench.command(bench.node.set_timers, bench.specs[0], desired_min_tx_us=after_us)
    changed = control(desired_min_tx_interval_us=Not(old))
    # From when the change was accepted, which on a busy machine takes a while, two packets are time enough.
    found = bench.find(start, bench.now() - start.time_us + 2 * before_us, puppet, [changed])
    if found is None:
        # Below a second it must not be (6.8.3); above, its value is the system's own affair (6.8.1).
        bench.alternatives.append("Desired Min TX Interval does not follow the configuration while Down")
        bench.check(True, expected="", actual="")
        return
    first, _ = found
    announced = first.packet.desired_min_tx_interval_us
    # The first packet that tells the new value begins the first interval.
    index = next(i for i, seen in enumerate(bench.log) if seen.frame == first.frame)
    intervals = collect_intervals(bench, puppet, 2, slowest_us=announced, after=Mark(first.time_us, index))
    rate = Rate(announced, too_fast="5880-6.8.3-r15", too_slow="5880-6.8.3-r15")
    judge_rate(bench, intervals, rate, f"interval in Down, {what}")


@case(
    "5880-6.8.3-19",
    judges=["5880-6.8.3-r16", "5880-6.8.3-r04"],
    needs=[Capability.CHANGE_TX, Capability.CHANGE_RX],
    seconds=8,
)
def test_second_change_during_a_poll(bench: Bench) -> None:
    """A second change while the first one's Poll is unanswered is not taken for acknowledged with it, nor lost."""
    puppet = establish(bench)
    asked = first_poll(bench, puppet)
    start = bench.command(bench.node.set_timers, bench.specs[0], required_min_rx_us=SECOND_US)
    # The answer to that Poll, as it comes over a path with a round trip of half a second. Answers to later Polls are
    # lost on it, so whatever the target says about the second change has not been acknowledged by anybody.
    bench.until(asked.time_us + ROUND_TRIP_US)
    final = bench.send(puppet, final=True)
    bench.until(final.time_us + 2 * SLOW_US)
    second = [
        seen
        for seen in bench.from_target(start)
        if puppet.is_from_target(seen)
        and not seen.packet.final
        and seen.packet.required_min_rx_interval_us == SECOND_US
        and seen.time_us > final.time_us + bench.tolerance_between(since=final)
    ]
    settled = [seen for seen in second if not seen.packet.poll]
    bench.check(
        not settled,
        expected=f"P set on what announces the second change: the Final of frame {final.frame} answers the Poll of "
        f"frame {asked.frame}, which did not carry it",
        actual=f"frame {settled[0].frame}: {in_words(settled[0])}" if settled else "",
        frames=[asked, final, *settled],
        requirement="5880-6.8.3-r16",
    )
    bench.expect(
        control(poll=True, required_min_rx_interval_us=SECOND_US),
        within_us=final.time_us - start.time_us + SLOW_WAIT_US,
        after=start,
        requirement="5880-6.8.3-r04",
        puppet=puppet,
    )
