"""Judging what is around Control packets: ports, addresses and marks of whole sessions (RFC 5881 section 4, which RFC
5883 section 5 takes over)."""

from collections.abc import Callable, Sequence
from typing import Any

from conformance.bench.bench import Bench
from conformance.bench.match import control
from conformance.bench.packets import Seen
from conformance.bench.puppet import Puppet
from conformance.bench.scenario import SLOW_WAIT_US, establish, poll
from conformance.bench.verdicts import Inconclusive


def first_packet(bench: Bench, puppet: Puppet, **parameters: Any) -> Seen:
    """The first packet of a session that exists only for it."""
    spec = bench.add_session(puppet, **parameters)
    first = bench.wait(control(), within_us=SLOW_WAIT_US, what="a new session", puppet=puppet)
    bench.remove_session(spec)
    return first


def whole_life(bench: Bench, puppet: Puppet, **parameters: Any) -> list[Seen]:
    """All packets of a session that came up, answered a Poll and failed."""
    establish(bench, puppet=puppet, **parameters)
    poll(bench, puppet)
    bench.stop_keepalives(puppet)
    bench.elapse(puppet.detect_mult * 300_000 + SLOW_WAIT_US)
    return [seen for seen in bench.from_target(bench.origin) if puppet.is_from_target(seen)]


def every_packet(
    bench: Bench,
    packets: Sequence[Seen],
    holds: Callable[[Seen], bool],
    expected: str,
    requirement: str | None = None,
) -> None:
    """Judge each packet by its datagram. Without any packet there is nothing to judge (Inconclusive)."""
    if not packets:
        raise Inconclusive("the target sent nothing that could be judged")
    wrong = [seen for seen in packets if not holds(seen)]
    bench.check(
        not wrong,
        expected=f"{expected} in each of {len(packets)} packets",
        actual=f"frame {wrong[0].frame}: {around(wrong[0])}" if wrong else "",
        frames=wrong,
        requirement=requirement,
    )


def same_source_port(bench: Bench, packets: Sequence[Seen], first: Seen) -> None:
    """Judge that each packet came from the source port of `first`."""
    port = first.datagram.source_port
    every_packet(bench, packets, lambda seen: seen.datagram.source_port == port, f"source port {port}")


def around(seen: Seen) -> str:
    """What is around a packet, in words."""
    outer = seen.datagram
    return (
        f"from {outer.source} port {outer.source_port} to {outer.destination} port {outer.destination_port}, "
        f"TTL {outer.ttl}, DSCP {outer.traffic_class >> 2}, on link {seen.link}"
    )
