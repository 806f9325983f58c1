"""RFC 5883 section 4.2: discriminators that both ends learnt before the first packet, by other means than BFD."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.match import control
from conformance.bench.puppet import Puppet
from conformance.bench.scenario import SLOW_WAIT_US, over_hops, raise_up
from refimpl.core.constants import State
from topologies.node import Capability

OURS, THEIRS = 0x0A11CE01, 0x0B0B0002
"""The puppet's discriminator and the target's."""

NEEDS = [Capability.MULTI_HOP, Capability.DISCRIMINATORS]


def signalled(bench: Bench) -> Puppet:
    """A session whose discriminators both ends know."""
    puppet = over_hops(bench, my_discriminator=OURS, your_discriminator=THEIRS)
    bench.add_session(puppet, kind="multi_hop", local_discr=THEIRS, remote_discr=OURS)
    return puppet


@case("5883-4.2-01", judges=["5883-4.2-r04"], needs=NEEDS)
def test_never_zero(bench: Bench) -> None:
    """With discriminators signalled beforehand, Your Discriminator is nonzero from the first packet on."""
    puppet = signalled(bench)
    bench.wait(control(), within_us=SLOW_WAIT_US, what="a new session", puppet=puppet)
    bench.expect_never(
        control(your_discriminator=0),
        for_us=SLOW_WAIT_US,
        after=bench.origin,
        puppet=puppet,
        because=f"{OURS:#010x} was signalled beforehand",
    )


@case("5883-4.2-02", judges=["5883-4.2-r03"], needs=NEEDS)
def test_carried_as_usual(bench: Bench) -> None:
    """Discriminators that were signalled beforehand are those of all packets, from the first one to those in Up."""
    puppet = signalled(bench)
    named = {"my_discriminator": THEIRS, "your_discriminator": OURS}
    bench.expect(control(state=State.DOWN, **named), within_us=SLOW_WAIT_US, puppet=puppet)
    raise_up(bench, puppet)
    packets = [seen for seen in bench.from_target(bench.origin) if puppet.is_from_target(seen)]
    wrong = [seen for seen in packets if not control(**named)(seen)]
    bench.check(
        not wrong,
        expected=f"{control(**named)} each time",
        actual=f"frame {wrong[0].frame} with {control(**named).difference(wrong[0])}" if wrong else "",
        frames=wrong,
    )
