"""RFC 5880 section 6.8.6: what an accepted packet changes in the receiver, other than its state."""

from conformance.bench.bench import Bench, Mark
from conformance.bench.cases import case
from conformance.bench.detection import Judges, judge_expiry
from conformance.bench.match import control
from conformance.bench.packets import in_words
from conformance.bench.puppet import SLOW_US, Puppet
from conformance.bench.rates import Rate, collect_intervals, judge_rate
from conformance.bench.scenario import SLOW_WAIT_US, announce, establish, fresh, poll
from refimpl.core.constants import State
from topologies.node import Capability

INTERVAL_US = 300_000
PERIODIC = control(final=False, poll=False)


@case("5880-6.8.6-61", judges=["5880-6.8.7-r39", "5880-6.8.6-r19"])
def test_my_discriminator_is_reflected(bench: Bench) -> None:
    """Your Discriminator of the target's packets is the far end's My Discriminator, also when that has changed."""
    puppet = establish(bench)
    judge_reflection(bench, puppet, bench.mark(), "5880-6.8.7-r39")
    puppet.my_discriminator ^= 0x77777777
    changed = bench.send(puppet)
    # What was on its way when the new value arrived does not count.
    bench.until(changed.time_us + INTERVAL_US)
    judge_reflection(bench, puppet, bench.mark(), "5880-6.8.6-r19")


def judge_reflection(bench: Bench, puppet: Puppet, start: Mark, requirement: str) -> None:
    """For a second, every packet of the target carries the puppet's discriminator."""
    bench.until(start.time_us + SLOW_US)
    packets = [seen for seen in bench.from_target(start) if puppet.is_from_target(seen)]
    wrong = [seen for seen in packets if seen.packet.your_discriminator != puppet.my_discriminator]
    bench.check(
        bool(packets) and not wrong,
        expected=f"Your Discriminator {puppet.my_discriminator:#010x}",
        actual=f"frame {wrong[0].frame}: {in_words(wrong[0])}" if wrong else "no packet",
        frames=wrong,
        requirement=requirement,
    )


@case("5880-6.8.6-62", judges=["5880-6.8.6-r26"])
def test_detection_time_follows_the_packets(bench: Bench) -> None:
    """Detect Mult of the last packet counts: lowered from 6 to 2 while Up, it shortens the Detection Time."""
    puppet = bench.puppet(detect_mult=6)
    establish(bench, puppet=puppet)
    puppet.detect_mult = 2
    bench.elapse(SLOW_US)
    bench.stop_keepalives(puppet)
    bench.send(puppet)
    judge_expiry(bench, puppet, 2 * INTERVAL_US, Judges(too_late="5880-6.8.6-r26"))


@case("5880-6.8.6-63", judges=["5880-6.8.6-r24"], needs=[Capability.CHANGE_RX])
def test_final_ends_the_target_s_poll(bench: Bench) -> None:
    """A received Final ends the Poll Sequence that the target is sending."""
    puppet = establish(bench)
    puppet.answers_polls = False
    start = bench.command(bench.node.set_timers, bench.specs[0], required_min_rx_us=2 * INTERVAL_US)
    bench.wait(control(poll=True), within_us=SLOW_WAIT_US, after=start, what="the target's Poll", puppet=puppet)
    final = bench.send(puppet, final=True)
    bench.expect(PERIODIC, within_us=SLOW_US, after=final, puppet=puppet)


@case("5880-6.8.6-64", judges=["5880-6.8.6-r44", "5880-6.8.7-r11"])
def test_demand_of_the_far_end_stops_periodic_packets(bench: Bench) -> None:
    """The far end sets D while both are Up: the target stops its periodic packets, and still answers a Poll."""
    puppet = establish(bench)
    puppet.demand = True
    final = poll(bench, puppet)
    # What was on its way when D arrived does not count.
    bench.until(final.time_us + INTERVAL_US)
    start, because = bench.mark(), "the far end is in Demand mode"
    # At the negotiated rate a packet would come at once (D was not taken over); at any other one, sooner or later.
    for requirement, intervals in (("5880-6.8.6-r44", 2), ("5880-6.8.7-r11", 6)):
        bench.expect_never(
            PERIODIC,
            for_us=intervals * INTERVAL_US,
            after=start,
            requirement=requirement,
            puppet=puppet,
            because=because,
        )
    sentinel = poll(bench, puppet)
    bench.check(
        sentinel.packet.state == State.UP,
        expected="the session to stay Up in Demand mode",
        actual=f"frame {sentinel.frame}: {in_words(sentinel)}",
        frames=[sentinel],
    )


@case("5880-6.8.6-65", judges=["5880-6.8.6-r45"])
def test_end_of_demand_brings_periodic_packets_back(bench: Bench) -> None:
    """The far end clears D again: periodic packets return."""
    puppet = establish(bench)
    puppet.demand = True
    poll(bench, puppet)
    bench.elapse(2 * INTERVAL_US)
    puppet.demand = False
    cleared = poll(bench, puppet)
    periodic = [seen for seen in bench.elapse(SLOW_US) if PERIODIC(seen)]
    bench.check(
        len(periodic) >= 2,
        expected="periodic packets once D is clear",
        actual=f"{len(periodic)} in a second",
        frames=[cleared],
    )


@case("5880-6.8.6-66", judges=["5880-6.8.6-r46"])
def test_demand_means_nothing_unless_up(bench: Bench) -> None:
    """D set by a far end while the target is not Up does not stop its periodic packets."""
    puppet = bench.puppet(demand=True)
    fresh(bench, puppet=puppet)
    sent = bench.send(puppet)
    init = bench.wait(control(state=State.INIT), within_us=SLOW_WAIT_US, after=sent, what="Init", puppet=puppet)
    bench.expect(control(final=False), within_us=SLOW_WAIT_US, after=init, puppet=puppet)


@case("5880-6.8.6-67", judges=["5880-6.8.6-r22", "5880-6.8.6-r25"], seconds=9)
def test_rate_follows_up_and_down(bench: Bench) -> None:
    """Required Min RX Interval of the far end rises to 900 ms and falls to 500 ms: the rate follows both ways."""
    puppet = establish(bench)
    announce(bench, puppet, required_min_rx_us=900_000)
    bench.elapse(INTERVAL_US)
    intervals = collect_intervals(bench, puppet, 3, slowest_us=900_000)
    judge_rate(bench, intervals, Rate(900_000, too_fast="5880-6.8.6-r22", least=0.6), "interval after the rise")
    announce(bench, puppet, required_min_rx_us=500_000)
    bench.elapse(INTERVAL_US)
    intervals = collect_intervals(bench, puppet, 3, slowest_us=900_000)
    rate = Rate(500_000, too_fast="5880-6.8.6-r22", too_slow="5880-6.8.6-r25", least=0.6, greatest=1.3)
    judge_rate(bench, intervals, rate, "interval after the fall")


@case("5880-6.8.6-77", judges=["5880-6.8.6-r20"])
def test_remote_state_is_that_of_the_last_packet(bench: Bench) -> None:
    """A far end in Demand mode that falls back from Up to Init is sent periodic packets again."""
    puppet = establish(bench)
    puppet.demand = True
    poll(bench, puppet)
    # 6.8.6 leaves the target Up, but Demand mode is active only while the far end reports Up, too.
    puppet.state = State.INIT
    fallen = bench.send(puppet)
    bench.until(fallen.time_us + INTERVAL_US)
    bench.expect(PERIODIC, within_us=3 * SLOW_US, after=bench.mark(), puppet=puppet)
