"""RFC 5880 section 6.8.5: the session fails when Echo packets do not come back.

How many have to be missing is a local matter. The target is given far more time than its Detect Mult would need, and
Control packets go on all the while, so that nothing else can bring it down.
"""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.echo_scenario import PATIENCE_US, sending, start_echo, willing
from conformance.bench.match import control
from refimpl.core.constants import Diag, State
from topologies.node import Capability

SEND = [Capability.ECHO_SEND]


@case("5880-6.8.5-01", judges=["5880-6.8.5-r01"], needs=SEND)
def test_nothing_ever_comes_back(bench: Bench) -> None:
    """No Echo packet ever comes back: the session goes Down."""
    puppet = willing(bench)
    puppet.loops_echo = False
    start_echo(bench, puppet)
    bench.expect(control(state=State.DOWN), within_us=PATIENCE_US, after=bench.mark(), puppet=puppet)


@case("5880-6.8.5-02", judges=["5880-6.8.5-r02"], needs=SEND)
def test_diagnostic(bench: Bench) -> None:
    """The session that goes Down for want of Echo packets says Diag 2."""
    puppet = sending(bench)
    start = bench.mark()
    puppet.loops_echo = False
    down = bench.wait(control(state=State.DOWN), within_us=PATIENCE_US, after=start, what="the failure", puppet=puppet)
    bench.expect(
        control(state=State.DOWN, diag=Diag.ECHO_FUNCTION_FAILED),
        within_us=down.time_us - start.time_us,
        after=start,
        puppet=puppet,
    )
