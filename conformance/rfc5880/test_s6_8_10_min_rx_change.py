"""RFC 5880 section 6.8.10: Required Min RX Interval is changed. The Poll Sequence about it is in section 6.8.3."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.match import control
from conformance.bench.scenario import next_packet_says
from topologies.node import Capability

NEW_US = 400_000


@case("5880-6.8.10-01", judges=["5880-6.8.10-r02"], needs=[Capability.CHANGE_RX], seconds=9)
def test_new_interval_is_in_the_next_packet(bench: Bench) -> None:
    """A new Required Min RX Interval is in the next packet that the target sends."""
    next_packet_says(bench, control(required_min_rx_interval_us=NEW_US), required_min_rx_us=NEW_US)
