"""RFC 5880 section 7: what a target does about congestion that its operator tells it of. How it detects congestion
itself is outside of the RFC and cannot be judged."""

from typing import Literal

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, cases
from conformance.bench.match import Between, control
from conformance.bench.rates import Rate, collect_intervals, judge_rate
from conformance.bench.scenario import SLOW_WAIT_US, establish, since_command, stays_up
from refimpl.core.constants import PORT_MULTI_HOP, PORT_SINGLE_HOP, State
from topologies.node import Capability

FAST_US = 300_000


@cases(
    Row(
        "5880-7-01",
        ["5880-7-r04", "5880-7-r07"],
        {"kind": "multi_hop", "port": PORT_MULTI_HOP, "less": "5880-7-r04", "fields": "5880-7-r07"},
        needs=[Capability.MULTI_HOP],
    ),
    Row(
        "5880-7-02",
        ["5880-7-r05", "5880-7-r07"],
        {"kind": "single_hop", "port": PORT_SINGLE_HOP, "less": "5880-7-r05", "fields": "5880-7-r07"},
    ),
    needs=[Capability.CONGESTION],
)
def test_congestion_reduces_the_load(
    bench: Bench, kind: Literal["single_hop", "multi_hop"], port: int, less: str, fields: str
) -> None:
    """Told of congestion on a {kind} session, the target sends less and asks for less."""
    puppet = bench.puppet(destination_port=port)
    establish(bench, puppet=puppet, kind=kind, desired_min_tx_us=FAST_US, required_min_rx_us=FAST_US)
    # The far end is willing to go on at the fast rate: what slows the target down is its own doing.
    puppet.required_min_rx_us = FAST_US
    bench.send(puppet, poll=True)
    start = bench.command(bench.node.set_congested, bench.specs[0], congested=True)
    within_us = since_command(bench, start, SLOW_WAIT_US)
    for name in ("desired_min_tx_interval_us", "required_min_rx_interval_us"):
        bench.expect(
            control(state=State.UP, **{name: Between(least=FAST_US + 1)}),
            within_us=within_us,
            after=start,
            requirement=fields,
            puppet=puppet,
        )
    settled = bench.wait(
        control(poll=False, final=False, desired_min_tx_interval_us=Between(least=FAST_US + 1)),
        within_us=within_us + SLOW_WAIT_US,
        after=start,
        what="the end of the Poll Sequence about it",
        puppet=puppet,
    )
    slower_us = settled.packet.desired_min_tx_interval_us
    intervals = collect_intervals(bench, puppet, 4, slowest_us=slower_us, after=settled)
    judge_rate(bench, intervals, Rate(slower_us, too_fast=less))
    stays_up(bench, puppet, start, requirement=less, because="to send less is not to fail")
