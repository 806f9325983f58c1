"""RFC 5880 section 6.8.7: Sta, Diag and P of every packet are those of the session, whatever made the packet leave."""

from conformance.bench.bench import Bench, Mark
from conformance.bench.cases import case
from conformance.bench.match import control
from conformance.bench.packets import in_words
from conformance.bench.scenario import FINAL, PERIODIC, SLOW_WAIT_US, establish, pace_polls, poll
from conformance.bench.verdicts import Inconclusive
from refimpl.core.constants import Diag, State
from topologies.node import Capability

INTERVAL_US = 300_000


@case("5880-6.8.7-31", judges=["5880-6.8.7-r25", "5880-6.8.7-r24"])
def test_periodic_packets_say_what_the_final_said(bench: Bench) -> None:
    """The far end signals Down: Final and periodic packets alike say Down, and why."""
    puppet = establish(bench)
    bench.stop_keepalives(puppet)
    pace_polls(bench, puppet)
    # What becomes of the reason when a Detection Time has passed in Down is another requirement's: here none passes.
    told = bench.send(puppet, state=State.DOWN, poll=True, detect_mult=50)
    final = bench.wait(FINAL, within_us=SLOW_WAIT_US, after=told, what="the Final", puppet=puppet)
    if final.packet.state != State.DOWN:
        raise Inconclusive(f"the target did not go Down (frame {final.frame})")
    # A packet may have been on its way.
    settled = Mark(final.time_us + bench.tolerance_between(since=final), len(bench.log))
    bench.until(settled.time_us + SLOW_WAIT_US)
    after = [seen for seen in bench.from_target(settled) if puppet.is_from_target(seen) and PERIODIC(seen)]
    reason = Diag.NEIGHBOR_SIGNALED_SESSION_DOWN
    for requirement, match in (
        ("5880-6.8.7-r25", control(state=State.DOWN)),
        ("5880-6.8.7-r24", control(diag=reason)),
    ):
        wrong = [seen for seen in [final, *after] if not match(seen)]
        bench.check(
            bool(after) and not wrong,
            expected=f"{match} in the Final (frame {final.frame}) and in {len(after)} packets after it",
            actual=f"frame {wrong[0].frame}: {in_words(wrong[0])}" if wrong else "no periodic packet",
            frames=[told, final, *wrong],
            requirement=requirement,
        )


@case("5880-6.8.7-32", judges=["5880-6.8.7-r26"], needs=[Capability.CHANGE_RX])
def test_poll_bit_of_a_poll_sequence(bench: Bench) -> None:
    """During a Poll Sequence P is set on all packets but the answers to the far end's own Polls, where it is clear."""
    puppet = establish(bench)
    puppet.answers_polls = False
    start = bench.command(bench.node.set_timers, bench.specs[0], required_min_rx_us=2 * INTERVAL_US)
    first = bench.wait(control(poll=True), within_us=SLOW_WAIT_US, after=start, what="the target's Poll", puppet=puppet)
    for _ in range(2):
        poll(bench, puppet)
        bench.elapse(INTERVAL_US)
    after = [seen for seen in bench.from_target(first) if puppet.is_from_target(seen)]
    wrong = [seen for seen in after if seen.packet.poll == seen.packet.final]
    bench.check(
        any(seen.packet.poll for seen in after) and not wrong,
        expected="P on the packets of the Poll Sequence and F on the answers, never both, never neither",
        actual=f"frame {wrong[0].frame}: {in_words(wrong[0])}" if wrong else "no packet with P after the first one",
        frames=[first, *wrong],
    )
