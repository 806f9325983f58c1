"""RFC 5880 section 6.8.16: a session is administratively disabled and enabled."""

from conformance.bench.bench import Accept, Bench
from conformance.bench.cases import case
from conformance.bench.match import Not, OneOf, control
from conformance.bench.packets import in_words, milliseconds
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import SLOW_WAIT_US, establish
from refimpl.core.constants import Diag, State
from topologies.node import Capability


@case("5880-6.8.16-01", judges=["5880-6.8.16-r02"], needs=[Capability.ADMIN_DOWN])
def test_disabling(bench: Bench) -> None:
    """A disabled session says AdminDown."""
    puppet = establish(bench)
    start = bench.command(bench.node.set_admin, bench.specs[0], enabled=False)
    bench.expect(control(state=State.ADMIN_DOWN), within_us=SLOW_WAIT_US, after=start, puppet=puppet)


@case("5880-6.8.16-02", judges=["5880-6.8.16-r03"], needs=[Capability.ADMIN_DOWN])
def test_disabling_diagnostic(bench: Bench) -> None:
    """A disabled session gives Administratively Down as the reason, or at least none that is untrue."""
    puppet = establish(bench)
    start = bench.command(bench.node.set_admin, bench.specs[0], enabled=False)
    # 6.8.16 asks for "an appropriate value" and says no more; what is untrue (a Detection Time expired, Echo failed,
    # the neighbor signaled Down) cannot be appropriate.
    others = (Diag.FORWARDING_PLANE_RESET, Diag.PATH_DOWN, Diag.CONCATENATED_PATH_DOWN)
    bench.expect_one_of(
        Accept(control(state=State.ADMIN_DOWN, diag=Diag.ADMINISTRATIVELY_DOWN)),
        Accept(control(state=State.ADMIN_DOWN, diag=OneOf(others)), "another cause than 7 was given"),
        Accept(
            control(state=State.ADMIN_DOWN, diag=Diag.NONE),
            "No Diagnostic: it explains nothing to the far end (6.1), but is not untrue",
        ),
        within_us=SLOW_WAIT_US,
        after=start,
        puppet=puppet,
    )


@case("5880-6.8.16-03", judges=["5880-6.8.16-r07"], needs=[Capability.ADMIN_DOWN])
def test_admin_down_is_repeated(bench: Bench) -> None:
    """A disabled session goes on saying AdminDown for a Detection Time of the far end, here 3 s."""
    puppet = bench.puppet(required_min_rx_us=SLOW_US)
    establish(bench, puppet=puppet, detect_mult=3)
    start = bench.command(bench.node.set_admin, bench.specs[0], enabled=False)
    first = bench.wait(
        control(state=State.ADMIN_DOWN), within_us=SLOW_WAIT_US, after=start, what="AdminDown", puppet=puppet
    )
    detection_us = 3 * max(SLOW_US, first.packet.desired_min_tx_interval_us)
    bench.until(first.time_us + detection_us)
    repeats = [seen for seen in bench.from_target(first) if seen.packet.state == State.ADMIN_DOWN]
    last_us = repeats[-1].time_us - first.time_us if repeats else 0
    bench.check(
        # One interval before the end the last packet may have been sent.
        last_us >= detection_us - max(SLOW_US, first.packet.desired_min_tx_interval_us) - bench.tolerance_for(SLOW_US),
        expected=f"AdminDown packets for {milliseconds(detection_us)} after frame {first.frame}",
        actual=f"{len(repeats)} more, the last one {milliseconds(last_us)} after it",
        frames=[first, *repeats],
    )


@case("5880-6.8.16-04", judges=["5880-6.8.16-r01"], needs=[Capability.ADMIN_DOWN])
def test_enabling(bench: Bench) -> None:
    """An enabled session says Down."""
    puppet = establish(bench)
    bench.stop_keepalives(puppet)
    bench.command(bench.node.set_admin, bench.specs[0], enabled=False)
    bench.wait(control(state=State.ADMIN_DOWN), within_us=SLOW_WAIT_US, what="AdminDown", puppet=puppet)
    start = bench.command(bench.node.set_admin, bench.specs[0], enabled=True)
    first = bench.wait(
        control(state=Not(State.ADMIN_DOWN)), within_us=SLOW_WAIT_US, after=start, what="enabling", puppet=puppet
    )
    bench.check(
        first.packet.state == State.DOWN,
        expected="Down as the first state after AdminDown",
        actual=f"frame {first.frame}: {in_words(first)}",
        frames=[first],
    )
