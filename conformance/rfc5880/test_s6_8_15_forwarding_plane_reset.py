"""RFC 5880 section 6.8.15: the forwarding plane of the target was reset, and its operator says so."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.match import Not, control
from conformance.bench.packets import in_words
from conformance.bench.scenario import SLOW_WAIT_US, establish, since_command
from refimpl.core.constants import Diag, State
from topologies.node import Capability


@case("5880-6.8.15-01", judges=["5880-6.8.15-r02", "5880-6.8.15-r01"], needs=[Capability.FORWARDING_RESET])
def test_reset(bench: Bench) -> None:
    """When the forwarding plane was reset, the session goes Down with diagnostic 4."""
    puppet = establish(bench)
    start = bench.command(bench.node.reset_forwarding, bench.specs[0])
    within_us = since_command(bench, start, SLOW_WAIT_US)
    left = bench.expect(control(state=Not(State.UP)), within_us=within_us, after=start, puppet=puppet)
    for fields, requirement in (
        ({"state": State.DOWN}, "5880-6.8.15-r02"),
        ({"diag": Diag.FORWARDING_PLANE_RESET}, "5880-6.8.15-r01"),
    ):
        bench.check(
            control(**fields)(left),
            expected=f"{control(**fields)} as the first one after the reset that does not say Up",
            actual=f"frame {left.frame}: {in_words(left)}",
            frames=[left],
            requirement=requirement,
        )
