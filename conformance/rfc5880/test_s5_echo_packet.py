"""RFC 5880 section 5: the Echo packet, as far as anybody but its sender can tell."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.echo import echo_in_words
from conformance.bench.echo_scenario import ECHO_US, echoes, must_have_looped, sending, willing
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import announce, stays_up
from conformance.bench.verdicts import Inconclusive
from topologies.node import Capability

SEND = [Capability.ECHO_SEND]


@case("5880-5-01", judges=["5880-5-r01"], needs=SEND)
def test_encapsulation(bench: Bench) -> None:
    """Echo packets are in the encapsulation of RFC 5881: UDP to port 3785."""
    puppet = willing(bench)
    told = announce(bench, puppet, required_min_echo_rx_us=ECHO_US)
    bench.elapse(SLOW_US)
    others = [seen for seen in bench.echo.strays if seen.time_us > told.time_us]
    found = echoes(bench, puppet, told.time_us)
    if not found and not others:
        raise Inconclusive("the target sends nothing that could be an Echo packet")
    bench.check(
        bool(found),
        expected="Echo packets to UDP port 3785",
        actual=echo_in_words(others[0]) if others else "",
        frames=others[:5],
    )


@case("5880-5-02", judges=["5880-5-r03"], needs=SEND)
def test_contents_find_the_session(bench: Bench) -> None:
    """While its Echo packets come back unchanged, a session stays Up: they are recognised."""
    puppet = sending(bench)
    start = bench.mark()
    bench.elapse(2 * SLOW_US)
    must_have_looped(bench, puppet, start.time_us)
    stays_up(bench, puppet, start, because="every Echo packet came back")
