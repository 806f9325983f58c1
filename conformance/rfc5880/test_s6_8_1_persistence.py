"""RFC 5880 section 6.8.1: what a session keeps through its failures, and which reason it gives for them."""

from dataclasses import replace

from conformance.bench.bench import Accept, Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.match import control
from conformance.bench.packets import Seen, in_words
from conformance.bench.puppet import SLOW_US, Puppet
from conformance.bench.scenario import SLOW_WAIT_US, announce, establish, raise_up, shake_hands
from refimpl.core.constants import Diag, State
from topologies.node import Capability

CHANGED_US = 400_000
CHANGED_MULT = 4


def fail(bench: Bench, puppet: Puppet) -> Seen:
    """Silence the puppet until the target's Detection Time has expired; returns the first Down packet."""
    silent = bench.stop_keepalives(puppet)
    within_us = puppet.detect_mult * CHANGED_US + SLOW_WAIT_US
    return bench.wait(
        control(state=State.DOWN), within_us=within_us, after=silent, what="the Detection Time", puppet=puppet
    )


@case(
    "5880-6.8.1-12",
    judges=["5880-6.8.1-r02"],
    needs=[Capability.CHANGE_RX, Capability.CHANGE_MULT],
    seconds=9,
)
def test_values_survive_a_failure(bench: Bench) -> None:
    """Intervals and Detect Mult that were changed while the session ran are kept when it fails and comes back."""
    puppet = bench.puppet(detect_mult=3)
    establish(bench, puppet=puppet)
    start = bench.command(
        bench.node.set_timers, bench.specs[0], required_min_rx_us=CHANGED_US, detect_mult=CHANGED_MULT
    )
    bench.specs[0] = replace(bench.specs[0], required_min_rx_us=CHANGED_US, detect_mult=CHANGED_MULT)
    changed = control(required_min_rx_interval_us=CHANGED_US, detect_mult=CHANGED_MULT)
    bench.wait(changed, within_us=SLOW_WAIT_US, after=start, what="the change", puppet=puppet)
    down = fail(bench, puppet)
    shake_hands(bench, puppet)
    bench.elapse(2 * SLOW_US)
    last = next(seen for seen in reversed(bench.log) if puppet.is_from_target(seen))
    # What Required Min RX Interval is while the session is not Up is outside the scope of 6.8.1.
    for kept, seen in ((control(detect_mult=CHANGED_MULT), down), (changed, last)):
        bench.check(
            kept(seen),
            expected=f"{kept} in frame {seen.frame}: a failure resets nothing",
            actual=in_words(seen),
            frames=[down, seen],
        )


@case("5880-6.8.1-13", judges=["5880-6.8.1-r13"], seconds=9)
def test_diagnostic_is_that_of_the_last_change(bench: Bench) -> None:
    """Each failure replaces the diagnostic of the one before: 1, then 3, then 1 again."""
    puppet = bench.puppet(detect_mult=3)
    establish(bench, puppet=puppet)
    expired, signaled = Diag.CONTROL_DETECTION_TIME_EXPIRED, Diag.NEIGHBOR_SIGNALED_SESSION_DOWN
    check_reason(bench, fail(bench, puppet), expired)
    raise_up(bench, puppet)
    # 6.8.6 leaves bfd.LocalDiag alone on the way up; 6.8.1 lets a system find that the way up has no such reason.
    bench.expect_one_of(
        Accept(control(state=State.UP, diag=expired)),
        Accept(control(state=State.UP, diag=Diag.NONE), "No Diagnostic while Up, as the reason of the last change"),
        within_us=SLOW_WAIT_US,
        after=bench.mark(),
        puppet=puppet,
    )
    bench.stop_keepalives(puppet)
    told = bench.send(puppet, state=State.DOWN)
    check_reason(
        bench,
        bench.wait(control(state=State.DOWN), within_us=SLOW_WAIT_US, after=told, what="Down", puppet=puppet),
        signaled,
    )
    raise_up(bench, puppet)
    check_reason(bench, fail(bench, puppet), expired)


def check_reason(bench: Bench, down: Seen, reason: Diag) -> None:
    """Judge the diagnostic of the first Down packet."""
    bench.check(
        down.packet.diag == reason,
        expected=f"{control(state=State.DOWN, diag=reason)}, the reason of this change",
        actual=f"frame {down.frame}: {in_words(down)}",
        frames=[down],
    )


@cases(
    Row("5880-6.8.1-14", ["5880-6.8.1-r03"], {"what": "signals Down", "state": State.DOWN}),
    Row("5880-6.8.1-15", ["5880-6.8.1-r03"], {"what": "goes on saying Up", "state": State.UP}),
)
def test_far_end_is_remembered(bench: Bench, what: str, state: State) -> None:
    """A far end that {what} and then falls silent is remembered for the Detection Time, here 3 s."""
    puppet = bench.puppet(detect_mult=3)
    establish(bench, puppet=puppet)
    announce(bench, puppet, desired_min_tx_us=SLOW_US)
    bench.stop_keepalives(puppet)
    last = bench.send(puppet, state=state)
    detection_us = puppet.detect_mult * SLOW_US
    bench.until(last.time_us + detection_us)
    before = bench.from_target(
        last, before_us=last.time_us + detection_us - bench.tolerance_for(detection_us, since=last)
    )
    forgot = [seen for seen in before if seen.packet.your_discriminator != puppet.my_discriminator]
    bench.check(
        bool(before) and not forgot,
        expected=f"Your Discriminator {puppet.my_discriminator:#010x} for 3 s after frame {last.frame}",
        actual=f"frame {forgot[0].frame}: {in_words(forgot[0])}" if forgot else "no packet",
        frames=[last, *forgot],
    )
