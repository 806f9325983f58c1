"""RFC 5880 section 6.6: Demand mode, asked for by the target, by the far end, or by both.

Where the target is in Demand mode the puppet sends nothing but answers to Polls, as the clause wants it.
"""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.demand import DEMAND, POLL, WAYS, both_ask, far_end_asks, target_asks
from conformance.bench.match import control
from conformance.bench.packets import in_words
from conformance.bench.puppet import SLOW_US, Puppet
from conformance.bench.scenario import PERIODIC, SLOW_WAIT_US, announce, establish, poll, sane_after, stays_up
from conformance.bench.verdicts import Inconclusive
from refimpl.core.constants import State
from topologies.node import Capability

INTERVAL_US = 300_000


@cases(
    Row("5880-6.6-01", ["5880-6.6-r01", "5880-6.8.7-r33"], {"whose": "no", "far_end": False}),
    Row("5880-6.6-02", ["5880-6.6-r01", "5880-6.8.7-r33"], {"whose": "also", "far_end": True}),
    needs=[Capability.DEMAND],
)
def test_demand_bit_is_set(bench: Bench, whose: str, far_end: bool) -> None:
    """Demand mode is asked for at the target, and {whose} by the far end: D is set from then on, in answers, too."""
    puppet = establish(bench)
    if far_end:
        far_end_asks(bench, puppet)
    start = bench.command(bench.node.set_demand, bench.specs[0], enabled=True)
    first = bench.expect(DEMAND, within_us=SLOW_WAIT_US, after=start, requirement="5880-6.6-r01", puppet=puppet)
    bench.stop_keepalives(puppet)
    puppet.answers_polls = True
    bench.elapse(SLOW_US)
    poll(bench, puppet)
    without = [seen for seen in bench.from_target(first) if not DEMAND(seen)]
    bench.check(
        not without,
        expected=f"{DEMAND} after frame {first.frame}",
        actual=f"frame {without[0].frame}: {in_words(without[0])}" if without else "",
        frames=[first, *without],
        requirement="5880-6.8.7-r33",
    )


@case("5880-6.6-03", judges=["5880-6.6-r02"], needs=[Capability.DEMAND])
def test_both_in_demand_mode(bench: Bench) -> None:
    """With both ends in Demand mode the target sends no periodic packets, stays Up, and answers a Poll."""
    puppet = establish(bench)
    both_ask(bench, puppet)
    start = bench.mark()
    because = "both ends are in Demand mode"
    bench.expect_never(PERIODIC, for_us=2 * SLOW_US, after=start, puppet=puppet, because=because)
    sane_after(bench, puppet)


@case("5880-6.6-04", judges=["5880-6.8.6-r45"], needs=[Capability.DEMAND])
def test_own_demand_mode_does_not_silence_the_target(bench: Bench) -> None:
    """With only the target in Demand mode its own periodic packets go on: the far end did not ask for silence."""
    puppet = establish(bench)
    target_asks(bench, puppet)
    judge_periodic(bench)


@cases(
    Row("5880-6.6-05", ["5880-6.6-r05"], {"who": "the target"}),
    Row("5880-6.6-06", ["5880-6.6-r05"], {"who": "both"}),
    needs=[Capability.DEMAND, Capability.VERIFY],
)
def test_verification_is_a_poll(bench: Bench, who: str) -> None:
    """Demand mode at {who}: told to verify connectivity, the target polls."""
    puppet = establish(bench)
    WAYS[who](bench, puppet)
    start = bench.command(bench.node.verify, bench.specs[0])
    bench.expect(POLL, within_us=SLOW_WAIT_US, after=start, puppet=puppet)
    sane_after(bench, puppet)


@cases(
    Row("5880-6.6-07", ["5880-6.6-r06"], {"who": "the target"}),
    Row("5880-6.6-08", ["5880-6.6-r06"], {"who": "both"}),
    needs=[Capability.DEMAND, Capability.VERIFY],
)
def test_unanswered_poll_is_repeated(bench: Bench, who: str) -> None:
    """Demand mode at {who}: a Poll without an answer is repeated until the Detection Time has passed."""
    puppet = establish(bench, detect_mult=3)
    WAYS[who](bench, puppet)
    puppet.answers_polls = False
    start = bench.command(bench.node.verify, bench.specs[0])
    first = bench.wait(POLL, within_us=SLOW_WAIT_US, after=start, what="the target's Poll", puppet=puppet)
    # Three intervals until the Detection Time expires: packets are due before the first and the second of them is over.
    bench.until(first.time_us + 3 * INTERVAL_US)
    after = [seen for seen in bench.from_target(first) if seen.packet.state == State.UP and not seen.packet.final]
    without = [seen for seen in after if not seen.packet.poll]
    bench.check(
        len(after) >= 2 and not without,
        expected=f"the Poll of frame {first.frame} two times more within the Detection Time",
        actual=f"{len(after) - len(without)} more Polls, {len(without)} periodic packets without P",
        frames=[first, *after],
    )


@case("5880-6.6-09", judges=["5880-6.6-r08"])
def test_demand_bit_leaves_the_state_alone(bench: Bench) -> None:
    """The far end sets D and clears it again: the target stays Up."""
    puppet = establish(bench)
    start = bench.mark()
    for demand in (True, False):
        announce(bench, puppet, demand=demand)
        bench.elapse(2 * INTERVAL_US)
    stays_up(bench, puppet, start, because="the D bit does not affect the state")
    sane_after(bench, puppet)


@case("5880-6.6-10", judges=["5880-6.6-r09"], needs=[Capability.DEMAND])
def test_demand_is_set_with_a_poll(bench: Bench) -> None:
    """When the target sets D it polls about that."""
    puppet = establish(bench)
    judge_poll_about_demand(bench, puppet, enabled=True)


@case("5880-6.6-11", judges=["5880-6.6-r09"], needs=[Capability.DEMAND])
def test_demand_is_cleared_with_a_poll(bench: Bench) -> None:
    """When the target clears D it polls about that."""
    puppet = establish(bench)
    target_asks(bench, puppet)
    judge_poll_about_demand(bench, puppet, enabled=False)


def judge_poll_about_demand(bench: Bench, puppet: Puppet, *, enabled: bool) -> None:
    """Change what is asked for at the target: packets with the new D carry P, an answer to a Poll excepted."""
    start = bench.command(bench.node.set_demand, bench.specs[0], enabled=enabled)
    new = control(state=State.UP, demand=enabled, final=False)
    first = bench.wait(new, within_us=SLOW_WAIT_US, after=start, what="the change of D", puppet=puppet)
    bench.until(first.time_us + 2 * INTERVAL_US)
    changed = [first, *(seen for seen in bench.from_target(first) if new(seen))]
    bench.check(
        any(seen.packet.poll for seen in changed),
        expected=f"P set on packets with the changed D (from frame {first.frame})",
        actual=f"{len(changed)} packets, none with P",
        frames=changed,
    )


@cases(
    Row("5880-6.6-12", ["5880-6.6-r10"], {"who": "the far end"}),
    Row("5880-6.6-13", ["5880-6.6-r10"], {"who": "the target"}, [Capability.DEMAND]),
    Row("5880-6.6-14", ["5880-6.6-r10"], {"who": "both"}, [Capability.DEMAND]),
    needs=[Capability.CHANGE_MULT],
)
def test_changed_contents_are_polled_about(bench: Bench, who: str) -> None:
    """Demand mode at {who}: a changed Detect Mult, about which nobody polls otherwise, is told by a Poll Sequence."""
    puppet = establish(bench, detect_mult=3)
    WAYS[who](bench, puppet)
    start = bench.command(bench.node.set_timers, bench.specs[0], detect_mult=4)
    told = control(state=State.UP, poll=True, detect_mult=4)
    if bench.find(start, SLOW_WAIT_US, puppet, [told]) is None:
        # An answer to the far end's own Poll proves that the contents did change.
        answer = poll(bench, puppet)
        if answer.packet.detect_mult != 4:
            raise Inconclusive(f"the target does not use the Detect Mult that it was given (frame {answer.frame})")
    bench.expect(told, within_us=SLOW_WAIT_US, after=start, puppet=puppet)


@case("5880-6.6-15", judges=["5880-6.5-r04"], needs=[Capability.DEMAND, Capability.VERIFY])
def test_poll_and_final_never_together(bench: Bench) -> None:
    """In Demand mode at both ends, a target that polls answers a Poll with F set and P clear."""
    puppet = establish(bench)
    both_ask(bench, puppet)
    puppet.answers_polls = False
    start = bench.command(bench.node.verify, bench.specs[0])
    bench.wait(POLL, within_us=SLOW_WAIT_US, after=start, what="the target's Poll", puppet=puppet)
    poll(bench, puppet)
    both = [seen for seen in bench.from_target(start) if seen.packet.poll and seen.packet.final]
    bench.check(
        not both,
        expected="P or F, never both",
        actual=f"frame {both[0].frame} with both" if both else "",
        frames=both,
    )


@case("5880-6.6-16", judges=["5880-6.8.6-r45"], needs=[Capability.DEMAND])
def test_far_end_leaves_demand_mode_first(bench: Bench) -> None:
    """Both were in Demand mode and the far end clears D: the target's periodic packets return, D still set."""
    puppet = establish(bench)
    both_ask(bench, puppet)
    announce(bench, puppet, demand=False)
    judge_periodic(bench)


def judge_periodic(bench: Bench) -> None:
    """In a second from now on there are periodic packets, of which three are due."""
    periodic = [seen for seen in bench.elapse(SLOW_US) if PERIODIC(seen)]
    bench.check(
        len(periodic) >= 2,
        expected="periodic packets, as the far end's D is clear",
        actual=f"{len(periodic)} in a second",
        frames=periodic,
    )
