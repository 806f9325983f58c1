"""RFC 5880 section 6.8.3: changes of intervals, in both directions, while Up."""

from collections.abc import Sequence

from conformance.bench.bench import PROMPT_US, Bench, Mark
from conformance.bench.cases import Row, case, cases
from conformance.bench.detection import Judges, judge_expiry
from conformance.bench.match import Between, Not, OneOf, control
from conformance.bench.oracle import Interval
from conformance.bench.packets import Seen, in_words, milliseconds
from conformance.bench.puppet import SLOW_US, Puppet
from conformance.bench.rates import Rate, collect_intervals, judge_rate
from conformance.bench.scenario import (
    PERIODIC,
    SHOWN_US,
    SLOW_WAIT_US,
    announce,
    establish,
    fresh,
    shake_hands,
    slow_down,
    stays_up,
)
from conformance.bench.verdicts import Inconclusive
from refimpl.core.constants import State
from topologies.node import Capability

SHORT_US = 300_000
LONG_US = 600_000


def change(bench: Bench, puppet: Puppet, **timers: int) -> Seen:
    """Change the target's timers and wait until it announces them; returns the first packet that does."""
    wanted: dict[str, object] = {}
    if "desired_min_tx_us" in timers:
        wanted["desired_min_tx_interval_us"] = timers["desired_min_tx_us"]
    if "required_min_rx_us" in timers:
        wanted["required_min_rx_interval_us"] = timers["required_min_rx_us"]
    if "detect_mult" in timers:
        wanted["detect_mult"] = timers["detect_mult"]
    start = bench.command(bench.node.set_timers, bench.specs[0], **timers)
    return bench.wait(control(**wanted), within_us=SLOW_WAIT_US, after=start, what="new timers", puppet=puppet)


CHANGES = (
    Row(
        "5880-6.8.3-01",
        ["5880-6.8.3-r03"],
        {"what": "Desired Min TX Interval raised", "timers": {"desired_min_tx_us": LONG_US}},
        [Capability.CHANGE_TX],
    ),
    Row(
        "5880-6.8.3-02",
        ["5880-6.8.3-r03"],
        {"what": "Desired Min TX Interval lowered", "timers": {"desired_min_tx_us": 200_000}},
        [Capability.CHANGE_TX],
    ),
    Row(
        "5880-6.8.3-03",
        ["5880-6.8.3-r04"],
        {"what": "Required Min RX Interval raised", "timers": {"required_min_rx_us": LONG_US}},
        [Capability.CHANGE_RX],
    ),
    Row(
        "5880-6.8.3-04",
        ["5880-6.8.3-r04"],
        {"what": "Required Min RX Interval lowered", "timers": {"required_min_rx_us": 200_000}},
        [Capability.CHANGE_RX],
    ),
)


@cases(*CHANGES)
def test_change_starts_a_poll(bench: Bench, what: str, timers: dict[str, int]) -> None:
    """{what}: a Poll Sequence begins."""
    puppet = establish(bench, desired_min_tx_us=SHORT_US, required_min_rx_us=SHORT_US)
    puppet.answers_polls = False
    judge_poll(bench, puppet, change(bench, puppet, **timers))


def judge_poll(bench: Bench, puppet: Puppet, announced: Seen) -> None:
    """A Poll Sequence begins with `announced`, the first packet that announces a change, or shortly after it."""
    bench.until(announced.time_us + 3 * LONG_US)
    after = [announced, *(seen for seen in bench.from_target(announced) if puppet.is_from_target(seen))]
    bench.check(
        any(seen.packet.poll for seen in after),
        expected=f"P set on packets that announce the change (from frame {announced.frame})",
        actual=f"{len(after)} packets, none with P",
        frames=after,
    )


@cases(
    Row("5880-6.8.3-20", ["5880-6.8.3-r03"], {"meanwhile": "changes nothing", "polls": False}),
    Row("5880-6.8.3-24", ["5880-6.8.3-r03"], {"meanwhile": "polls, too", "polls": True}),
)
def test_leaving_the_slow_rate_starts_a_poll(bench: Bench, meanwhile: str, polls: bool) -> None:
    """The step from 1 s to 300 ms in Up, while the far end {meanwhile}, begins with a Poll Sequence."""
    puppet = bench.puppet(desired_min_tx_us=SHORT_US if polls else SLOW_US)
    fresh(bench, puppet=puppet, desired_min_tx_us=SHORT_US)
    fast = control(desired_min_tx_interval_us=SHORT_US)
    if puppet.last_seen is not None and fast(puppet.last_seen):
        raise Inconclusive(f"the target announces {milliseconds(SHORT_US)} from the start, so nothing is changed")
    shake_hands(bench, puppet, polls=polls)
    announced = bench.wait(fast, within_us=SLOW_WAIT_US, after=bench.origin, what="the configured rate", puppet=puppet)
    judge_poll(bench, puppet, announced)


@case(
    "5880-6.8.3-05",
    judges=["5880-6.8.3-r02"],
    needs=[Capability.CHANGE_TX, Capability.CHANGE_RX, Capability.CHANGE_MULT],
)
def test_change_leaves_the_state_alone(bench: Bench) -> None:
    """Changing all timing parameters leaves the session Up."""
    puppet = establish(bench)
    start = bench.mark()
    change(bench, puppet, desired_min_tx_us=LONG_US, required_min_rx_us=LONG_US, detect_mult=4)
    bench.elapse(2 * SLOW_US)
    stays_up(bench, puppet, start, because="timing parameters may be changed without affecting the state")


@case("5880-6.8.3-06", judges=["5880-6.8.3-r06"], needs=[Capability.CHANGE_TX])
def test_raised_tx_waits_for_the_final(bench: Bench) -> None:
    """Desired Min TX Interval raised: the old rate stays until the Final comes."""
    puppet = establish(bench, desired_min_tx_us=SHORT_US)
    puppet.answers_polls = False
    announced = change(bench, puppet, desired_min_tx_us=LONG_US)
    intervals = collect_intervals(bench, puppet, 5, slowest_us=LONG_US, after=announced)
    judge_rate(bench, intervals, Rate(SHORT_US, too_slow="5880-6.8.3-r06"), "interval while the Poll is unanswered")


@case("5880-6.8.3-07", judges=["5880-6.8.7-r06"], needs=[Capability.CHANGE_TX])
def test_raised_tx_applies_after_the_final(bench: Bench) -> None:
    """Desired Min TX Interval raised: after the Final the new rate is kept."""
    puppet = establish(bench, desired_min_tx_us=SHORT_US)
    announced = change(bench, puppet, desired_min_tx_us=LONG_US)
    final = bench_final(bench, announced)
    intervals = settled_intervals(bench, puppet, final, 4, LONG_US)
    judge_rate(bench, intervals, Rate(LONG_US, too_fast="5880-6.8.7-r06"), "interval after the Final")


@case("5880-6.8.3-08", judges=["5880-6.8.3-r12"], needs=[Capability.CHANGE_TX])
def test_lowered_tx_applies_at_once(bench: Bench) -> None:
    """Desired Min TX Interval lowered: the new rate is kept at once, though the Poll is unanswered."""
    puppet = establish(bench, desired_min_tx_us=LONG_US)
    puppet.answers_polls = False
    announced = change(bench, puppet, desired_min_tx_us=SHORT_US)
    intervals = collect_intervals(bench, puppet, 4, slowest_us=LONG_US, after=announced)
    judge_rate(bench, intervals, Rate(SHORT_US, too_slow="5880-6.8.3-r12"))


@case("5880-6.8.3-09", judges=["5880-6.8.3-r07"], needs=[Capability.CHANGE_RX])
def test_lowered_rx_waits_for_the_final(bench: Bench) -> None:
    """Required Min RX Interval lowered, Poll unanswered: the Detection Time is still that of the old value."""
    puppet = bench.puppet(detect_mult=3, desired_min_tx_us=SHORT_US)
    establish(bench, puppet=puppet, required_min_rx_us=LONG_US)
    puppet.answers_polls = False
    change(bench, puppet, required_min_rx_us=SHORT_US)
    bench.stop_keepalives(puppet)
    bench.send(puppet)
    judge_expiry(bench, puppet, 3 * LONG_US, Judges(too_early="5880-6.8.3-r07"))


@case("5880-6.8.3-10", judges=["5880-6.8.3-r14"], needs=[Capability.CHANGE_RX])
def test_raised_rx_applies_at_once(bench: Bench) -> None:
    """Required Min RX Interval raised, Poll unanswered: the Detection Time grows at once."""
    puppet = bench.puppet(detect_mult=3, desired_min_tx_us=SHORT_US)
    establish(bench, puppet=puppet, required_min_rx_us=SHORT_US)
    puppet.answers_polls = False
    change(bench, puppet, required_min_rx_us=LONG_US)
    bench.stop_keepalives(puppet)
    bench.send(puppet)
    judge_expiry(bench, puppet, 3 * LONG_US, Judges(too_early="5880-6.8.3-r14"))


@cases(
    Row("5880-6.8.3-11", ["5880-6.8.3-r08"], {"state": State.DOWN}),
    Row("5880-6.8.3-12", ["5880-6.8.3-r08"], {"state": State.INIT}),
)
def test_slow_rate_announced_unless_up(bench: Bench, state: State) -> None:
    """In {state}, Desired Min TX Interval is a second or more, though 300 ms are configured."""
    puppet = fresh(bench, desired_min_tx_us=SHORT_US)
    if state is State.INIT:
        bench.send(puppet)
    seen = bench.wait(control(state=state), within_us=SLOW_WAIT_US, after=bench.origin, what="the state", puppet=puppet)
    judge_slow(bench, [seen, *bench.elapse(SLOW_US)])


@case("5880-6.8.3-13", judges=["5880-6.8.3-r08"])
def test_slow_rate_again_after_a_failure(bench: Bench) -> None:
    """After the session has failed, Desired Min TX Interval is a second or more again."""
    puppet = establish(bench, desired_min_tx_us=SHORT_US)
    silent = bench.stop_keepalives(puppet)
    bench.wait(
        control(state=State.DOWN),
        within_us=puppet.detect_mult * SHORT_US + SLOW_WAIT_US,
        after=silent,
        what="the failure",
        puppet=puppet,
    )
    bench.elapse(SLOW_WAIT_US)
    judge_slow(bench, bench.from_target(silent))


@cases(
    Row("5880-6.8.3-21", ["5880-6.8.3-r08"], {"state": State.DOWN}),
    Row("5880-6.8.3-22", ["5880-6.8.3-r08"], {"state": State.ADMIN_DOWN}),
)
def test_slow_rate_again_after_the_far_end_left(bench: Bench, state: State) -> None:
    """After the far end has said {state}, Desired Min TX Interval is a second or more again."""
    puppet = establish(bench, desired_min_tx_us=SHORT_US)
    puppet.state = state
    said = bench.send(puppet)
    bench.wait(control(state=Not(State.UP)), within_us=SLOW_WAIT_US, after=said, what="the end", puppet=puppet)
    bench.elapse(SHOWN_US)
    judge_slow(bench, bench.from_target(said))


@case("5880-6.8.3-23", judges=["5880-6.8.3-r08"], needs=[Capability.ADMIN_DOWN])
def test_slow_rate_in_admin_down(bench: Bench) -> None:
    """In AdminDown, Desired Min TX Interval is a second or more."""
    puppet = establish(bench, desired_min_tx_us=SHORT_US)
    start = bench.command(bench.node.set_admin, bench.specs[0], enabled=False)
    bench.wait(control(state=State.ADMIN_DOWN), within_us=SLOW_WAIT_US, after=start, what="AdminDown", puppet=puppet)
    bench.elapse(SHOWN_US)
    judge_slow(bench, bench.from_target(start))


def judge_slow(bench: Bench, packets: Sequence[Seen]) -> None:
    """No packet that is not Up announces less than a second."""
    slow = control(desired_min_tx_interval_us=Between(least=SLOW_US))
    fast = [seen for seen in packets if seen.packet.state != State.UP and not slow(seen)]
    bench.check(
        not fast,
        expected="Desired Min TX Interval of a second or more while not Up",
        actual=f"frame {fast[0].frame}: {in_words(fast[0])}" if fast else "",
        frames=fast,
    )


@case("5880-6.8.3-14", judges=["5880-6.8.3-r10", "5880-6.8.3-r09"], seconds=12)
def test_lowered_remote_rx_applies_at_once(bench: Bench) -> None:
    """The far end lowers Required Min RX Interval from 4 s to 1 s: the next packet does not wait for the old time."""
    old_us, new_us = 4 * SLOW_US, SLOW_US
    puppet = establish(bench)
    last = slow_down(bench, puppet, old_us)
    bench.until(last.time_us + 2 * new_us)
    puppet.required_min_rx_us = new_us
    lowered = bench.send(puppet, poll=True)
    # Twice the new interval has passed already, so the next packet is overdue. A target may take its Final for the
    # previous transmission, though; then it has one new interval from there.
    first = bench.expect(
        PERIODIC,
        within_us=new_us + bench.tolerance_for(new_us),
        after=lowered,
        requirement="5880-6.8.3-r10",
        puppet=puppet,
    )
    if first.time_us - lowered.time_us > PROMPT_US:
        bench.alternatives.append("the Final counted as the previous transmission, and the new interval began with it")
    intervals = collect_intervals(bench, puppet, 3, slowest_us=new_us, after=first)
    judge_rate(bench, intervals, Rate(new_us, too_slow="5880-6.8.3-r09"))


@case("5880-6.8.3-15", judges=["5880-6.8.3-r13"])
def test_raised_remote_rx_applies_at_once(bench: Bench) -> None:
    """The far end raises Required Min RX Interval from 300 to 900 ms: the target slows down at once."""
    puppet = bench.puppet(required_min_rx_us=SHORT_US)
    establish(bench, puppet=puppet)
    raised = announce(bench, puppet, required_min_rx_us=900_000)
    intervals = settled_intervals(bench, puppet, raised, 3, 900_000)
    judge_rate(bench, intervals, Rate(900_000, too_fast="5880-6.8.3-r13"))


def bench_final(bench: Bench, announced: Seen) -> Seen:
    """The puppet's Final to the Poll that began with `announced`."""
    bench.until(announced.time_us + PROMPT_US)
    finals = [seen for seen in bench.log if seen.sent and seen.frame > announced.frame and seen.packet.final]
    if not finals:
        raise Inconclusive(f"the change of frame {announced.frame} came without a Poll, so it was never answered")
    return finals[0]


def settled_intervals(bench: Bench, puppet: Puppet, after: Seen, count: int, slowest_us: int) -> list[Interval]:
    """Intervals of packets that were sent when `after` had surely been processed: the first one starts with the first
    packet that came a tolerance after it."""
    start = Mark(after.time_us, next(i for i, seen in enumerate(bench.log) if seen.frame == after.frame) + 1)
    first = bench.wait(
        control(state=OneOf((State.UP,)), final=False),
        within_us=2 * slowest_us,
        after=Mark(start.time_us, start.index),
        what="a packet after the change",
        puppet=puppet,
    )
    if first.time_us - after.time_us < bench.tolerance_for(slowest_us):
        first = bench.wait(
            control(state=State.UP, final=False), within_us=2 * slowest_us, after=first, what="a packet", puppet=puppet
        )
    # The mark lies before `first`, which begins the first interval.
    index = next(i for i, seen in enumerate(bench.log) if seen.frame == first.frame)
    return collect_intervals(bench, puppet, count, slowest_us=slowest_us, after=Mark(first.time_us, index))
