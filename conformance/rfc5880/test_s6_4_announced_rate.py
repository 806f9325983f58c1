"""RFC 5880 section 6.4: who announces a rate can take in packets at that rate."""

from itertools import pairwise

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.packets import milliseconds
from conformance.bench.scenario import establish, sane_after, stays_up
from conformance.bench.verdicts import Inconclusive

ANNOUNCED_US = 100_000
SHORTEST_US = ANNOUNCED_US * 3 // 4
"""The far end's jitter may take a quarter off every interval (6.8.7)."""

DETECT_MULT = 3
PACKETS = 40


@case("5880-6.4-51", judges=["5880-6.4-r08"])
def test_announced_rate_is_taken_in(bench: Bench) -> None:
    """Packets every 75 ms, as often as Required Min RX Interval 100 ms and jitter allow, keep the session Up."""
    puppet = bench.puppet(desired_min_tx_us=ANNOUNCED_US, detect_mult=DETECT_MULT)
    establish(bench, puppet=puppet, required_min_rx_us=ANNOUNCED_US)
    puppet.keepalives, puppet.next_keepalive_us = False, None
    start = bench.mark()
    sent = []
    for _ in range(PACKETS):
        sent.append(bench.send(puppet))
        bench.until(sent[-1].time_us + SHORTEST_US)
    bench.start_keepalives(puppet)
    longest = max(second.time_us - first.time_us for first, second in pairwise(sent))
    if longest > 2 * ANNOUNCED_US:
        raise Inconclusive(f"the tester left {milliseconds(longest)} between two of its packets")
    stays_up(bench, puppet, start, because=f"a packet came every {milliseconds(SHORTEST_US)}")
    sane_after(bench, puppet)
