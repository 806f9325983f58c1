"""RFC 5880 section 6.8.8: Echo packets that come back, and those that do not."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.echo_scenario import PATIENCE_US, must_have_looped, sending
from conformance.bench.match import control
from conformance.bench.puppet import SLOW_US
from refimpl.core.constants import State
from topologies.node import Capability

SEND = [Capability.ECHO_SEND]


@case("5880-6.8.8-02", judges=["5880-6.8.8-r02"], needs=SEND)
def test_a_stream_that_ends_is_noticed(bench: Bench) -> None:
    """Echo packets came back for a second, and then no more: the target notices, and says so by leaving Up."""
    puppet = sending(bench)
    bench.elapse(SLOW_US)
    start = bench.mark()
    puppet.loops_echo = False
    bench.expect(control(state=State.DOWN), within_us=PATIENCE_US, after=start, puppet=puppet)


@case("5880-6.8.8-01", judges=["5880-6.8.8-r01"], needs=[*SEND, Capability.IPV4, Capability.IPV6], seconds=8)
def test_the_right_session_fails(bench: Bench) -> None:
    """Of two sessions with Echo packets, the one whose packets stop coming back fails, and the other does not."""
    failing, kept = sending(bench, 6), sending(bench, 4)
    start = bench.mark()
    failing.loops_echo = False
    bench.until(start.time_us + PATIENCE_US)
    mine = [seen for seen in bench.from_target(start) if seen.packet.state != State.UP]
    must_have_looped(bench, kept, start.time_us)
    others = [seen for seen in mine if kept.is_from_target(seen)]
    bench.check(
        not others,
        expected="the session whose Echo packets come back to stay Up",
        actual=f"frame {others[0].frame} says otherwise" if others else "",
        frames=others,
    )
    bench.check(
        any(failing.is_from_target(seen) for seen in mine),
        expected="the session whose Echo packets do not come back to go Down",
        actual="it stays Up",
    )
