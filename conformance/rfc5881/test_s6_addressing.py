"""RFC 5881 section 6: the path that is protected, addresses of a subnet, point-to-point links."""

from ipaddress import ip_address

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.encapsulation import around, every_packet
from conformance.bench.match import control
from conformance.bench.puppet import Puppet
from conformance.bench.scenario import FINAL, SLOW_WAIT_US, establish, fresh, must_discard, pace_polls
from refimpl.core.constants import State
from topologies.node import Capability

MOVED_US = 2_000_000
"""How long the far end uses its new address: more than a Detection Time."""


@cases(
    Row("5881-6-01", ["5881-6-r02", "5881-6-r03"], {"family": 4}, [Capability.IPV4]),
    Row("5881-6-02", ["5881-6-r02", "5881-6-r03"], {"family": 6}, [Capability.IPV6]),
)
def test_addresses_of_the_subnet(bench: Bench, family: int) -> None:
    """On IPv{family} packets go from the target's address on the subnet to the configured one of the far end."""
    puppet = establish(bench, family)
    bench.elapse(1_000_000)
    packets = [seen for seen in bench.from_target(bench.origin) if ip_address(seen.datagram.source).version == family]
    ends = {"5881-6-r02": ("source", puppet.peer), "5881-6-r03": ("destination", puppet.local)}
    for requirement, (end, address) in ends.items():
        wrong = [seen for seen in packets if getattr(seen.datagram, end) != address]
        bench.check(
            bool(packets) and not wrong,
            expected=f"{end} {address} in each of {len(packets)} packets",
            actual=f"{getattr(wrong[0].datagram, end)} in frame {wrong[0].frame}" if wrong else "no packet",
            frames=wrong,
            requirement=requirement,
        )


@case("5881-6-03", judges=["5881-6-r01"], links=2)
def test_leaves_over_its_own_path(bench: Bench) -> None:
    """All packets of a session leave over its own link, also when its far end is heard over another one."""
    puppet = establish(bench)
    pace_polls(bench, puppet)
    # Whether the target takes this packet for the session's or not: an answer, if any, has to take the session's path.
    bench.send(puppet, poll=True, link=1)
    bench.elapse(PROMPT_US)
    packets = [seen for seen in bench.from_target(bench.origin) if puppet.is_from_target(seen)]
    every_packet(bench, packets, lambda seen: seen.link == puppet.link, "the session's own link")


@cases(
    Row("5881-6-04", ["5881-6-r05"], {"family": 4}, [Capability.IPV4]),
    Row("5881-6-05", ["5881-6-r05"], {"family": 6}, [Capability.IPV6]),
    needs=[Capability.POINT_TO_POINT],
)
def test_first_packet_from_any_address(bench: Bench, family: int) -> None:
    """On a point-to-point link over IPv{family}, a first packet from an unknown address begins the handshake."""
    puppet = fresh(bench, family, point_to_point=True)
    hello = bench.send(puppet, your_discriminator=0, datagram={"source": elsewhere(puppet)})
    bench.expect(
        control(state=State.INIT, your_discriminator=puppet.my_discriminator),
        within_us=SLOW_WAIT_US,
        after=hello,
        puppet=puppet,
    )


@case("5881-6-06", judges=["5881-6-r06", "5881-6-r04"], needs=[Capability.POINT_TO_POINT])
def test_later_packets_by_your_discriminator_alone(bench: Bench) -> None:
    """On a point-to-point link, Your Discriminator alone decides about later packets, and not the source address."""
    puppet = establish(bench, point_to_point=True)
    pace_polls(bench, puppet)
    moved = bench.send(puppet, poll=True, datagram={"source": elsewhere(puppet)})
    bench.expect(FINAL, within_us=PROMPT_US, after=moved, requirement="5881-6-r04")
    must_discard(
        bench,
        puppet,
        your_discriminator=puppet.reflected ^ 0x00FF00FF or 1,
        requirement="5881-6-r06",
        because="its Your Discriminator selects no session",
    )


@case("5881-6-07", judges=["5881-6-r07", "5881-6-r08"], needs=[Capability.POINT_TO_POINT])
def test_far_end_changes_its_address(bench: Bench) -> None:
    """On a point-to-point link, when the far end's source address changes, packets go on to the configured address."""
    puppet = establish(bench, point_to_point=True)
    bench.stop_keepalives(puppet)
    puppet.answers_polls = True
    start, new = bench.mark(), elsewhere(puppet)
    while bench.now() < start.time_us + MOVED_US:
        bench.send(puppet, datagram={"source": new})
        bench.elapse(puppet.desired_min_tx_us * 3 // 4)
    packets = bench.from_target(start)
    followed = [seen for seen in packets if seen.datagram.destination == new]
    bench.check(
        not followed,
        expected=f"no packet to {new}, the new source address",
        actual=f"frame {followed[0].frame}: {around(followed[0])}" if followed else "",
        frames=followed,
        requirement="5881-6-r07",
    )
    late = [seen for seen in packets if puppet.is_from_target(seen) and seen.time_us > start.time_us + MOVED_US // 2]
    bench.check(
        bool(late),
        expected=f"packets to {puppet.local}, the configured address, {MOVED_US // 2000} ms after the change and later",
        actual=f"{len(packets)} packets since the change, none of them then and there",
        frames=packets,
        requirement="5881-6-r08",
    )


def elsewhere(puppet: Puppet) -> str:
    """An address that is neither end's."""
    return str(ip_address(puppet.local) + 2)
