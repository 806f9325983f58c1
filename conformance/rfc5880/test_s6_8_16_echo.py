"""RFC 5880 section 6.8.16: Echo packets of a disabled session."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.echo_scenario import (
    never_echo,
    sending,
)
from conformance.bench.match import control
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import SLOW_WAIT_US
from refimpl.core.constants import State
from topologies.node import Capability


@case("5880-6.8.16-171", judges=["5880-6.8.16-r04"], needs=[Capability.ECHO_SEND, Capability.ADMIN_DOWN])
def test_disabling_ends_echo_packets(bench: Bench) -> None:
    """A session that is disabled sends no more Echo packets."""
    puppet = sending(bench)
    start = bench.command(bench.node.set_admin, bench.specs[0], enabled=False)
    told = bench.wait(
        control(state=State.ADMIN_DOWN), within_us=SLOW_WAIT_US, after=start, what="AdminDown", puppet=puppet
    )
    never_echo(
        bench, puppet, told, grace_us=0, for_us=SLOW_US, requirement="5880-6.8.16-r04", because="which is AdminDown"
    )
