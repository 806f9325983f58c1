"""RFC 5880 section 6.8.12: Detect Mult is changed."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.match import control
from conformance.bench.scenario import SLOW_WAIT_US, establish, next_packet_says, stays_up
from topologies.node import Capability


@case("5880-6.8.12-01", judges=["5880-6.8.12-r02"], needs=[Capability.CHANGE_MULT], seconds=9)
def test_new_detect_mult_is_in_the_next_packet(bench: Bench) -> None:
    """A new Detect Mult is in the next packet that the target sends."""
    next_packet_says(bench, control(detect_mult=9), detect_mult=9)


@case("5880-6.8.12-02", judges=["5880-6.8.12-r02"], needs=[Capability.CHANGE_MULT])
def test_detect_mult_changes_without_a_poll(bench: Bench) -> None:
    """A new Detect Mult is announced without disturbing the session; it needs no Poll Sequence."""
    puppet = establish(bench)
    start = bench.command(bench.node.set_timers, bench.specs[0], detect_mult=9)
    bench.expect(control(detect_mult=9), within_us=SLOW_WAIT_US, after=start, puppet=puppet)
    bench.until(start.time_us + SLOW_WAIT_US)
    stays_up(bench, puppet, start)
    if any(seen.packet.poll for seen in bench.from_target(start)):
        bench.alternatives.append("a Poll Sequence told the change, which 6.8.3 does not ask for and does not forbid")
