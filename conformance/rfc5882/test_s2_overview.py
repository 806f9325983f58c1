"""RFC 5882 sections 2 and 4.4: one session, however many clients ask for it."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.scenario import SLOW_WAIT_US, establish, fresh, poll, stays_up
from conformance.bench.sharing import one_session
from topologies.node import Capability


@case("5882-2-01", judges=["5882-2-r06"], needs=[Capability.SHARING])
def test_one_session_for_all_clients(bench: Bench) -> None:
    """A second client that asks for the path of an existing session brings no second session about."""
    puppet = fresh(bench)
    shared = bench.command(bench.node.share_session, puppet.spec, "second")
    one_session(bench, puppet, shared)


@case("5882-4.4-01", judges=["5882-4.4-r01"], needs=[Capability.SHARING])
def test_session_outlives_its_first_client(bench: Bench) -> None:
    """Two clients share one session: it stays Up when the second one comes and when the first one goes."""
    puppet = establish(bench)
    discriminator = poll(bench, puppet).packet.my_discriminator
    shared = bench.command(bench.node.share_session, puppet.spec, "second")
    bench.elapse(SLOW_WAIT_US // 2)
    bench.command(bench.node.withdraw_client, puppet.spec)
    bench.elapse(SLOW_WAIT_US // 2)
    stays_up(bench, puppet, shared, because="one client at least wanted the session all the time")
    packets = [seen for seen in bench.from_target(shared) if puppet.is_from_target(seen)]
    others = [seen for seen in packets if seen.packet.my_discriminator != discriminator]
    late = [seen for seen in packets if seen.time_us > bench.now() - SLOW_WAIT_US // 4]
    bench.check(
        bool(late) and not others,
        expected=f"packets of the session with My Discriminator {discriminator:#010x} all the time, and no others",
        actual=f"frame {others[0].frame} with {others[0].packet.my_discriminator:#010x}" if others else "silence",
        frames=others or packets[-1:],
    )
