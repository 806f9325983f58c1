"""RFC 5880 section 6.8.6: what a received packet means for Demand mode, on either side."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.demand import DEMAND, obey_demand
from conformance.bench.match import control
from conformance.bench.packets import in_words
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import PERIODIC, SLOW_WAIT_US, establish, fresh, raise_up, sane_after
from refimpl.core.constants import State
from topologies.node import Capability

INTERVAL_US = 300_000
PLAIN = control(state=State.UP, poll=False, final=False)


@case("5880-6.8.6-151", judges=["5880-6.8.6-r21"])
def test_demand_bit_of_any_packet_counts(bench: Bench) -> None:
    """D counts in every accepted packet, also in one without a Poll: set, it stops the periodic packets; cleared, it
    brings them back."""
    puppet = establish(bench)
    puppet.demand = True
    told = bench.send(puppet)
    # What was on its way when D arrived does not count.
    bench.until(told.time_us + 2 * INTERVAL_US)
    bench.expect_never(
        PERIODIC, for_us=4 * INTERVAL_US, after=bench.mark(), puppet=puppet, because="the far end's last packet had D"
    )
    puppet.demand = False
    cleared = bench.send(puppet)
    bench.expect(PLAIN, within_us=SLOW_US, after=cleared, puppet=puppet)
    sane_after(bench, puppet)


@case("5880-6.8.6-152", judges=["5880-6.8.6-r47"])
def test_demand_of_a_far_end_in_init(bench: Bench) -> None:
    """D set by a far end that still says Init does not stop the periodic packets of a target that is Up."""
    puppet = fresh(bench)
    bench.send(puppet)
    bench.wait(control(state=State.INIT), within_us=SLOW_WAIT_US, what="the handshake", puppet=puppet)
    puppet.state, puppet.demand = State.INIT, True
    sent = bench.send(puppet)
    bench.start_keepalives(puppet)
    bench.wait(control(state=State.UP), within_us=SLOW_WAIT_US, after=sent, what="Up", puppet=puppet)
    # A Poll Sequence about the faster rate would make it send anyway; the puppet answers, and that is over.
    settled = bench.wait(PLAIN, within_us=2 * SLOW_WAIT_US, after=sent, what="the end of its Poll", puppet=puppet)
    bench.until(settled.time_us + SLOW_US)
    after = [seen for seen in bench.from_target(settled) if PLAIN(seen)]
    bench.check(
        bool(after),
        expected=f"periodic packets after frame {settled.frame}, as the far end is not Up",
        actual="none in a second",
        frames=[settled],
    )


@case("5880-6.8.6-153", judges=["5880-6.8.6-r46"])
def test_demand_of_a_far_end_in_admin_down(bench: Bench) -> None:
    """D set by a far end that says AdminDown does not stop the periodic packets of a target that is Down."""
    puppet = fresh(bench)
    sent = bench.send(puppet, state=State.ADMIN_DOWN, demand=True)
    down = control(state=State.DOWN, final=False)
    first = bench.expect(down, within_us=SLOW_WAIT_US, after=sent, puppet=puppet)
    bench.expect(down, within_us=SLOW_WAIT_US, after=first, puppet=puppet)


@case("5880-6.8.6-154", judges=["5880-6.8.6-r43"], needs=[Capability.DEMAND], seconds=8)
def test_demand_mode_becomes_active_with_the_state(bench: Bench) -> None:
    """A session that wants Demand mode from its beginning sets D when both ends are Up, and again after a failure."""
    puppet = fresh(bench, demand=True)
    for _ in range(2):
        start = bench.mark()
        raise_up(bench, puppet)
        bench.expect(DEMAND, within_us=SLOW_WAIT_US, after=start, puppet=puppet)
        obey_demand(bench, puppet, start)
        puppet.state = State.DOWN
        told = bench.send(puppet)
        down = bench.wait(control(state=State.DOWN), within_us=SLOW_WAIT_US, after=told, what="Down", puppet=puppet)
        bench.check(
            not down.packet.demand,
            expected=f"D clear once the far end said Down (frame {told.frame})",
            actual=f"frame {down.frame}: {in_words(down)}",
            frames=[told, down],
        )
