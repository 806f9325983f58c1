"""RFC 5880 section 9: the Generalized TTL Security Mechanism, on the sending side. RFC 5881 section 5 has the rest."""

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.cases import Row, cases
from conformance.bench.scenario import establish, poll
from refimpl.core.constants import TTL_MAX
from topologies.node import Capability


@cases(
    Row("5880-9-01", ["5880-9-r01"], {"family": 4}, [Capability.IPV4]),
    Row("5880-9-02", ["5880-9-r01"], {"family": 6}, [Capability.IPV6]),
)
def test_maximum_hop_count(bench: Bench, family: int) -> None:
    """Over IPv{family}, periodic packets, Finals and Down after a failure leave with a hop count of 255."""
    puppet = bench.puppet(family, detect_mult=2)
    establish(bench, puppet=puppet)
    poll(bench, puppet)
    bench.stop_keepalives(puppet)
    bench.elapse(puppet.detect_mult * 300_000 + PROMPT_US)
    packets = bench.from_target(bench.origin)
    wrong = [seen for seen in packets if seen.datagram.ttl != TTL_MAX]
    bench.check(
        bool(packets) and not wrong,
        expected=f"{TTL_MAX} in each of {len(packets)} packets",
        actual=f"{wrong[0].datagram.ttl} in frame {wrong[0].frame}" if wrong else "no packet",
        frames=wrong,
    )
