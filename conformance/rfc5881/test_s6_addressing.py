"""RFC 5881 section 6: addresses of a subnet."""

from ipaddress import ip_address

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, cases
from conformance.bench.scenario import establish
from topologies.node import Capability


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
