"""RFC 5880 section 6.8.7: the answer to a Poll, in every state and without regard to timers."""

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.match import control
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import FINAL, establish, fresh, in_init, pace_polls, slow_down
from refimpl.core.constants import State


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
