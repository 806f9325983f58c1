"""RFC 5881 section 5: TTL and Hop Limit on a session with authentication, and what such a session is."""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, cases
from conformance.bench.packets import in_words
from conformance.bench.probes import Probe, must_discard_each
from conformance.bench.scenario import establish, poll, sane_after
from conformance.bench.signing import UNSIGNED, has_proof
from conformance.rfc5880.authentication import FIRST, SHA1, authenticated
from refimpl.core.constants import TTL_MAX
from topologies.node import Capability

JUDGES = ["5881-5-r03", "5881-5-r06", "5881-5-r07"]


@cases(
    Row("5881-5-101", JUDGES, {"family": 4, "name": "TTL"}, [Capability.IPV4]),
    Row("5881-5-102", JUDGES, {"family": 6, "name": "Hop Limit"}, [Capability.IPV6]),
    needs=[SHA1.need],
)
def test_session_with_authentication(bench: Bench, family: int, name: str) -> None:
    """On IPv{family} a session with authentication sends {name} 255 and signed packets, and discards unsigned ones."""
    puppet = establish(bench, family, auth=SHA1.spec())
    poll(bench, puppet)
    probes = [Probe(f"unsigned, {name} {ttl}", UNSIGNED, datagram={"ttl": ttl}) for ttl in (TTL_MAX, TTL_MAX - 1, 1)]
    must_discard_each(bench, puppet, probes, "5881-5-r07")
    sane_after(bench, puppet)
    packets = authenticated(bench, puppet)
    unsigned = [seen for seen in packets if not has_proof(seen.datagram.payload, SHA1.scheme, FIRST.secret)]
    bench.check(
        bool(packets) and not unsigned,
        expected=f"the A bit and an Authentication Section in each of {len(packets)} packets",
        actual=f"frame {unsigned[0].frame}: {in_words(unsigned[0])}" if unsigned else "no packet",
        frames=unsigned,
        requirement="5881-5-r06",
    )
    wrong = [seen for seen in bench.from_target(bench.origin) if seen.datagram.ttl != TTL_MAX]
    bench.check(
        not wrong,
        expected=f"{name} 255 in each packet",
        actual=f"{name} {wrong[0].datagram.ttl} in frame {wrong[0].frame}" if wrong else "",
        frames=wrong,
        requirement="5881-5-r03",
    )
