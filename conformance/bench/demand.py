"""Ways into Demand mode (RFC 5880 section 6.6), at the target, at the far end, or at both.

They only prepare: what fails here is Inconclusive.
"""

from collections.abc import Callable

from conformance.bench.bench import Bench, Mark
from conformance.bench.match import control
from conformance.bench.packets import Seen
from conformance.bench.puppet import Puppet
from conformance.bench.scenario import SLOW_WAIT_US, announce
from refimpl.core.constants import State

ROUND_TRIP_US = 100_000
"""After this time the puppet's Final has reached the target, and its Poll Sequence is over."""

DEMAND = control(state=State.UP, demand=True)

POLL = control(state=State.UP, poll=True)


def obey_demand(bench: Bench, puppet: Puppet, after: Seen | Mark) -> Seen:
    """Wait until the target asks for Demand mode, with a Poll that the puppet answers; from then on the puppet sends
    nothing but such answers, as 6.6 wants it. Returns the Poll."""
    asked = bench.wait(
        control(state=State.UP, demand=True, poll=True),
        within_us=SLOW_WAIT_US,
        after=after,
        what="the target's Demand mode",
        puppet=puppet,
    )
    bench.stop_keepalives(puppet)
    puppet.answers_polls = True
    bench.elapse(ROUND_TRIP_US)
    return asked


def target_asks(bench: Bench, puppet: Puppet) -> None:
    """Demand mode at the target: it polls about it, and the puppet ceases its periodic packets."""
    start = bench.command(bench.node.set_demand, bench.specs[0], enabled=True)
    obey_demand(bench, puppet, start)


def far_end_asks(bench: Bench, puppet: Puppet) -> None:
    """Demand mode at the far end: it polls about it, and what the target sent before it knew is over."""
    asked = announce(bench, puppet, demand=True)
    bench.until(asked.time_us + 2 * max(puppet.required_min_rx_us, bench.specs[0].desired_min_tx_us))


def both_ask(bench: Bench, puppet: Puppet) -> None:
    """Demand mode at both ends: nobody sends anything any more, but Polls and their answers."""
    target_asks(bench, puppet)
    far_end_asks(bench, puppet)


WAYS: dict[str, Callable[[Bench, Puppet], None]] = {
    "the target": target_asks,
    "the far end": far_end_asks,
    "both": both_ask,
}
"""Who is in Demand mode, in the words of a case's title."""
