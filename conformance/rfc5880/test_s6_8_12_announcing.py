"""RFC 5880 sections 6.8.10 and 6.8.12: a new value is in the very next packet.

The target sends only every few seconds here, so "the next packet" leaves no doubt.
"""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.match import Match, control
from conformance.bench.packets import in_words
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import SLOW_WAIT_US, establish, slow_down, stays_up
from conformance.bench.verdicts import Inconclusive
from topologies.node import Capability

INTERVAL_US = 4 * SLOW_US


@cases(
    Row(
        "5880-6.8.10-01",
        ["5880-6.8.10-r02"],
        {
            "what": "Required Min RX Interval",
            "timers": {"required_min_rx_us": 400_000},
            "new": control(required_min_rx_interval_us=400_000),
        },
        [Capability.CHANGE_RX],
    ),
    Row(
        "5880-6.8.12-01",
        ["5880-6.8.12-r02"],
        {"what": "Detect Mult", "timers": {"detect_mult": 9}, "new": control(detect_mult=9)},
        [Capability.CHANGE_MULT],
    ),
)
def test_new_value_is_in_the_next_packet(bench: Bench, what: str, timers: dict[str, int], new: Match) -> None:
    """A new {what} is in the next packet that the target sends."""
    puppet = establish(bench)
    last = slow_down(bench, puppet, INTERVAL_US)
    start = bench.command(bench.node.set_timers, bench.specs[0], **timers)
    accepted = bench.mark()
    during = [seen for seen in bench.from_target(start) if not new(seen)]
    if during or accepted.time_us > last.time_us + INTERVAL_US * 3 // 4:
        raise Inconclusive("the target took so long to accept the change that a packet fell due meanwhile")
    following = bench.wait(
        control(), within_us=INTERVAL_US + SLOW_US, after=start, what="the next packet", puppet=puppet
    )
    bench.check(
        new(following),
        expected=f"{new} in the next packet after the change, frame {following.frame}",
        actual=in_words(following),
        frames=[following],
    )


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
