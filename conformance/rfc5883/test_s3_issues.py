"""RFC 5883 section 3: TTL, and Your Discriminator alone, over several hops."""

from ipaddress import ip_address

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.match import control
from conformance.bench.scenario import FINAL, SLOW_WAIT_US, establish, fresh, over_hops, pace_polls, stays_up
from refimpl.core.constants import State
from topologies.node import Capability


@cases(
    Row("5883-3-01", ["5883-3-r01"], {"family": 4, "name": "TTL"}, [Capability.IPV4]),
    Row("5883-3-02", ["5883-3-r01"], {"family": 6, "name": "Hop Limit"}, [Capability.IPV6]),
    needs=[Capability.MULTI_HOP],
)
def test_below_255_is_accepted(bench: Bench, family: int, name: str) -> None:
    """On IPv{family} packets with {name} 254 begin a multihop session, bring it Up and are answered."""
    # No lower value: a bound of the system's own may apply, and only one that admits no hop at all would be absurd.
    puppet = fresh(bench, puppet=over_hops(bench, family), kind="multi_hop")
    hello = bench.send(puppet)
    bench.expect(control(state=State.INIT), within_us=SLOW_WAIT_US, after=hello, puppet=puppet)
    puppet.state = State.UP
    asked = bench.send(puppet, poll=True)
    bench.expect(control(state=State.UP, final=True), within_us=PROMPT_US, after=asked, puppet=puppet)


@case("5883-3-03", judges=["5883-3-r02"], needs=[Capability.MULTI_HOP])
def test_source_decides_nothing(bench: Bench) -> None:
    """A multihop packet with the right Your Discriminator is answered whatever its source address is."""
    puppet = establish(bench, puppet=over_hops(bench), kind="multi_hop")
    pace_polls(bench, puppet)
    asked = bench.send(puppet, poll=True, datagram={"source": str(ip_address(puppet.local) + 2)})
    bench.expect(FINAL, within_us=PROMPT_US, after=asked)
    stays_up(bench, puppet, asked)


@case("5883-3-04", judges=["5883-3-r02"], needs=[Capability.MULTI_HOP], links=2)
def test_destination_decides_nothing(bench: Bench) -> None:
    """A multihop packet with the right Your Discriminator is answered at any of the target's addresses."""
    puppet = establish(bench, puppet=over_hops(bench), kind="multi_hop")
    pace_polls(bench, puppet)
    asked = bench.send(puppet, poll=True, datagram={"destination": bench.wire.links[1].target_addresses[4]})
    bench.expect(FINAL, within_us=PROMPT_US, after=asked)
    stays_up(bench, puppet, asked)


@case("5883-3-05", judges=["5880-6.3-r05", "5883-3-r02"], needs=[Capability.MULTI_HOP], links=2)
def test_interface_decides_nothing(bench: Bench) -> None:
    """A multihop packet with the right Your Discriminator is answered whichever interface it comes in on."""
    puppet = establish(bench, puppet=over_hops(bench), kind="multi_hop")
    for requirement in bench.requirements:
        pace_polls(bench, puppet)
        asked = bench.send(puppet, poll=True, link=1)
        bench.expect(FINAL, within_us=PROMPT_US, after=asked, requirement=requirement, puppet=puppet)
    stays_up(bench, puppet, asked)
