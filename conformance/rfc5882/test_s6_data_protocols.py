"""RFC 5882 section 6: sessions for service levels. Those for IPv4 and IPv6 are in the cases of RFC 5881 section 2."""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.encapsulation import every_packet, whole_life
from conformance.bench.match import Not, control
from conformance.bench.scenario import SHOWN_US, SLOW_WAIT_US, fresh
from refimpl.core.constants import State
from refimpl.wire.frames import ECN_BITS
from topologies.node import Capability

EXPEDITED, ASSURED = 46, 10
"""EF (RFC 3246) and AF11 (RFC 2597), two marks that data packets often bear."""

NEEDS = [Capability.SERVICE_LEVELS]


@cases(
    Row("5882-6-01", ["5882-6-r06"], {"family": 4}, [Capability.IPV4]),
    Row("5882-6-02", ["5882-6-r06"], {"family": 6}, [Capability.IPV6]),
    needs=NEEDS,
)
def test_marked_as_the_data(bench: Bench, family: int) -> None:
    """On IPv{family} every packet of a session for a service level bears its mark."""
    packets = whole_life(bench, bench.puppet(family), dscp=ASSURED)
    every_packet(bench, packets, lambda seen: seen.datagram.traffic_class >> ECN_BITS == ASSURED, f"DSCP {ASSURED}")


@case("5882-6-03", judges=["5882-6-r07"], needs=NEEDS)
def test_mark_selects_the_session(bench: Bench) -> None:
    """With a session for each of two service levels, a first packet moves the session of its mark, and no other."""
    # What a session says of itself tells which one has answered.
    idle, called = 3, 4
    puppet = fresh(bench, dscp=ASSURED, detect_mult=idle)
    bench.add_session(puppet, dscp=EXPEDITED, detect_mult=called)
    bench.wait(control(detect_mult=called), within_us=SLOW_WAIT_US, what="the second session", puppet=puppet)
    hello = bench.send(puppet, your_discriminator=0, datagram={"traffic_class": EXPEDITED << ECN_BITS})
    bench.expect(control(state=State.INIT, detect_mult=called), within_us=SLOW_WAIT_US, after=hello, puppet=puppet)
    bench.expect_never(
        control(state=Not(State.DOWN), detect_mult=idle),
        for_us=SHOWN_US,
        after=hello,
        puppet=puppet,
        because=f"frame {hello.frame} has DSCP {EXPEDITED}, not that of its service level, {ASSURED}",
    )
