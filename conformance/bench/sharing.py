"""Judging how many sessions there are on a path: each has a discriminator of its own, so two of them show as two values
that take turns."""

from itertools import groupby

from conformance.bench.bench import Bench, Mark
from conformance.bench.packets import Seen
from conformance.bench.puppet import Puppet
from conformance.bench.scenario import SLOW_WAIT_US
from conformance.bench.verdicts import Inconclusive


def one_session(bench: Bench, puppet: Puppet, after: Mark, requirement: str | None = None) -> None:
    """Judge that the target's packets to `puppet` in the next seconds are those of one session. A session that took the
    place of another one begins after the other's last packet."""
    bench.until(after.time_us + SLOW_WAIT_US + 500_000)
    packets = [seen for seen in bench.from_target(after) if puppet.is_from_target(seen)]
    if len(packets) < 2:
        raise Inconclusive(f"{len(packets)} packets do not tell how many sessions there are")
    turns = [discriminator for discriminator, _ in groupby(packets, key=_discriminator)]
    bench.check(
        len(turns) == len(set(turns)),
        expected="packets of one session only",
        actual=f"My Discriminators that take turns: {', '.join(f'{each:#010x}' for each in turns)}",
        frames=packets,
        requirement=requirement,
    )


def ask_for_another(bench: Bench, puppet: Puppet, **parameters: object) -> Mark:
    """Ask for one more session on the path of `puppet`'s, which the target may refuse. Returns the moment before."""
    start = bench.mark()
    spec = bench.spec_for(puppet, **parameters)
    if not bench.attempt(bench.node.add_session, spec):
        bench.specs.append(spec)
    return start


def _discriminator(seen: Seen) -> int:
    return seen.packet.my_discriminator
