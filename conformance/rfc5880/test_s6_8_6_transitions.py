"""RFC 5880 section 6.8.6: the full product of local state and received state.

The received packet polls, and the Final shows the state in which it left the target. In AdminDown the packet is
discarded before it could be answered, so there the next packets show the state; a target that sends nothing at all
there leaves the case INCONCLUSIVE.
"""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.match import OneOf, control
from conformance.bench.puppet import Puppet
from conformance.bench.scenario import FINAL, SLOW_WAIT_US, establish, fresh, in_init, pace_polls, state_after
from refimpl.core.constants import Diag, State
from topologies.node import Capability

ADMIN_DOWN, DOWN, INIT, UP = State.ADMIN_DOWN, State.DOWN, State.INIT, State.UP


def bring_to(bench: Bench, local: State, *, new: bool = False) -> Puppet:
    """A session in which the target is in a state; the puppet is silent but knows its discriminator."""
    if local is DOWN:
        return fresh(bench, new=new)
    if local is INIT:
        return in_init(bench, new=new)
    puppet = establish(bench, new=new)
    if local is ADMIN_DOWN:
        bench.command(bench.node.set_admin, bench.specs[0], enabled=False)
        bench.wait(control(state=ADMIN_DOWN), within_us=SLOW_WAIT_US, what="administrative down", puppet=puppet)
    bench.stop_keepalives(puppet)
    return puppet


def row(number: int, local: State, received: State, expected: State, requirement: str) -> Row:
    """A line of the product."""
    needs = [Capability.ADMIN_DOWN] if local is ADMIN_DOWN else []
    return Row(
        f"5880-6.8.6-{number}", [requirement], {"local": local, "received": received, "expected": expected}, needs
    )


@cases(
    row(31, ADMIN_DOWN, ADMIN_DOWN, ADMIN_DOWN, "5880-6.8.6-r27"),
    row(32, ADMIN_DOWN, DOWN, ADMIN_DOWN, "5880-6.8.6-r27"),
    row(33, ADMIN_DOWN, INIT, ADMIN_DOWN, "5880-6.8.6-r27"),
    row(34, ADMIN_DOWN, UP, ADMIN_DOWN, "5880-6.8.6-r27"),
    row(35, DOWN, ADMIN_DOWN, DOWN, "5880-6.8.6-r28"),
    row(36, DOWN, DOWN, INIT, "5880-6.8.6-r33"),
    row(37, DOWN, INIT, UP, "5880-6.8.6-r34"),
    row(38, DOWN, UP, DOWN, "5880-6.8.6-r35"),
    row(39, INIT, ADMIN_DOWN, DOWN, "5880-6.8.6-r29"),
    row(40, INIT, DOWN, INIT, "5880-6.8.6-r38"),
    row(41, INIT, INIT, UP, "5880-6.8.6-r36"),
    row(42, INIT, UP, UP, "5880-6.8.6-r37"),
    row(43, UP, ADMIN_DOWN, DOWN, "5880-6.8.6-r30"),
    row(44, UP, DOWN, DOWN, "5880-6.8.6-r39"),
    row(45, UP, INIT, UP, "5880-6.8.6-r41"),
    row(46, UP, UP, UP, "5880-6.8.6-r42"),
)
def test_transition(bench: Bench, local: State, received: State, expected: State) -> None:
    """In {local}, a received {received} leads to {expected}."""
    puppet = bring_to(bench, local)
    pace_polls(bench, puppet)
    stimulus = bench.send(puppet, state=received, poll=True)
    state_after(bench, puppet, stimulus, expected)


@cases(
    Row("5880-6.8.6-51", ["5880-6.8.6-r31"], {"local": INIT, "received": ADMIN_DOWN}),
    Row("5880-6.8.6-52", ["5880-6.8.6-r32"], {"local": UP, "received": ADMIN_DOWN}),
    Row("5880-6.8.6-53", ["5880-6.8.6-r40"], {"local": UP, "received": DOWN}),
)
def test_neighbor_signaled_down(bench: Bench, local: State, received: State) -> None:
    """In {local}, a received {received} sets the diagnostic to 3, Neighbor Signaled Session Down."""
    puppet = bring_to(bench, local, new=True)  # an older session may have had the diagnostic 3 before
    stimulus = bench.send(puppet, state=received)
    down = bench.wait(control(state=DOWN), within_us=SLOW_WAIT_US, after=stimulus, what="the state", puppet=puppet)
    bench.check(
        down.packet.diag == Diag.NEIGHBOR_SIGNALED_SESSION_DOWN,
        expected="diagnostic 3 in the first Down packet",
        actual=f"diagnostic {down.packet.diag} in frame {down.frame}",
        frames=[stimulus, down],
    )


@case("5880-6.8.6-54", judges=["5880-6.8.6-r35"])
def test_no_return_without_handshake(bench: Bench) -> None:
    """After a failure, a far end that goes on saying Up does not bring the session back."""
    puppet = establish(bench)
    bench.stop_keepalives(puppet)
    bench.wait(
        control(state=DOWN),
        within_us=puppet.detect_mult * 300_000 + SLOW_WAIT_US,
        what="the failure",
        puppet=puppet,
    )
    bench.start_keepalives(puppet)
    bench.expect_never(
        control(state=OneOf((INIT, UP))),
        for_us=SLOW_WAIT_US,
        after=bench.mark(),
        puppet=puppet,
        because="the far end never left Up",
    )


@case("5880-6.8.6-55", judges=["5880-6.8.6-r48"])
def test_final_shows_the_new_state(bench: Bench) -> None:
    """A Poll that moves the session is answered with the new state."""
    puppet = establish(bench)
    bench.stop_keepalives(puppet)
    pace_polls(bench, puppet)
    stimulus = bench.send(puppet, state=DOWN, poll=True)
    final = bench.expect(FINAL, within_us=SLOW_WAIT_US, after=stimulus, puppet=puppet)
    bench.check(
        final.packet.state == DOWN and not final.packet.poll,
        expected="a Final with state Down and P clear",
        actual=f"frame {final.frame} with state {State(final.packet.state).label}",
        frames=[stimulus, final],
    )
