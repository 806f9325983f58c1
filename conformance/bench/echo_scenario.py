"""Ways to get a target to send Echo packets, or to loop them back, and to listen to them."""

from collections.abc import Sequence
from typing import Any

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.echo import SeenEcho, echo_in_words
from conformance.bench.packets import Seen, milliseconds
from conformance.bench.puppet import Puppet
from conformance.bench.scenario import SLOW_WAIT_US, announce, establish
from conformance.bench.verdicts import Inconclusive

ECHO_US = 100_000
"""The usual interval between Echo packets: three lost ones in a row are no accident of the tester's own."""

PATIENCE_US = 30 * ECHO_US
"""How long a target may take to notice that its Echo packets do not come back: ten times what Detect Mult 3 makes."""

_LOOK_US = 10_000


def sending(bench: Bench, family: int = 4, **parameters: Any) -> Puppet:
    """A session, Up, in which the target sends Echo packets every ECHO_US and the puppet loops them back."""
    puppet = willing(bench, family, **parameters)
    start_echo(bench, puppet)
    return puppet


def willing(bench: Bench, family: int = 4, *, puppet: Puppet | None = None, **parameters: Any) -> Puppet:
    """A session, Up and settled, in which the target would send Echo packets if the puppet announced to loop them
    back."""
    puppet = puppet or bench.puppet(family)
    puppet.loops_echo = True
    return establish(bench, family, puppet=puppet, **({"desired_min_echo_tx_us": ECHO_US} | parameters))


def start_echo(bench: Bench, puppet: Puppet, interval_us: int = ECHO_US) -> SeenEcho:
    """Announce that Echo packets are looped back, and wait for the first one."""
    told = announce(bench, puppet, required_min_echo_rx_us=interval_us)
    first = find_echo(bench, puppet, told.time_us, SLOW_WAIT_US)
    if first is None:
        raise Inconclusive(f"no Echo packet within {milliseconds(SLOW_WAIT_US)} of frame {told.frame}")
    return first


def looping(bench: Bench, family: int = 4, interval_us: int = ECHO_US, **parameters: Any) -> Puppet:
    """A session, Up and settled, in which the target announces that it loops Echo packets back."""
    puppet = establish(bench, family, required_min_echo_rx_us=interval_us, **parameters)
    announced = echo_rx_of(puppet)
    if announced == 0:
        raise Inconclusive("the target does not announce that it loops Echo packets back")
    return puppet


def echo_rx_of(puppet: Puppet) -> int:
    """Required Min Echo RX Interval in the target's last packet; 0 before the first."""
    return puppet.last_seen.packet.required_min_echo_rx_interval_us if puppet.last_seen is not None else 0


def echoes(bench: Bench, puppet: Puppet, after_us: int = 0) -> list[SeenEcho]:
    """The target's own Echo packets of the puppet's address family since a moment."""
    return bench.echo.from_target(after_us, 6 if ":" in puppet.peer else 4)


def must_have_looped(bench: Bench, puppet: Puppet, after_us: int) -> None:
    """Raise Inconclusive unless the target's Echo packets since a moment were looped back, the one on its way excepted:
    otherwise a session that fails for want of them is no fault of the target's."""
    own = echoes(bench, puppet, after_us)
    looped = [seen for seen in bench.echo.log if seen.sent and seen.time_us > after_us and not bench.echo.is_own(seen)]
    mine = [seen for seen in looped if seen.datagram.destination == puppet.peer]
    if len(own) < 2 or len(mine) < len(own) - 1:
        raise Inconclusive(f"of {len(own)} Echo packets of the target's {len(mine)} were looped back")


def find_echo(bench: Bench, puppet: Puppet, after_us: int, within_us: int) -> SeenEcho | None:
    """The target's first Echo packet after a moment; None when the time is up."""
    while True:
        found = echoes(bench, puppet, after_us)
        if found:
            return found[0]
        if bench.now() >= after_us + within_us:
            return None
        bench.until(min(after_us + within_us, bench.now() + _LOOK_US))


def never_echo(
    bench: Bench, puppet: Puppet, after: Seen, *, grace_us: int, for_us: int, requirement: str, because: str
) -> None:
    """Judge that the target sends no Echo packet from `grace_us` after a packet on, for a time. What is on its way
    when it takes the packet in is covered by the grace."""
    start = after.time_us + grace_us + bench.tolerance_between(after)
    bench.until(start + for_us)
    judge_none(bench, echoes(bench, puppet, start), requirement, f"after frame {after.frame}, {because}")


def judge_none(bench: Bench, found: Sequence[SeenEcho], requirement: str, when: str) -> None:
    """Judge that there are no Echo packets."""
    bench.check(
        not found,
        expected=f"no Echo packet {when}",
        actual=f"{len(found)} of them, the first one in frame {found[0].frame}: {echo_in_words(found[0])}"
        if found
        else "",
        frames=found[:5],
        requirement=requirement,
    )


def send_echoes(
    bench: Bench, puppet: Puppet, count: int, interval_us: int, source: str | None = None
) -> list[SeenEcho]:
    """Send Echo packets at a rate and give the last one time to come back."""
    sent = []
    for _ in range(count):
        sent.append(bench.send_echo(puppet, source))
        bench.until(sent[-1].time_us + interval_us)
    bench.until(sent[-1].time_us + PROMPT_US)
    return sent


def judge_returned(
    bench: Bench, sent: Sequence[SeenEcho], requirement: str, *, at_least: int = 1, because: str = ""
) -> None:
    """Judge that so many of the tester's Echo packets came back."""
    back = [each for each in sent if bench.echo.returned(each)]
    missing = [each for each in sent if each not in back]
    bench.check(
        len(back) >= at_least,
        expected=f"at least {at_least} of {len(sent)} Echo packets to come back" + (f": {because}" if because else ""),
        actual=f"{len(back)} came back",
        frames=missing,
        requirement=requirement,
    )
