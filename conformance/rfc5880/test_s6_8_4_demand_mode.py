"""RFC 5880 section 6.8.4: the Detection Time of Demand mode, from the first packet of a Poll Sequence.

Tolerance: the fixed part of the bench plus twice its measured lateness, at most a tenth of the Detection Time.
"""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.demand import POLL, WAYS, target_asks
from conformance.bench.detection import Judges, judge_expiry
from conformance.bench.packets import Seen
from conformance.bench.puppet import SLOW_US, Puppet
from conformance.bench.scenario import SLOW_WAIT_US, establish, poll, stays_up
from topologies.node import Capability

BASE_US = 300_000
FIRST_POLL = "the first packet of the target's Poll Sequence"


def verify_unanswered(bench: Bench, puppet: Puppet) -> Seen:
    """Have the target, in Demand mode, verify connectivity in vain; returns its first Poll."""
    puppet.answers_polls = False
    start = bench.command(bench.node.verify, bench.specs[0])
    return bench.wait(POLL, within_us=SLOW_WAIT_US, after=start, what="the target's Poll", puppet=puppet)


@cases(
    Row("5880-6.8.4-151", ["5880-6.8.4-r12", "5880-6.8.4-r13"], {"who": "the target"}),
    Row("5880-6.8.4-152", ["5880-6.8.4-r12", "5880-6.8.4-r13"], {"who": "both"}),
    needs=[Capability.DEMAND, Capability.VERIFY],
)
def test_unanswered_poll_takes_the_session_down(bench: Bench, who: str) -> None:
    """Demand mode at {who}: an unanswered Poll Sequence takes the session Down after a Detection Time, diagnostic 1."""
    puppet = establish(bench, detect_mult=3)
    WAYS[who](bench, puppet)
    first = verify_unanswered(bench, puppet)
    judges = Judges(too_late="5880-6.8.4-r12", diag="5880-6.8.4-r13")
    judge_expiry(bench, puppet, 3 * BASE_US, judges, start=first, began=FIRST_POLL)


@cases(
    Row("5880-6.8.4-153", ["5880-6.8.4-r10"], {"far_mult": 6, "desired_us": BASE_US, "far_required_us": BASE_US}),
    Row("5880-6.8.4-154", ["5880-6.8.4-r10"], {"far_mult": 1, "desired_us": BASE_US, "far_required_us": BASE_US}),
    Row("5880-6.8.4-155", ["5880-6.8.4-r11"], {"far_mult": 2, "desired_us": 2 * BASE_US, "far_required_us": BASE_US}),
    Row("5880-6.8.4-156", ["5880-6.8.4-r11"], {"far_mult": 2, "desired_us": BASE_US, "far_required_us": 2 * BASE_US}),
    needs=[Capability.DEMAND, Capability.VERIFY],
)
def test_detection_time(bench: Bench, far_mult: int, desired_us: int, far_required_us: int) -> None:
    """Detect Mult 2 (far end {far_mult}), Desired Min TX {desired_us} µs, far Required Min RX {far_required_us} µs."""
    puppet = bench.puppet(required_min_rx_us=far_required_us)
    establish(bench, puppet=puppet, desired_min_tx_us=desired_us, detect_mult=2)
    target_asks(bench, puppet)
    puppet.detect_mult = far_mult
    poll(bench, puppet)
    first = verify_unanswered(bench, puppet)
    judged_by = bench.requirements[0]
    judges = Judges(too_early=judged_by, too_late=judged_by)
    judge_expiry(bench, puppet, 2 * max(desired_us, far_required_us), judges, start=first, began=FIRST_POLL)


@case("5880-6.8.4-157", judges=["5880-6.8.4-r14"], needs=[Capability.DEMAND, Capability.VERIFY], seconds=8)
def test_detection_time_runs_from_the_first_poll(bench: Bench) -> None:
    """After a second of silence a Poll Sequence is not answered: the Detection Time runs from its first packet."""
    puppet = establish(bench, detect_mult=3)
    target_asks(bench, puppet)
    bench.elapse(SLOW_US)
    first = verify_unanswered(bench, puppet)
    judges = Judges(too_early="5880-6.8.4-r14", too_late="5880-6.8.4-r14")
    judge_expiry(bench, puppet, 3 * BASE_US, judges, start=first, began=FIRST_POLL)


@cases(
    Row("5880-6.8.4-158", ["5880-6.8.4-r15"], {"who": "the target"}),
    Row("5880-6.8.4-159", ["5880-6.8.4-r15"], {"who": "both"}),
    needs=[Capability.DEMAND],
)
def test_silence_without_a_poll_means_nothing(bench: Bench, who: str) -> None:
    """Demand mode at {who}: without a Poll Sequence the session stays Up, whatever Detection Times have passed."""
    puppet = bench.puppet(detect_mult=2)
    establish(bench, puppet=puppet, detect_mult=2)
    WAYS[who](bench, puppet)
    start = bench.mark()
    bench.elapse(2 * SLOW_US)
    poll(bench, puppet)
    stays_up(bench, puppet, start, because="Demand mode is active and nothing was polled for")
