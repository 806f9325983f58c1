"""RFC 5880 section 6.8.14: Demand mode is switched on and off at any time, and takes effect as section 6.6 says."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.demand import obey_demand
from conformance.bench.match import control
from conformance.bench.packets import in_words
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import SLOW_WAIT_US, fresh, raise_up, sane_after
from refimpl.core.constants import State
from topologies.node import Capability


@case("5880-6.8.14-01", judges=["5880-6.8.14-r01"], needs=[Capability.DEMAND], seconds=6)
def test_demand_mode_asked_for_in_down(bench: Bench) -> None:
    """Asked for in Down, Demand mode waits until both ends are Up; no longer asked for, it ends, and both go on."""
    puppet = fresh(bench)
    start = bench.command(bench.node.set_demand, bench.specs[0], enabled=True)
    bench.elapse(SLOW_US)
    raise_up(bench, puppet)
    obey_demand(bench, puppet, start)
    early = [seen for seen in bench.from_target(start) if seen.packet.demand and seen.packet.state != State.UP]
    bench.check(
        not early,
        expected="D clear until the session is Up",
        actual=f"frame {early[0].frame}: {in_words(early[0])}" if early else "",
        frames=early,
    )
    stop = bench.command(bench.node.set_demand, bench.specs[0], enabled=False)
    bench.expect(control(state=State.UP, demand=False), within_us=SLOW_WAIT_US, after=stop, puppet=puppet)
    bench.start_keepalives(puppet)
    sane_after(bench, puppet)
