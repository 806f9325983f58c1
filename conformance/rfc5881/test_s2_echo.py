"""RFC 5881 section 2: Echo packets are sent to oneself, and sent back."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.echo import echo_in_words
from conformance.bench.echo_scenario import (
    ECHO_US,
    echo_rx_of,
    echoes,
    judge_returned,
    looping,
    send_echoes,
    willing,
)
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import announce
from conformance.bench.verdicts import Inconclusive
from topologies.node import Capability

SEND_4, REFLECT = [Capability.ECHO_SEND, Capability.IPV4], [Capability.ECHO_REFLECT]


@case("5881-2-171", judges=["5881-2-r07"], needs=SEND_4)
def test_packets_to_itself_are_sent(bench: Bench) -> None:
    """A session that is to send Echo packets does send packets that are addressed to the target itself."""
    puppet = willing(bench)
    told = announce(bench, puppet, required_min_echo_rx_us=ECHO_US)
    bench.elapse(2 * SLOW_US)
    found = echoes(bench, puppet, told.time_us)
    own = [each for each in found if each.datagram.destination == puppet.peer]
    bench.check(
        bool(own) or (bool(found) and all(each.datagram.destination != puppet.local for each in found)),
        expected=f"Echo packets to the target's own address ({puppet.peer}), or another of its addresses",
        actual=echo_in_words(found[0]) if found else "no Echo packet",
        frames=found[:5],
    )


@case("5881-2-172", judges=["5881-2-r05"], needs=REFLECT)
def test_echo_packets_come_straight_back(bench: Bench) -> None:
    """Echo packets come back over the link on which they were sent."""
    puppet = looping(bench)
    sent = send_echoes(bench, puppet, 5, max(ECHO_US, echo_rx_of(puppet)))
    judge_returned(bench, sent, "5881-2-r05", because="the target announces that it loops them back")


@case("5881-2-173", judges=["5881-2-r06"], needs=REFLECT)
def test_ingress_filtering_makes_an_exception(bench: Bench) -> None:
    """Echo packets come back whatever their source address is: the far end's own, or a foreign one."""
    puppet = looping(bench)
    interval_us = max(ECHO_US, echo_rx_of(puppet))
    own = send_echoes(bench, puppet, 5, interval_us, puppet.local)
    foreign = send_echoes(bench, puppet, 5, interval_us)
    if not any(bench.echo.returned(each) for each in (*own, *foreign)):
        raise Inconclusive("no Echo packet comes back, whatever its source address is")
    for sent, whose in ((own, "the far end's own"), (foreign, "a foreign")):
        judge_returned(bench, sent, "5881-2-r06", because=f"their source is {whose} address")
