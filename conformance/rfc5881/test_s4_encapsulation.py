"""RFC 5881 section 4: ports."""

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.encapsulation import every_packet, first_packet, same_source_port, whole_life
from conformance.bench.match import control
from conformance.bench.scenario import FINAL, SLOW_WAIT_US, establish, pace_polls, stays_up
from refimpl.core.constants import PORT_SINGLE_HOP, SOURCE_PORT_MAX, SOURCE_PORT_MIN
from topologies.node import Capability

V4, V6 = [Capability.IPV4], [Capability.IPV6]

SESSIONS = 10

CHANGED_US = 600_000


@cases(
    Row("5881-4-01", ["5881-4-r01"], {"family": 4}, V4),
    Row("5881-4-02", ["5881-4-r01"], {"family": 6}, V6),
)
def test_destination_port(bench: Bench, family: int) -> None:
    """On IPv{family} every packet goes to UDP port 3784."""
    puppet = bench.puppet(family)
    establish(bench, puppet=puppet)
    packets = bench.from_target(bench.origin)
    every_packet(bench, packets, lambda seen: seen.datagram.destination_port == PORT_SINGLE_HOP, "port 3784")


@cases(
    Row("5881-4-03", ["5881-4-r03"], {"family": 4}, V4),
    Row("5881-4-04", ["5881-4-r03"], {"family": 6}, V6),
    seconds=12,
)
def test_source_port_range(bench: Bench, family: int) -> None:
    """On IPv{family} the source port of session after session lies in 49152 to 65535."""
    # A target that takes any port that its system offers hits the range now and then; it will not do so ten times.
    packets = [first_packet(bench, bench.puppet(family)) for _ in range(SESSIONS)]
    ports = range(SOURCE_PORT_MIN, SOURCE_PORT_MAX + 1)
    every_packet(bench, packets, lambda seen: seen.datagram.source_port in ports, "source port 49152 to 65535")


@cases(
    Row("5881-4-05", ["5881-4-r04"], {"family": 4}, V4),
    Row("5881-4-06", ["5881-4-r04"], {"family": 6}, V6),
)
def test_source_port_is_stable(bench: Bench, family: int) -> None:
    """On IPv{family} all packets of a session, Finals and those after a failure included, have one source port."""
    packets = whole_life(bench, bench.puppet(family))
    same_source_port(bench, packets, packets[0])


@cases(
    Row("5881-4-09", ["5881-4-r04"], {"family": 4}, [*V4, Capability.CHANGE_TX]),
    Row("5881-4-10", ["5881-4-r04"], {"family": 6}, [*V6, Capability.CHANGE_TX]),
)
def test_source_port_outlives_a_change(bench: Bench, family: int) -> None:
    """On IPv{family} a change of Desired Min TX Interval does not change the source port of the session."""
    puppet = establish(bench, family)
    before = bench.from_target(bench.origin)[-1]
    start = bench.command(bench.node.set_timers, bench.specs[0], desired_min_tx_us=CHANGED_US)
    new = control(desired_min_tx_interval_us=CHANGED_US, my_discriminator=before.packet.my_discriminator)
    bench.wait(new, within_us=SLOW_WAIT_US, after=start, what="the change, in the same session", puppet=puppet)
    bench.elapse(2 * CHANGED_US)
    packets = [seen for seen in bench.from_target(start) if new(seen)]
    same_source_port(bench, packets, before)


@case("5881-4-07", judges=["5881-4-r05"], needs=[Capability.IPV4, Capability.IPV6])
def test_source_ports_differ(bench: Bench) -> None:
    """Two sessions have different source ports."""
    puppets = [establish(bench, 4), establish(bench, 6)]
    packets = [puppet.last_seen for puppet in puppets if puppet.last_seen is not None]
    ports = {seen.datagram.source_port for seen in packets}
    bench.check(
        len(ports) == 2,
        expected="a source port of its own for each session",
        actual=f"port {', '.join(map(str, ports))} for both",
        frames=packets,
    )


@case("5881-4-08", judges=["5881-4-r09"])
def test_far_end_s_source_port_decides_nothing(bench: Bench) -> None:
    """A packet with the right Your Discriminator is accepted from another source port."""
    puppet = establish(bench)
    pace_polls(bench, puppet)
    other = SOURCE_PORT_MIN + (puppet.source_port - SOURCE_PORT_MIN + 1000) % (SOURCE_PORT_MAX - SOURCE_PORT_MIN)
    asked = bench.send(puppet, poll=True, datagram={"source_port": other})
    bench.expect(FINAL, within_us=PROMPT_US, after=asked, puppet=puppet)
    stays_up(bench, puppet, asked)
