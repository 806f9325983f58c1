"""RFC 5880 section 6.8.6: a received Required Min Echo RX Interval of zero."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.echo_scenario import (
    never_echo,
    sending,
)
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import poll
from topologies.node import Capability

GRACE_US = 50_000
"""What a target may need to take in a packet and to act upon it."""


@case("5880-6.8.6-171", judges=["5880-6.8.6-r23"], needs=[Capability.ECHO_SEND])
def test_zero_ends_echo_packets(bench: Bench) -> None:
    """An accepted packet with Required Min Echo RX Interval 0 ends the sending of Echo packets."""
    puppet = sending(bench)
    puppet.required_min_echo_rx_us = 0
    told = bench.send(puppet)
    because = "which has Required Min Echo RX Interval 0"
    never_echo(bench, puppet, told, grace_us=GRACE_US, for_us=SLOW_US, requirement="5880-6.8.6-r23", because=because)
    poll(bench, puppet)
