"""RFC 5883 section 6: cryptographic authentication of multihop sessions."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.packets import in_words
from conformance.bench.scenario import establish
from conformance.bench.signing import has_proof
from conformance.rfc5880.authentication import FIRST, SHA1, authenticated
from refimpl.core.constants import PORT_MULTI_HOP
from topologies.node import Capability


@case("5883-6-01", judges=["5883-6-r01"], needs=[Capability.MULTI_HOP, SHA1.need])
def test_multihop_packets_are_signed(bench: Bench) -> None:
    """A multihop session for which a key is configured signs its packets with it."""
    puppet = establish(bench, puppet=bench.puppet(destination_port=PORT_MULTI_HOP), auth=SHA1.spec(), kind="multi_hop")
    packets = authenticated(bench, puppet)
    unsigned = [seen for seen in packets if not has_proof(seen.datagram.payload, SHA1.scheme, FIRST.secret)]
    bench.check(
        bool(packets) and not unsigned,
        expected=f"the digest of Keyed SHA1 in each of {len(packets)} packets",
        actual=f"frame {unsigned[0].frame}: {in_words(unsigned[0])}" if unsigned else "no packet",
        frames=unsigned,
    )
