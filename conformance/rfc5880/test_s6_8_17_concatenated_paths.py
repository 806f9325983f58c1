"""RFC 5880 section 6.8.17: the failure of a path that is joined to the monitored one is reported, and nothing else."""

from collections.abc import Callable

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, cases
from conformance.bench.match import control
from conformance.bench.packets import in_words
from conformance.bench.puppet import SLOW_US, Puppet
from conformance.bench.scenario import SLOW_WAIT_US, announce, establish, poll, since_command, stays_up
from refimpl.core.constants import Diag, State
from topologies.node import Capability

FORWARD, REVERSE = Diag.CONCATENATED_PATH_DOWN, Diag.REVERSE_CONCATENATED_PATH_DOWN


@cases(
    Row("5880-6.8.17-01", ["5880-6.8.17-r02"], {"diag": FORWARD}),
    Row("5880-6.8.17-02", ["5880-6.8.17-r02"], {"diag": REVERSE}),
)
def test_the_far_ends_report_is_borne(bench: Bench, diag: Diag) -> None:
    """A far end that is Up and reports {diag} does not take the session down."""
    puppet = establish(bench)
    puppet.diag = diag
    told = bench.send(puppet)
    bench.elapse(2 * SLOW_US)  # longer than the Detection Time of 1.5 s: those packets have to count, too
    stays_up(bench, puppet, told, because=f"diagnostic {int(diag)} is not about this path")
    sentinel = poll(bench, puppet)
    bench.check(
        sentinel.packet.state == State.UP,
        expected=f"state Up, which diagnostic {int(diag)} in frame {told.frame} has nothing to do with",
        actual=f"frame {sentinel.frame}: {in_words(sentinel)}",
        frames=[told, sentinel],
    )


@cases(
    Row("5880-6.8.17-03", ["5880-6.8.17-r03"], {"diag": FORWARD}),
    Row("5880-6.8.17-04", ["5880-6.8.17-r03"], {"diag": REVERSE}),
    needs=[Capability.PATH_DOWN],
)
def test_own_report_rides_on_the_packets(bench: Bench, diag: Diag) -> None:
    """Told of {diag}, the target says so in its packets, for as long as it lasts, and stays Up."""
    puppet = establish(bench)
    start = bench.command(bench.node.set_path_down, bench.specs[0], diag)
    within_us = since_command(bench, start, SLOW_US)
    first = bench.expect(control(state=State.UP, diag=diag), within_us=within_us, after=start, puppet=puppet)
    after = bench.expect_never(
        control(diag=Diag.NONE), for_us=SLOW_US, after=first, puppet=puppet, because="the failure was not taken back"
    )
    stays_up(bench, puppet, start, because=f"diagnostic {int(diag)} is not about this path")
    repeats = [seen for seen in after if seen.packet.diag == diag]
    bench.check(
        bool(repeats) and len(repeats) == len(after),
        expected=f"diagnostic {int(diag)} in the packets that follow frame {first.frame}",
        actual=f"{len(repeats)} of {len(after)} packets in a second have it",
        frames=[first, *after],
    )


@cases(
    Row("5880-6.8.17-05", ["5880-6.8.17-r04"], {"diag": FORWARD}),
    Row("5880-6.8.17-06", ["5880-6.8.17-r04"], {"diag": REVERSE}),
    needs=[Capability.PATH_DOWN],
)
def test_own_report_polls_in_demand_mode(bench: Bench, diag: Diag) -> None:
    """While the far end is in Demand mode, the target starts a Poll Sequence to tell it of {diag}."""
    puppet = establish(bench)
    announce(bench, puppet, demand=True)
    bench.elapse(SLOW_US)
    start = bench.command(bench.node.set_path_down, bench.specs[0], diag)
    within_us = since_command(bench, start, SLOW_WAIT_US)
    bench.expect(control(state=State.UP, diag=diag, poll=True), within_us=within_us, after=start, puppet=puppet)


def signals_down(bench: Bench, puppet: Puppet) -> None:
    """The far end says Down."""
    bench.stop_keepalives(puppet)
    bench.send(puppet, state=State.DOWN)


def falls_silent(bench: Bench, puppet: Puppet) -> None:
    """The far end says nothing more."""
    bench.stop_keepalives(puppet)


@cases(
    Row(
        "5880-6.8.17-07",
        ["5880-6.8.17-r05"],
        {"fails": signals_down, "cause": Diag.NEIGHBOR_SIGNALED_SESSION_DOWN, "what": "the far end says Down"},
    ),
    Row(
        "5880-6.8.17-08",
        ["5880-6.8.17-r05"],
        {"fails": falls_silent, "cause": Diag.CONTROL_DETECTION_TIME_EXPIRED, "what": "the Detection Time expires"},
    ),
    needs=[Capability.PATH_DOWN],
)
def test_a_failure_replaces_the_report(
    bench: Bench, fails: Callable[[Bench, Puppet], None], cause: Diag, what: str
) -> None:
    """When {what}, that cause takes the place of the concatenated path's failure."""
    puppet = establish(bench)
    start = bench.command(bench.node.set_path_down, bench.specs[0], FORWARD)
    within_us = since_command(bench, start, SLOW_US)
    bench.wait(control(diag=FORWARD), within_us=within_us, after=start, what="the report", puppet=puppet)
    fails(bench, puppet)
    down = bench.wait(
        control(state=State.DOWN),
        within_us=puppet.detect_mult * puppet.desired_min_tx_us + SLOW_WAIT_US,
        what="the failure",
        puppet=puppet,
    )
    bench.check(
        down.packet.diag == cause,
        expected=f"diagnostic {int(cause)} in the first packet that says Down, because {what}",
        actual=f"frame {down.frame}: {in_words(down)}",
        frames=[down],
    )
