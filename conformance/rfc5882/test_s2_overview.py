"""RFC 5882 section 2: one session, however many clients ask for it."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.scenario import fresh
from conformance.bench.sharing import one_session
from topologies.node import Capability


@case("5882-2-01", judges=["5882-2-r06"], needs=[Capability.SHARING])
def test_one_session_for_all_clients(bench: Bench) -> None:
    """A second client that asks for the path of an existing session brings no second session about."""
    puppet = fresh(bench)
    shared = bench.command(bench.node.share_session, puppet.spec, "second")
    one_session(bench, puppet, shared)
