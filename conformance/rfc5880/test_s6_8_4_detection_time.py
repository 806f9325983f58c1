"""RFC 5880 section 6.8.4: the Detection Time of Asynchronous mode, from the far end's Detect Mult and the slower
interval.

Tolerance: the fixed part of the bench plus twice its measured lateness, at most a tenth of the Detection Time.
"""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.detection import Judges, judge_expiry, last_sent
from conformance.bench.match import control
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import SLOW_WAIT_US, establish, fresh, stays_up
from refimpl.core.constants import State
from refimpl.wire import damage
from topologies.node import Capability

BASE_US = 300_000


@cases(
    Row(
        "5880-6.8.4-01",
        ["5880-6.8.4-r04", "5880-6.8.4-r07"],
        {"mult": 3, "desired_us": BASE_US, "required_us": BASE_US},
    ),
    Row(
        "5880-6.8.4-02",
        ["5880-6.8.4-r02"],
        {"mult": 6, "desired_us": BASE_US, "required_us": BASE_US},
    ),
    Row(
        "5880-6.8.4-03",
        ["5880-6.8.4-r03"],
        {"mult": 3, "desired_us": 2 * BASE_US, "required_us": BASE_US},
    ),
    Row(
        "5880-6.8.4-04",
        ["5880-6.8.4-r03"],
        {"mult": 3, "desired_us": BASE_US, "required_us": 2 * BASE_US},
    ),
)
def test_detection_time(bench: Bench, mult: int, desired_us: int, required_us: int) -> None:
    """Detect Mult {mult}, Desired Min TX {desired_us} µs received, Required Min RX {required_us} µs: Down in time."""
    puppet = bench.puppet(detect_mult=mult, desired_min_tx_us=desired_us)
    establish(bench, puppet=puppet, required_min_rx_us=required_us, detect_mult=3)
    bench.stop_keepalives(puppet)
    bench.send(puppet)
    # Where the case is about the computation, a Down too early breaks the same clause as one too late.
    too_late, too_early = bench.requirements[0], bench.requirements[-1]
    judge_expiry(bench, puppet, mult * max(desired_us, required_us), Judges(too_early=too_early, too_late=too_late))


@case("5880-6.8.4-05", judges=["5880-6.8.4-r06"])
def test_expiry_diagnostic(bench: Bench) -> None:
    """When the Detection Time expires while Up, the diagnostic is 1."""
    puppet = establish(bench)
    bench.stop_keepalives(puppet)
    judge_expiry(bench, puppet, puppet.detect_mult * BASE_US, Judges(diag="5880-6.8.4-r06"))


@case("5880-6.8.4-06", judges=["5880-6.8.4-r05", "5880-6.8.4-r06"])
def test_expiry_in_init(bench: Bench) -> None:
    """In Init, a silent far end takes the target to Down with diagnostic 1 after its Detection Time."""
    puppet = bench.puppet(detect_mult=2)
    fresh(bench, puppet=puppet, new=True)  # an older one may have had the diagnostic 1 before
    start = bench.send(puppet)
    bench.wait(control(state=State.INIT), within_us=SLOW_WAIT_US, after=start, what="the handshake", puppet=puppet)
    judges = Judges(too_early="5880-6.8.4-r05", too_late="5880-6.8.4-r05", diag="5880-6.8.4-r06")
    judge_expiry(bench, puppet, 2 * SLOW_US, judges, start=start, was=State.INIT)


@case("5880-6.8.4-07", judges=["5880-6.8.4-r16"])
def test_discarded_packets_do_not_count(bench: Bench) -> None:
    """Packets that have to be discarded do not keep the session Up."""
    puppet = bench.puppet(detect_mult=3)
    establish(bench, puppet=puppet)
    bench.stop_keepalives(puppet)
    bench.send(puppet)
    start, detection_us = last_sent(bench, puppet), 3 * BASE_US
    while bench.now() < start.time_us + detection_us + BASE_US:
        bench.send(puppet, damage.field(version=0))
        bench.elapse(100_000)
    judge_expiry(bench, puppet, detection_us, Judges(too_late="5880-6.8.4-r16"), start=start)


@case("5880-6.8.4-08", judges=["5880-6.8.4-r08"])
def test_silence_in_down_changes_nothing(bench: Bench) -> None:
    """In Down, the passing of the Detection Time changes neither state nor diagnostic."""
    puppet = bench.puppet(detect_mult=2)
    establish(bench, puppet=puppet)
    bench.stop_keepalives(puppet)
    told = bench.send(puppet, state=State.ADMIN_DOWN)
    first = bench.wait(control(state=State.DOWN), within_us=SLOW_WAIT_US, after=told, what="Down", puppet=puppet)
    bench.until(told.time_us + 2 * SLOW_US + SLOW_WAIT_US)
    same = control(state=State.DOWN, diag=first.packet.diag)
    changed = [seen for seen in bench.from_target(first) if not same(seen)]
    bench.check(
        not changed,
        expected=f"{same} also after the Detection Time",
        actual=f"frame {changed[0].frame} with {same.difference(changed[0])}" if changed else "",
        frames=[first, *changed],
    )


@case("5880-6.8.4-09", judges=["5880-6.8.4-r03"])
def test_long_detection_time(bench: Bench) -> None:
    """Detect Mult 16 and 268 s make a Detection Time of more than an hour, not one that forgot its upper bits."""
    # 16 times this is 16 µs more than 2**32 µs.
    puppet = establish(bench)
    bench.stop_keepalives(puppet)
    told = bench.send(puppet, poll=True, detect_mult=16, desired_min_tx_interval_us=0x10000001)
    bench.until(told.time_us + 3 * SLOW_US)
    stays_up(bench, puppet, told, because=f"frame {told.frame} announced that the next packet is minutes away")
    came = bench.from_target(told)
    bench.check(bool(came), expected="packets with state Up", actual="no packet", frames=[told])


@cases(
    Row("5880-6.8.4-10", ["5880-6.8.4-r01"], {"local_mult": 9, "remote_mult": 3}),
    Row("5880-6.8.4-11", ["5880-6.8.4-r01"], {"local_mult": 2, "remote_mult": 6}),
)
def test_each_direction_has_its_own(bench: Bench, local_mult: int, remote_mult: int) -> None:
    """Detect Mult {local_mult} here and {remote_mult} there: the Detection Time is that of what is received."""
    puppet = bench.puppet(detect_mult=remote_mult)
    establish(bench, puppet=puppet, detect_mult=local_mult)
    bench.stop_keepalives(puppet)
    bench.send(puppet)
    judges = Judges(too_early="5880-6.8.4-r01", too_late="5880-6.8.4-r01")
    judge_expiry(bench, puppet, remote_mult * BASE_US, judges)


@case("5880-6.8.4-12", judges=["5880-6.8.4-r09"], needs=[Capability.ADMIN_DOWN], seconds=7)
def test_silence_in_admin_down_changes_nothing(bench: Bench) -> None:
    """In AdminDown, the passing of the Detection Time changes neither state nor diagnostic."""
    puppet = bench.puppet(detect_mult=2)
    establish(bench, puppet=puppet)
    bench.stop_keepalives(puppet)
    start = bench.command(bench.node.set_admin, bench.specs[0], enabled=False)
    down = control(state=State.ADMIN_DOWN)
    first = bench.wait(down, within_us=SLOW_WAIT_US, after=start, what="AdminDown", puppet=puppet)
    expired_us = last_sent(bench, puppet).time_us + 2 * BASE_US
    bench.until(expired_us + SLOW_WAIT_US)
    came = [seen for seen in bench.from_target(first) if puppet.is_from_target(seen)]
    if not any(seen.time_us > expired_us for seen in came):
        # 6.8.16 only recommends that packets be sent for a while. A packet of the far end's may call one forth.
        hello = bench.send(puppet, state=State.UP, poll=True)
        bench.until(hello.time_us + SLOW_WAIT_US)
        came += [seen for seen in bench.from_target(hello) if puppet.is_from_target(seen)]
    if not any(seen.time_us > expired_us for seen in came):
        bench.alternatives.append("nothing is sent in AdminDown after the Detection Time, so nothing can have changed")
    same = control(state=State.ADMIN_DOWN, diag=first.packet.diag)
    changed = [seen for seen in came if not same(seen)]
    bench.check(
        not changed,
        expected=f"{same} also after the Detection Time",
        actual=f"frame {changed[0].frame} with {same.difference(changed[0])}" if changed else "",
        frames=[first, *changed],
    )
