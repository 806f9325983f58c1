"""RFC 5881 section 5: TTL and Hop Limit 255, sent and demanded."""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, cases
from conformance.bench.match import control
from conformance.bench.scenario import SLOW_WAIT_US, establish, fresh, must_discard, poll
from refimpl.core.constants import TTL_MAX, State
from topologies.node import Capability

V4, V6 = [Capability.IPV4], [Capability.IPV6]


@cases(
    Row("5881-5-01", ["5881-5-r01"], {"family": 4, "name": "TTL"}, V4),
    Row("5881-5-02", ["5881-5-r01"], {"family": 6, "name": "Hop Limit"}, V6),
)
def test_sent_with_255(bench: Bench, family: int, name: str) -> None:
    """On IPv{family} every packet is sent with {name} 255."""
    puppet = establish(bench, family)
    poll(bench, puppet)
    bench.elapse(1_000_000)
    packets = bench.from_target(bench.origin)
    wrong = [seen for seen in packets if seen.datagram.ttl != TTL_MAX]
    bench.check(
        bool(packets) and not wrong,
        expected=f"{name} 255 in each of {len(packets)} packets",
        actual=f"{name} {wrong[0].datagram.ttl} in frame {wrong[0].frame}" if wrong else "no packet",
        frames=wrong,
    )


@cases(
    Row("5881-5-03", ["5881-5-r02"], {"family": 4, "name": "TTL", "ttl": 254}, V4),
    Row("5881-5-04", ["5881-5-r02"], {"family": 4, "name": "TTL", "ttl": 1}, V4),
    Row("5881-5-05", ["5881-5-r02"], {"family": 6, "name": "Hop Limit", "ttl": 254}, V6),
    Row("5881-5-06", ["5881-5-r02"], {"family": 6, "name": "Hop Limit", "ttl": 1}, V6),
)
def test_other_than_255_is_discarded(bench: Bench, family: int, name: str, ttl: int) -> None:
    """On IPv{family} a packet with {name} {ttl} is discarded by a session that is Up."""
    puppet = establish(bench, family)
    must_discard(bench, puppet, datagram={"ttl": ttl}, because=f"its {name} is {ttl}")


@cases(
    Row("5881-5-07", ["5881-5-r02"], {"family": 4, "name": "TTL"}, V4),
    Row("5881-5-08", ["5881-5-r02"], {"family": 6, "name": "Hop Limit"}, V6),
)
def test_first_packet_needs_255(bench: Bench, family: int, name: str) -> None:
    """On IPv{family} a first packet with {name} 254 does not begin the handshake."""
    puppet = fresh(bench, family)
    flawed = bench.send(puppet, your_discriminator=0, datagram={"ttl": 254})
    bench.expect_never(
        control(state=State.INIT), for_us=SLOW_WAIT_US, after=flawed, puppet=puppet, because=f"its {name} is 254"
    )
    good = bench.send(puppet, your_discriminator=0)
    bench.wait(control(state=State.INIT), within_us=SLOW_WAIT_US, after=good, what="the sentinel", puppet=puppet)
