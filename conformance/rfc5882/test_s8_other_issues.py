"""RFC 5882 section 8: leave is taken of the far end, ahead of an outage and of deconfiguring."""

from conformance.bench.bench import Bench, Mark
from conformance.bench.cases import case
from conformance.bench.match import Not, control
from conformance.bench.packets import Seen, milliseconds
from conformance.bench.puppet import SLOW_US, Puppet
from conformance.bench.scenario import SLOW_WAIT_US, establish, since_command
from refimpl.core.constants import State
from topologies.node import Capability

DETECT_MULT = 3


def slow_session(bench: Bench) -> Puppet:
    """A session whose far end has a Detection Time of 3 s, in which at least two AdminDown packets fall."""
    puppet = bench.puppet(required_min_rx_us=SLOW_US)
    establish(bench, puppet=puppet, detect_mult=DETECT_MULT)
    return puppet


def asserts_admin_down(bench: Bench, puppet: Puppet, start: Mark, requirement: str) -> None:
    """Judge that AdminDown, and nothing else, is said for a Detection Time of the far end after it was first said."""
    within_us = since_command(bench, start, SLOW_WAIT_US)
    first = bench.expect(
        control(state=State.ADMIN_DOWN), within_us=within_us, after=start, requirement=requirement, puppet=puppet
    )
    interval_us = max(SLOW_US, first.packet.desired_min_tx_interval_us)
    # By the time of the far end before it heard of AdminDown: what it computes from that packet may be longer.
    detection_us = DETECT_MULT * SLOW_US
    came = bench.expect_never(
        control(state=Not(State.ADMIN_DOWN)),
        for_us=detection_us,
        after=first,
        requirement=requirement,
        puppet=puppet,
        because="AdminDown has to last for a Detection Time",
    )
    last: Seen = came[-1] if came else first
    bench.check(
        # One interval before the end the last packet may have been sent.
        last.time_us - first.time_us >= detection_us - interval_us - bench.tolerance_for(SLOW_US),
        expected=f"AdminDown packets for {milliseconds(detection_us)} after frame {first.frame}",
        actual=f"{len(came)} more, the last one {milliseconds(last.time_us - first.time_us)} after it",
        frames=[first, *came],
        requirement=requirement,
    )


@case("5882-8-01", judges=["5882-8-r05"], needs=[Capability.ADMIN_DOWN], seconds=10)
def test_leave_before_an_outage(bench: Bench) -> None:
    """A session that is taken to AdminDown asserts that for a Detection Time of the far end, here 3 s."""
    puppet = slow_session(bench)
    start = bench.command(bench.node.set_admin, bench.specs[0], enabled=False)
    asserts_admin_down(bench, puppet, start, "5882-8-r05")


@case("5882-8-02", judges=["5882-8-r07", "5882-8-r08"], seconds=10)
def test_leave_before_deconfiguring(bench: Bench) -> None:
    """A session that is deconfigured goes to AdminDown, and stays there for a Detection Time, here 3 s."""
    puppet = slow_session(bench)
    start = bench.deconfigure(bench.specs[0])
    bench.expect(
        control(state=State.ADMIN_DOWN),
        within_us=since_command(bench, start, SLOW_WAIT_US),
        after=start,
        requirement="5882-8-r07",
        puppet=puppet,
    )
    asserts_admin_down(bench, puppet, start, "5882-8-r08")
