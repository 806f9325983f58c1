"""RFC 5883 section 3: no Echo function over several hops."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.echo_scenario import ECHO_US, echoes, judge_none
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import announce, establish
from refimpl.core.constants import PORT_MULTI_HOP
from topologies.node import Capability, NodeError


@case("5883-3-171", judges=["5883-3-r03"], needs=[Capability.MULTI_HOP, Capability.ECHO_SEND])
def test_no_echo_packets_over_several_hops(bench: Bench) -> None:
    """A multihop session sends no Echo packets, whatever the operator wishes and the far end announces."""
    puppet = bench.puppet(destination_port=PORT_MULTI_HOP, loops_echo=True)
    establish(bench, puppet=puppet, kind="multi_hop")
    try:
        bench.node.set_echo(bench.specs[0], desired_min_echo_tx_us=ECHO_US)
    except NodeError as refusal:
        bench.notes.append(f"the target refuses the Echo function in a multihop session: {refusal}")
    announce(bench, puppet, required_min_echo_rx_us=ECHO_US)
    bench.elapse(2 * SLOW_US)
    judge_none(bench, echoes(bench, puppet), "5883-3-r03", "in a multihop session")
