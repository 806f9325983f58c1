"""RFC 5880 section 6.8.7: the answer to a Poll, in every state and without regard to timers."""

from itertools import pairwise

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.match import control
from conformance.bench.packets import milliseconds
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import FINAL, establish, fresh, in_init, pace_polls, slow_down
from refimpl.core.constants import State

POLLS_US = 100_000
LIMIT_US = 600_000


@case("5880-6.8.7-21", judges=["5880-6.8.7-r12", "5880-6.8.7-r13", "5880-6.8.7-r28"])
def test_poll_is_answered_at_once(bench: Bench) -> None:
    """A Poll is answered with F set and P clear, without waiting for the next periodic packet, seconds away."""
    puppet = establish(bench)
    slow_down(bench, puppet, 4 * SLOW_US)
    asked = bench.send(puppet, poll=True)
    # One property of the answer after the other: that it comes, that it has F set, that it has P clear.
    for requirement, answer in (
        ("5880-6.8.7-r13", control()),
        ("5880-6.8.7-r28", FINAL),
        ("5880-6.8.7-r12", control(final=True, poll=False)),
    ):
        bench.expect(answer, within_us=PROMPT_US, after=asked, requirement=requirement, puppet=puppet)


@cases(
    Row("5880-6.8.7-22", ["5880-6.8.7-r15"], {"state": State.DOWN}),
    Row("5880-6.8.7-23", ["5880-6.8.7-r15"], {"state": State.INIT}),
    Row("5880-6.8.7-24", ["5880-6.8.7-r15"], {"state": State.UP}),
)
def test_poll_is_answered_in_every_state(bench: Bench, state: State) -> None:
    """In {state}, a Poll is answered."""
    prepare = {State.DOWN: fresh, State.INIT: in_init, State.UP: establish}
    # What leaves the target in its state: AdminDown in Down, Down in Init, Up in Up.
    keeps = {State.DOWN: State.ADMIN_DOWN, State.INIT: State.DOWN, State.UP: State.UP}
    puppet = prepare[state](bench)
    pace_polls(bench, puppet)
    asked = bench.send(puppet, state=keeps[state], poll=True)
    bench.expect(control(final=True, state=state), within_us=PROMPT_US, after=asked, puppet=puppet)


@case("5880-6.8.7-25", judges=["5880-6.8.7-r16"])
def test_poll_is_answered_in_demand_mode(bench: Bench) -> None:
    """A Poll is answered while the far end is in Demand mode."""
    puppet = establish(bench)
    puppet.demand = True
    bench.send(puppet)
    bench.elapse(SLOW_US)
    asked = bench.send(puppet, poll=True)
    bench.expect(FINAL, within_us=PROMPT_US, after=asked, puppet=puppet)


@case("5880-6.8.7-192", judges=["5880-6.8.7-r18"])
def test_rate_limit_of_answers_is_within_the_announced_interval(bench: Bench) -> None:
    """Polled often, the target holds no answer back for longer than its Desired Min TX Interval, here 600 ms."""
    # Quick and tolerant, so that the Polls come neither faster than announced nor too rarely for the Detection Time.
    puppet = bench.puppet(desired_min_tx_us=POLLS_US, detect_mult=20)
    establish(bench, puppet=puppet, desired_min_tx_us=LIMIT_US, required_min_rx_us=POLLS_US)
    # Periodic packets would fill the gaps between answers: from the first Poll on there are hardly any.
    puppet.required_min_rx_us = 4 * SLOW_US
    puppet.keepalives, puppet.next_keepalive_us = False, None
    first = bench.mark()
    while bench.now() < first.time_us + 3 * SLOW_US:
        polled = bench.send(puppet, poll=True)
        bench.until(polled.time_us + POLLS_US)
    answers = [seen for seen in bench.from_target(first) if puppet.is_from_target(seen)]
    if len(answers) < 2:
        bench.check(False, expected="answers to Polls", actual=f"{len(answers)} in 3 s", frames=answers)
    gaps = [(later.time_us - seen.time_us, seen, later) for seen, later in pairwise(answers)]
    longest_us, before, after = max(gaps, key=lambda gap: gap[0])
    # The limit may let the next answer through just after a Poll came.
    allowed_us = before.packet.desired_min_tx_interval_us + 2 * POLLS_US
    bench.measure("time between answers", [us for us, _, _ in gaps], f"up to {milliseconds(allowed_us)}")
    bench.check(
        longest_us <= allowed_us + bench.tolerance_for(allowed_us, since=first),
        expected=f"an answer, or another packet, at least every {milliseconds(allowed_us)}",
        actual=f"none for {milliseconds(longest_us)} after frame {before.frame}",
        frames=[before, after],
    )
