"""RFC 5883 section 5: the encapsulation of a single hop, but for the destination port."""

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.encapsulation import every_packet, first_packet, same_source_port, whole_life
from conformance.bench.scenario import FINAL, establish, over_hops, pace_polls, stays_up
from refimpl.core.constants import PORT_MULTI_HOP, SOURCE_PORT_MAX, SOURCE_PORT_MIN
from topologies.node import Capability

V4, V6 = [Capability.IPV4], [Capability.IPV6]
NEEDS = [Capability.MULTI_HOP]

SESSIONS = 10
KIND = "multi_hop"


@cases(
    Row("5883-5-01", ["5883-5-r01"], {"family": 4}, V4),
    Row("5883-5-02", ["5883-5-r01"], {"family": 6}, V6),
    needs=NEEDS,
)
def test_destination_port(bench: Bench, family: int) -> None:
    """On IPv{family} every packet of a multihop session goes to UDP port 4784."""
    establish(bench, puppet=over_hops(bench, family), kind=KIND)
    packets = bench.from_target(bench.origin)
    every_packet(bench, packets, lambda seen: seen.datagram.destination_port == PORT_MULTI_HOP, "port 4784")


@cases(
    Row("5883-5-03", ["5883-5-r03"], {"family": 4}, V4),
    Row("5883-5-04", ["5883-5-r03"], {"family": 6}, V6),
    needs=NEEDS,
    seconds=12,
)
def test_source_port_range(bench: Bench, family: int) -> None:
    """On IPv{family} the source port of multihop session after session lies in 49152 to 65535."""
    # A target that takes any port that its system offers hits the range now and then; it will not do so ten times.
    packets = [first_packet(bench, over_hops(bench, family), kind=KIND) for _ in range(SESSIONS)]
    ports = range(SOURCE_PORT_MIN, SOURCE_PORT_MAX + 1)
    every_packet(bench, packets, lambda seen: seen.datagram.source_port in ports, "source port 49152 to 65535")


@cases(
    Row("5883-5-05", ["5883-5-r04"], {"family": 4}, V4),
    Row("5883-5-06", ["5883-5-r04"], {"family": 6}, V6),
    needs=NEEDS,
)
def test_source_port_is_stable(bench: Bench, family: int) -> None:
    """On IPv{family} all packets of a multihop session, also those after a failure, have one source port."""
    packets = whole_life(bench, over_hops(bench, family), kind=KIND)
    same_source_port(bench, packets, packets[0])


@case("5883-5-07", judges=["5883-5-r05"], needs=[*NEEDS, Capability.IPV4, Capability.IPV6])
def test_source_ports_differ(bench: Bench) -> None:
    """Two multihop sessions have different source ports."""
    puppets = [establish(bench, puppet=over_hops(bench, family), kind=KIND) for family in (4, 6)]
    packets = [puppet.last_seen for puppet in puppets if puppet.last_seen is not None]
    ports = {seen.datagram.source_port for seen in packets}
    bench.check(
        len(ports) == 2,
        expected="a source port of its own for each session",
        actual=f"port {', '.join(map(str, ports))} for both",
        frames=packets,
    )


@case("5883-5-08", judges=["5883-5-r06"], needs=NEEDS)
def test_far_end_s_source_port_decides_nothing(bench: Bench) -> None:
    """A multihop packet with the right Your Discriminator is accepted from another source port."""
    puppet = establish(bench, puppet=over_hops(bench), kind=KIND)
    pace_polls(bench, puppet)
    other = SOURCE_PORT_MIN + (puppet.source_port - SOURCE_PORT_MIN + 1000) % (SOURCE_PORT_MAX - SOURCE_PORT_MIN)
    asked = bench.send(puppet, poll=True, datagram={"source_port": other})
    bench.expect(FINAL, within_us=PROMPT_US, after=asked, puppet=puppet)
    stays_up(bench, puppet, asked)
