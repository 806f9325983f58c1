"""RFC 5883 section 4.1: sessions that are told apart by their pair of addresses."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.match import Not, control
from conformance.bench.puppet import Puppet
from conformance.bench.scenario import SHOWN_US, SLOW_WAIT_US, fresh, over_hops
from conformance.bench.sharing import ask_for_another, one_session
from refimpl.core.constants import State
from topologies.node import Capability


@case("5883-4.1-01", judges=["5883-4.1-r03"], needs=[Capability.MULTI_HOP])
def test_one_session_for_a_pair(bench: Bench) -> None:
    """A second multihop session between the same two addresses is refused, or takes the place of the first."""
    puppet = fresh(bench, puppet=over_hops(bench), kind="multi_hop")
    asked = ask_for_another(bench, puppet, kind="multi_hop", detect_mult=4)
    one_session(bench, puppet, asked)


@case("5883-4.1-02", judges=["5883-4.1-r04"], needs=[Capability.MULTI_HOP], links=2)
def test_source_address_selects(bench: Bench) -> None:
    """With multihop sessions from one address to two far ends, a first packet moves that of its source only."""
    target = bench.wire.links[0].target_addresses[4]
    idle = fresh(bench, puppet=over_hops(bench), kind="multi_hop")
    called = over_hops(bench, link=1)
    called.peer = target
    fresh(bench, puppet=called, kind="multi_hop")
    selects_one(bench, called, idle)


@case(
    "5883-4.1-03",
    judges=["5883-4.1-r05"],
    needs=[Capability.MULTI_HOP, Capability.ADDRESS_PAIRS],
    links=2,
)
def test_destination_address_selects(bench: Bench) -> None:
    """With multihop sessions from two addresses to one far end, a first packet moves that of its destination only."""
    idle = fresh(bench, puppet=over_hops(bench), kind="multi_hop")
    called = over_hops(bench)
    called.peer = bench.wire.links[1].target_addresses[4]
    fresh(bench, puppet=called, kind="multi_hop")
    selects_one(bench, called, idle)


@case("5883-4.1-04", judges=["5883-4.1-r06"], needs=[Capability.MULTI_HOP], links=2)
def test_any_interface(bench: Bench) -> None:
    """A first multihop packet begins the handshake whichever interface it comes in on."""
    puppet = fresh(bench, puppet=over_hops(bench), kind="multi_hop")
    hello = bench.send(puppet, your_discriminator=0, link=1)
    bench.expect(control(state=State.INIT), within_us=SLOW_WAIT_US, after=hello, puppet=puppet)


def selects_one(bench: Bench, called: Puppet, idle: Puppet) -> None:
    """Judge that a first packet of one far end moves its session and leaves the other one alone."""
    hello = bench.send(called, your_discriminator=0)
    bench.expect(control(state=State.INIT), within_us=SLOW_WAIT_US, after=hello, puppet=called)
    bench.expect_never(
        control(state=Not(State.DOWN)),
        for_us=SHOWN_US,
        after=hello,
        puppet=idle,
        because=f"frame {hello.frame} is for the session between {called.peer} and {called.local}",
    )
