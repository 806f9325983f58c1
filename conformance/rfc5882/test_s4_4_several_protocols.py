"""RFC 5882 section 4.4: several control protocols share one session."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.scenario import SLOW_WAIT_US, establish, poll, stays_up
from topologies.node import Capability


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
