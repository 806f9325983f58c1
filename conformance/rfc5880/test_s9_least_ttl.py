"""RFC 5880 section 9: the maximum TTL across a single link."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.scenario import establish, must_discard


@case("5880-9-101", judges=["5880-9-r02"])
def test_less_than_the_maximum_ttl(bench: Bench) -> None:
    """Across a single link, a packet with less than the maximum TTL is dropped."""
    puppet = establish(bench)
    must_discard(bench, puppet, datagram={"ttl": 254}, because="its TTL is 254 on a session across a single link")
