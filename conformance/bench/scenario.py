"""Ways to get a target somewhere, and proofs that it stayed there: conversations made of the bench's verbs.

What only prepares a case raises Inconclusive when it fails: a target that does not even get to the starting line says
nothing about the clause that the case is about.
"""

from collections.abc import Iterable
from typing import Any

from conformance.bench.bench import PROMPT_US, Bench, Mark
from conformance.bench.match import Match, control
from conformance.bench.packets import Seen, in_words, milliseconds, state_name
from conformance.bench.puppet import SLOW_US, Puppet
from conformance.bench.verdicts import Inconclusive
from refimpl.core.constants import PORT_MULTI_HOP, TTL_MAX, State
from refimpl.wire.damage import Damage
from topologies.node import SessionSpec

SLOW_WAIT_US = 3 * SLOW_US
"""Within this time a target that sends once a second has sent, even if one packet was lost."""

BETWEEN_PROBES_US = 5_000
"""Probes that are to be discarded need no more time between them than tells their effects apart."""

SHOWN_US = SLOW_US + PROMPT_US
"""Within this time a target that sends once a second has shown in which state it is."""

FINAL = control(final=True)

PERIODIC = control(final=False)


RESTING = control(state=State.DOWN, poll=False, final=False)

FORGOTTEN = control(state=State.DOWN, your_discriminator=0, poll=False, final=False)

LEAVING: dict[str, Any] = {
    "state": State.ADMIN_DOWN,
    "demand": False,
    "detect_mult": 1,
    "desired_min_tx_us": SLOW_US,
    "required_min_rx_us": SLOW_US,
    "required_min_echo_rx_us": 0,
    "answers_polls": True,
}
"""A far end that is about to be silent: what is left of it is harmless, and forgotten after a second."""


def over_hops(bench: Bench, family: int = 4, **fields: Any) -> Puppet:
    """A far end for a session of kind multi_hop. Its packets have lost one hop, which every bound that makes sense lets
    pass (RFC 5883 leaves such bounds to the system)."""
    return bench.puppet(family, **{"destination_port": PORT_MULTI_HOP, "ttl": TTL_MAX - 1} | fields)


def fresh(
    bench: Bench, family: int | None = None, *, puppet: Puppet | None = None, new: bool = False, **parameters: Any
) -> Puppet:
    """A session in which the target is Down, and that knows of no far end: a new one, or one that was configured by
    hand and has forgotten. A case that judges what a session is like when it is created (its diagnostic, for one, which
    is never initialized again) says `new`.

    Returns the puppet, which has seen a packet of the target's and knows its discriminator.
    """
    puppet = puppet or bench.puppet(family)
    spec = bench.add_session(puppet, **parameters) if new else bench.use_session(puppet, **parameters)
    if spec in bench.node.configured:
        be_forgotten(bench, puppet, spec)
    else:
        bench.wait(control(state=State.DOWN), within_us=SLOW_WAIT_US, what="a new session", puppet=puppet)
    return puppet


def be_forgotten(bench: Bench, puppet: Puppet, spec: SessionSpec) -> None:
    """Bring a session that is older than the case to where a new one is. Raises Inconclusive when the target does not
    get there, or when its session is not the one that the device file describes.

    The puppet takes leave as a compliant far end does: AdminDown, with timers of a second, whatever an earlier case has
    told the target, and with an answer should the target's Poll Sequence about its slow rate still run. Then it is
    silent until the target has to have forgotten it: the Detection Time for Your Discriminator, twice that for
    authentication (6.8.1). Timers may be kept for longer, and these do no harm.
    """
    usual = {name: getattr(puppet, name) for name in LEAVING}
    for name, value in LEAVING.items():
        setattr(puppet, name, value)
    bench.find(bench.mark(), SLOW_WAIT_US, puppet, [control()])  # its discriminator, where it is not silent itself
    seen = bench.send(puppet)
    detection_us = max(SLOW_US, spec.required_min_rx_us)
    for _ in range(1 if spec.auth is None else 2):
        bench.until(seen.time_us + detection_us)
        seen = at_rest(bench, puppet, detection_us)
    for name, value in usual.items():
        setattr(puppet, name, value)
    # Intervals are what was configured only once the session is Up, where `raise_up` looks at them.
    if seen.packet.detect_mult != spec.detect_mult:
        raise Inconclusive(
            f"the session is not as it is described, with Detect Mult {spec.detect_mult}: frame {seen.frame} has "
            f"{seen.packet.detect_mult}"
        )
    bench.begin()


def at_rest(bench: Bench, puppet: Puppet, detection_us: int) -> Seen:
    """A packet of the target's, Down and without a Poll to be answered, after a Detection Time of silence.

    It should have forgotten the far end. One that has not breaks 6.8.1, and is noted; yet the cases that may begin with
    an older session do not depend on that.
    """
    start = bench.mark()
    forgotten = bench.find(start, detection_us + SLOW_WAIT_US, puppet, [FORGOTTEN])
    if forgotten is not None:
        return forgotten[0]
    seen = bench.wait(RESTING, within_us=SLOW_WAIT_US, after=bench.mark(), what="silence to take effect", puppet=puppet)
    silent = milliseconds(seen.time_us - start.time_us + detection_us)
    bench.notes.append(
        f"before the case, the target (frame {seen.frame}, Down) still had the discriminator of a far end that was "
        f"silent for {silent}, with a Detection Time of {milliseconds(detection_us)} (6.8.1)"
    )
    return seen


def in_init(bench: Bench, family: int | None = None, **parameters: Any) -> Puppet:
    """A session in which the target is Init: the puppet said Down once, and nothing since."""
    puppet = fresh(bench, family, **parameters)
    bench.send(puppet, state=State.DOWN)
    bench.wait(control(state=State.INIT), within_us=SLOW_WAIT_US, what="the handshake", puppet=puppet)
    return puppet


def establish(bench: Bench, family: int | None = None, *, puppet: Puppet | None = None, **parameters: Any) -> Puppet:
    """A session that is Up and settled, with keep-alives in the background.

    Settled means that the target has left the slow rate and its Poll Sequence about that is over: its packets carry the
    interval it was configured with, and no Poll.
    """
    puppet = fresh(bench, family, puppet=puppet, **parameters)
    raise_up(bench, puppet)
    return puppet


def raise_up(bench: Bench, puppet: Puppet) -> None:
    """Bring a target that is Down, and whose discriminator the puppet knows, to Up and settled."""
    shake_hands(bench, puppet)
    spec = puppet.spec
    assert spec is not None
    settled = control(
        state=State.UP,
        poll=False,
        final=False,
        desired_min_tx_interval_us=spec.desired_min_tx_us,
        required_min_rx_interval_us=spec.required_min_rx_us,
    )
    bench.wait(settled, within_us=2 * SLOW_WAIT_US, what="the rate after the handshake", puppet=puppet)


def shake_hands(bench: Bench, puppet: Puppet, *, polls: bool = True) -> None:
    """Bring a target that is Down, and whose discriminator the puppet knows, to Up, with keep-alives from then on.

    The packet that does so is a Poll, which tells the target the faster rate that the puppet announces from now on
    (6.8.3); a puppet that stays at the slow rate need not poll.
    """
    puppet.state = State.DOWN
    puppet.answers_polls = True
    bench.send(puppet)
    bench.wait(control(state=State.INIT), within_us=SLOW_WAIT_US, what="the handshake", puppet=puppet)
    puppet.state = State.UP
    bench.send(puppet, poll=polls)
    bench.start_keepalives(puppet)
    bench.wait(control(state=State.UP), within_us=SLOW_WAIT_US, what="the handshake", puppet=puppet)


def since_command(bench: Bench, start: Mark, us: int) -> int:
    """To be called after a command that began at `start`: the time from then until `us` from now. A command may need
    long to reach the daemon on a busy machine, and the daemon is not late by that."""
    return bench.now() - start.time_us + us


def slow_down(bench: Bench, puppet: Puppet, interval_us: int) -> Seen:
    """Have the target, Up, send only every `interval_us` (several seconds), so that a packet ahead of its schedule
    stands out. Returns a periodic packet after which at least a second of silence has passed, and much more is to come.
    """
    told = announce(bench, puppet, required_min_rx_us=interval_us)
    bench.until(told.time_us + PROMPT_US)
    last = bench.wait(
        PERIODIC, within_us=2 * interval_us, after=bench.mark(), what="a packet at the slow rate", puppet=puppet
    )
    bench.until(last.time_us + SLOW_US)
    early = [seen for seen in bench.from_target(last) if puppet.is_from_target(seen)]
    if early:
        raise Inconclusive(f"the target does not keep the slow rate that was asked of it (frame {early[0].frame})")
    return last


def next_packet_says(bench: Bench, new: Match, **timers: int) -> None:
    """Change timers of a session while the target sends only every few seconds, and judge that the next packet tells.

    At this rate "the next packet" leaves no doubt; the change itself has been accepted long before it is due.
    """
    interval_us = 4 * SLOW_US
    puppet = establish(bench)
    last = slow_down(bench, puppet, interval_us)
    start = bench.command(bench.node.set_timers, bench.specs[0], **timers)
    if bench.now() > last.time_us + interval_us * 3 // 4 or not all(new(seen) for seen in bench.from_target(start)):
        raise Inconclusive("the target took so long to accept the change that a packet fell due meanwhile")
    following = bench.wait(
        control(), within_us=interval_us + SLOW_US, after=start, what="the next packet", puppet=puppet
    )
    bench.check(
        new(following),
        expected=f"{new} in the next packet after the change, frame {following.frame}",
        actual=in_words(following),
        frames=[following],
    )


def announce(bench: Bench, puppet: Puppet, **fields: Any) -> Seen:
    """Change fields of the puppet the way a compliant peer does: with a Poll that the target answers (6.8.3).
    Returns the packet that announced the change. Raises Inconclusive when no Final comes."""
    for name, value in fields.items():
        setattr(puppet, name, value)
    bench.hasten_keepalives(puppet)
    poll(bench, puppet)
    return next(seen for seen in reversed(bench.log) if seen.sent and seen.packet.poll)


def poll(bench: Bench, puppet: Puppet, **fields: Any) -> Seen:
    """Send a Poll and return the Final. Raises Inconclusive when none comes: use it where the Poll is a tool.

    A target may limit the rate of its Finals to one per Desired Min TX Interval (6.8.7), so Polls keep that distance.
    """
    pace_polls(bench, puppet)
    sent = bench.send(puppet, poll=True, **fields)
    return bench.wait(FINAL, within_us=PROMPT_US, after=sent, what="an answer to a Poll", puppet=puppet)


def pace_polls(bench: Bench, puppet: Puppet) -> None:
    """Wait until the target cannot have a reason to hold back a Final."""
    finals = [seen for seen in bench.log if puppet.is_from_target(seen) and FINAL(seen)]
    if finals:
        bench.until(finals[-1].time_us + finals[-1].packet.desired_min_tx_interval_us)


def state_after(bench: Bench, puppet: Puppet, stimulus: Seen, expected: int, requirement: str | None = None) -> Seen:
    """Judge the state that the target is in after it processed `stimulus`, which should carry a Poll.

    The Final is the sign that it did. Where none comes (in AdminDown 6.8.6 discards the packet before it could be
    answered; elsewhere that is another requirement's business) the slow rate gives the target time for a packet of
    its own.
    """
    answered = bench.find(stimulus, PROMPT_US, puppet, [FINAL])
    if answered is not None:
        seen = answered[0]
    else:
        bench.until(stimulus.time_us + SLOW_WAIT_US)
        came = [seen for seen in bench.from_target(stimulus) if puppet.is_from_target(seen)]
        if not came:
            raise Inconclusive(f"the target sent nothing after frame {stimulus.frame}, so its state cannot be seen")
        seen = came[-1]
    bench.check(
        seen.packet.state == expected,
        expected=f"state {state_name(expected)} after frame {stimulus.frame} ({in_words(stimulus)})",
        actual=f"frame {seen.frame}: {in_words(seen)}",
        frames=[stimulus, seen],
        requirement=requirement,
    )
    return seen


def must_discard(
    bench: Bench,
    puppet: Puppet,
    damage: Damage | None = None,
    *,
    datagram: dict[str, object] | None = None,
    requirement: str | None = None,
    because: str,
    **fields: Any,
) -> None:
    """Prove that the target, being Up, discards a packet that would be obeyed if it were not for one flaw.

    The packet polls and, unless `fields` say otherwise, signals Down: a target that did not discard it answers with
    a Final or leaves Up. Then comes the sentinel, a flawless Poll: its Final proves life, and state Up proves that
    nothing was absorbed.
    """
    sane = poll(bench, puppet)
    if sane.packet.state != State.UP:
        raise Inconclusive(f"the target was {state_name(sane.packet.state)} before the probe (frame {sane.frame})")
    pace_polls(bench, puppet)
    flawed = bench.send(puppet, damage, datagram=datagram, **({"state": State.DOWN, "poll": True} | fields))
    bench.expect_never(FINAL, for_us=PROMPT_US, after=flawed, requirement=requirement, puppet=puppet, because=because)
    stays_up(bench, puppet, flawed, requirement=requirement, because=because)
    sentinel = sentinel_after(bench, puppet, flawed, requirement=requirement, because=because)
    bench.check(
        sentinel.packet.state == State.UP,
        expected=f"state Up after frame {flawed.frame}, which has to be discarded: {because}",
        actual=f"frame {sentinel.frame}: {in_words(sentinel)}",
        frames=[flawed, sentinel],
        requirement=requirement,
    )


def must_discard_each(
    bench: Bench, puppet: Puppet, flaws: Iterable[Damage], *, requirement: str | None = None, because: str
) -> None:
    """Prove the same as `must_discard` for many flaws at once: the packets follow each other closely, and a sentinel
    follows them all. A target that obeyed one of them has answered it, or left Up; that one is named."""
    sane = poll(bench, puppet)
    if sane.packet.state != State.UP:
        raise Inconclusive(f"the target was {state_name(sane.packet.state)} before the probes (frame {sane.frame})")
    pace_polls(bench, puppet)
    start, flawed = bench.mark(), []
    for flaw in flaws:
        flawed.append(bench.send(puppet, flaw, state=State.DOWN, poll=True))
        bench.elapse(BETWEEN_PROBES_US)
    bench.until(bench.now() + PROMPT_US)
    came = [seen for seen in bench.from_target(start) if puppet.is_from_target(seen)]
    obeyed = [seen for seen in came if seen.packet.final or seen.packet.state != State.UP]
    last = [seen for seen in flawed if obeyed and seen.time_us <= obeyed[0].time_us][-1:]
    bench.check(
        not obeyed,
        expected=f"{len(flawed)} packets to be discarded: {because}",
        actual=f"frame {obeyed[0].frame}: {in_words(obeyed[0])}, after frame {last[0].frame} ({in_words(last[0])})"
        if obeyed and last
        else "",
        frames=[*last, *obeyed[:1]],
        requirement=requirement,
    )
    sentinel_after(bench, puppet, flawed[-1], requirement=requirement, because=because)
    sane_after(bench, puppet)


def sentinel_after(
    bench: Bench, puppet: Puppet, flawed: Seen, *, requirement: str | None = None, because: str = ""
) -> Seen:
    """The Final to a flawless Poll after a packet that has to be discarded.

    Where none comes, that packet may have struck the target deaf, for good: then it leaves Up although the far end
    goes on sending, which is judged. Raises Inconclusive, as `poll` does, where it stays Up.
    """
    try:
        return poll(bench, puppet)
    except Inconclusive:
        bench.elapse(SLOW_WAIT_US)
        stays_up(bench, puppet, flawed, requirement=requirement, because=because)
        raise


def must_accept_each(
    bench: Bench, puppet: Puppet, harmless: Iterable[Damage], *, requirement: str | None = None
) -> None:
    """Prove that the target, being Up, takes in packets that are unusual, but that no rule of 6.8.6 discards: each of
    them polls, and is answered. The Polls keep the distance at which a target may limit its Finals."""
    for each in harmless:
        pace_polls(bench, puppet)
        asked = bench.send(puppet, each, poll=True)
        answer = bench.find(asked, PROMPT_US, puppet, [FINAL])
        bench.check(
            answer is not None,
            expected=f"an answer to frame {asked.frame}: no rule of 6.8.6 discards a packet with {each.name}",
            actual=f"no Final within {milliseconds(PROMPT_US)}",
            frames=[asked],
            requirement=requirement,
        )
    sane_after(bench, puppet)


def stays_up(
    bench: Bench, puppet: Puppet, after: Seen | Mark, *, requirement: str | None = None, because: str = ""
) -> None:
    """Judge that no packet of the target since `after` shows a state other than Up."""
    left = [seen for seen in bench.from_target(after) if puppet.is_from_target(seen) and seen.packet.state != State.UP]
    bench.check(
        not left,
        expected="state Up" + (f": {because}" if because else ""),
        actual=f"frame {left[0].frame}: {in_words(left[0])}" if left else "state Up",
        frames=left,
        requirement=requirement,
    )


def sane_after(bench: Bench, puppet: Puppet) -> None:
    """After a probe the target must still answer. Raises Inconclusive when it does not."""
    final = poll(bench, puppet)
    if final.packet.state != State.UP:
        raise Inconclusive(f"the target is {state_name(final.packet.state)} after the probe (frame {final.frame})")
