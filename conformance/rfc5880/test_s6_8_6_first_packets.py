"""RFC 5880 section 6.8.6: packets with Your Discriminator zero, in each state of the target.

With state Down or AdminDown they belong to a session all the same (RFC 5881 section 3: that of their source address);
with Init or Up they are discarded. What was taken in shows in Your Discriminator of the target's next packets.
"""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, cases
from conformance.bench.match import Not, control
from conformance.bench.puppet import Puppet
from conformance.bench.scenario import SLOW_WAIT_US, establish, fresh, in_init
from refimpl.core.constants import State

ADMIN_DOWN, DOWN, INIT, UP = State.ADMIN_DOWN, State.DOWN, State.INIT, State.UP


def bring_to(bench: Bench, local: State) -> Puppet:
    """A session in which the target is in a state; the puppet is silent."""
    if local is DOWN:
        return fresh(bench)
    if local is INIT:
        return in_init(bench)
    puppet = establish(bench)
    bench.stop_keepalives(puppet)
    return puppet


@cases(
    Row("5880-6.8.6-27", ["5880-6.8.6-r13"], {"local": DOWN, "received": DOWN, "expected": INIT}),
    Row("5880-6.8.6-28", ["5880-6.8.6-r13"], {"local": DOWN, "received": ADMIN_DOWN, "expected": DOWN}),
    Row("5880-6.8.6-29", ["5880-6.8.6-r13"], {"local": INIT, "received": DOWN, "expected": INIT}),
    Row("5880-6.8.6-30", ["5880-6.8.6-r13"], {"local": INIT, "received": ADMIN_DOWN, "expected": DOWN}),
    Row("5880-6.8.6-47", ["5880-6.8.6-r13"], {"local": UP, "received": ADMIN_DOWN, "expected": DOWN}),
)
def test_zero_finds_the_session(bench: Bench, local: State, received: State, expected: State) -> None:
    """In {local}, a packet with Your Discriminator zero and state {received} is taken in, and leads to {expected}."""
    puppet = bring_to(bench, local)
    puppet.state = received
    if local is INIT and received is DOWN:
        # Only a far end that begins anew leaves a trace here, as the state stays what it is.
        puppet.my_discriminator ^= 0x33333333
    # A Poll, whose answer shows that it was taken in also where the far end's discriminator is not kept in Down.
    sent = bench.send(puppet, your_discriminator=0, poll=True)
    bench.expect(
        control(state=expected, your_discriminator=puppet.my_discriminator),
        # Less than the Detection Time in Init, which would take it Down anyway.
        within_us=SLOW_WAIT_US if local is not UP else 1_000_000,
        after=sent,
        puppet=puppet,
    )


@cases(
    Row("5880-6.8.6-48", ["5880-6.8.6-r12"], {"received": UP}),
    Row("5880-6.8.6-49", ["5880-6.8.6-r12"], {"received": INIT}),
)
def test_zero_in_down(bench: Bench, received: State) -> None:
    """In Down, a packet with Your Discriminator zero and state {received} is discarded and leaves no trace."""
    puppet = fresh(bench)
    flawed = bench.send(puppet, your_discriminator=0, state=received)
    for trace in (control(state=Not(DOWN)), control(your_discriminator=Not(0))):
        bench.expect_never(
            trace,
            for_us=2_500_000,
            after=flawed,
            puppet=puppet,
            because=f"frame {flawed.frame} has Your Discriminator zero and state {received.label}",
        )
    good = bench.send(puppet, state=DOWN, your_discriminator=0)
    bench.wait(control(state=INIT), within_us=SLOW_WAIT_US, after=good, what="the sentinel", puppet=puppet)
