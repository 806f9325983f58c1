"""RFC 5880 section 6.2: what holds a session where it is. The single transitions are in section 6.8.6."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.match import Not, control
from conformance.bench.scenario import SLOW_WAIT_US, establish
from refimpl.core.constants import State
from topologies.node import Capability

CALM_US = 3_000_000


@case("5880-6.2-01", judges=["5880-6.2-r03"])
def test_up_stays_up(bench: Bench) -> None:
    """With keep-alives in time, the target stays Up for three seconds of ten negotiated intervals."""
    puppet = establish(bench)
    seen = bench.expect_never(
        control(state=Not(State.UP)), for_us=CALM_US, after=bench.mark(), puppet=puppet, because="nothing happened"
    )
    bench.check(len(seen) >= 5, expected="packets at the negotiated rate", actual=f"{len(seen)} packets in 3 s")


@case("5880-6.2-02", judges=["5880-6.2-r04"], needs=[Capability.ADMIN_DOWN], seconds=9)
def test_admin_down_lasts(bench: Bench) -> None:
    """AdminDown is left neither for received packets nor for the passing of time."""
    puppet = establish(bench)
    bench.command(bench.node.set_admin, bench.specs[0], enabled=False)
    told = bench.wait(
        control(state=State.ADMIN_DOWN), within_us=SLOW_WAIT_US, what="administrative down", puppet=puppet
    )
    puppet.state = State.DOWN
    bench.expect_never(
        control(state=Not(State.ADMIN_DOWN)),
        for_us=2 * SLOW_WAIT_US,
        after=told,
        puppet=puppet,
        because="only the administrator ends AdminDown",
    )
