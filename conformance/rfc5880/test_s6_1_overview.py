"""RFC 5880 section 6.1: the Active and the Passive role, and how a failure is told."""

from conformance.bench.bench import Accept, Bench
from conformance.bench.cases import case
from conformance.bench.match import control
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import SLOW_WAIT_US, establish, since_command
from refimpl.core.constants import Diag, State
from topologies.node import Capability


@case("5880-6.1-01", judges=["5880-6.1-r02"])
def test_active_role_speaks_first(bench: Bench) -> None:
    """In the Active role the target sends without having received anything."""
    puppet = bench.puppet()
    bench.add_session(puppet)
    bench.expect(control(), within_us=SLOW_WAIT_US, puppet=puppet)


@case("5880-6.1-02", judges=["5880-6.1-r03"], needs=[Capability.PASSIVE])
def test_passive_role_waits(bench: Bench) -> None:
    """In the Passive role the target is silent until it has received a packet."""
    puppet = bench.puppet()
    bench.add_session(puppet, passive=True)
    silence = bench.expect_never(control(), for_us=SLOW_WAIT_US, puppet=puppet, because="the target is passive")
    assert not silence
    # The sentinel: it was silent by its role, not because it was dead.
    hello = bench.send(puppet)
    bench.wait(
        control(state=State.INIT), within_us=SLOW_WAIT_US, after=hello, what="the passive session", puppet=puppet
    )


@case("5880-6.1-03", judges=["5880-6.1-r06"])
def test_expiry_is_told_to_the_far_end(bench: Bench) -> None:
    """After the Detection Time expired, the target's packets say Down."""
    puppet = establish(bench)
    silent = bench.stop_keepalives(puppet)
    detection_us = puppet.detect_mult * 300_000
    bench.expect(control(state=State.DOWN), within_us=detection_us + 2 * SLOW_US, after=silent, puppet=puppet)


@case("5880-6.1-191", judges=["5880-6.1-r07"], needs=[Capability.ADMIN_DOWN])
def test_held_down_by_the_administrator(bench: Bench) -> None:
    """A session that its administrator holds down says AdminDown, and why."""
    puppet = establish(bench)
    start = bench.command(bench.node.set_admin, bench.specs[0], enabled=False)
    bench.expect_one_of(
        Accept(control(state=State.ADMIN_DOWN, diag=Diag.ADMINISTRATIVELY_DOWN)),
        Accept(control(state=State.ADMIN_DOWN), "the diagnostic is another one than Administratively Down"),
        Accept(control(state=State.DOWN), "the permission to use AdminDown is not used"),
        within_us=since_command(bench, start, SLOW_WAIT_US),
        after=start,
        puppet=puppet,
    )
