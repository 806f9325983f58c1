"""RFC 5880 section 6.3: discriminators identify sessions."""

from itertools import pairwise

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.cases import case
from conformance.bench.match import OneOf, control
from conformance.bench.scenario import FINAL, SLOW_WAIT_US, establish, fresh, pace_polls, shake_hands, stays_up
from refimpl.core.constants import SOURCE_PORT_MAX, SOURCE_PORT_MIN, State
from topologies.description import NEIGHBOURS
from topologies.node import Capability

SECOND_US = 1_000_000

LARGEST_STEP = 1_000
"""From one discriminator to the next, if they are counted and not drawn."""


@case("5880-6.3-01", judges=["5880-6.3-r02", "5880-6.3-r01"], needs=[Capability.IPV4, Capability.IPV6])
def test_discriminators_are_unique(bench: Bench) -> None:
    """Two sessions of the target, one on IPv4 and one on IPv6, have discriminators of their own, which name them."""
    puppets = [fresh(bench, 4), fresh(bench, 6)]
    for puppet in puppets:
        shake_hands(bench, puppet)
    mine = [puppet.last_seen for puppet in puppets if puppet.last_seen is not None]
    discriminators = [seen.packet.my_discriminator for seen in mine]
    bench.check(
        len(set(discriminators)) == 2,
        expected="a discriminator of its own for each session",
        actual=f"My Discriminator {discriminators[0]:#010x} in both",
        frames=mine,
        requirement="5880-6.3-r02",
    )
    for puppet, discriminator in zip(puppets, discriminators, strict=True):
        pace_polls(bench, puppet)
        asked = bench.send(puppet, poll=True)
        bench.expect(
            control(final=True, my_discriminator=discriminator),
            within_us=PROMPT_US,
            after=asked,
            requirement="5880-6.3-r01",
            puppet=puppet,
        )


@case("5880-6.3-02", judges=["5880-6.3-r04"])
def test_source_address_may_change(bench: Bench) -> None:
    """A packet with the right Your Discriminator belongs to its session whatever its source address is."""
    puppet = establish(bench)
    pace_polls(bench, puppet)
    moved = bench.send(puppet, poll=True, datagram={"source": bench.stranger(puppet)})
    bench.expect(FINAL, within_us=PROMPT_US, after=moved)
    stays_up(bench, puppet, moved)


@case("5880-6.3-21", judges=["5880-6.3-r03"])
def test_no_other_field_has_a_say(bench: Bench) -> None:
    """A packet with the right Your Discriminator belongs to its session, though My Discriminator and the source port
    are new."""
    puppet = establish(bench)
    pace_polls(bench, puppet)
    port = SOURCE_PORT_MIN + (puppet.source_port - SOURCE_PORT_MIN + 2000) % (SOURCE_PORT_MAX - SOURCE_PORT_MIN)
    puppet.my_discriminator ^= 0x3C3C3C3C
    asked = bench.send(puppet, poll=True, datagram={"source_port": port})
    bench.expect(FINAL, within_us=PROMPT_US, after=asked, puppet=puppet)
    stays_up(bench, puppet, asked)


@case("5880-6.3-22", judges=["5880-6.8.6-r10"], needs=[Capability.IPV4, Capability.IPV6])
def test_your_discriminator_selects_the_session(bench: Bench) -> None:
    """With a session on each IP version, Down with Your Discriminator of the second one ends that one alone."""
    first, second = fresh(bench, 4), fresh(bench, 6)
    for puppet in (first, second):
        shake_hands(bench, puppet)
    second.state = State.DOWN
    told = bench.send(second)
    bench.expect(control(state=OneOf((State.DOWN, State.INIT))), within_us=SLOW_WAIT_US, after=told, puppet=second)
    stays_up(bench, first, told, because=f"frame {told.frame} names the other session")


@case("5880-6.3-03", judges=["5880-6.3-r07"])
def test_far_end_may_change_its_discriminator(bench: Bench) -> None:
    """The far end changes My Discriminator while Up: the state does not change, and the new value is reflected."""
    puppet = establish(bench)
    puppet.my_discriminator ^= 0x5A5A5A5A
    changed = bench.send(puppet)
    bench.expect(
        control(state=State.UP, your_discriminator=puppet.my_discriminator),
        within_us=SECOND_US,
        after=changed,
        puppet=puppet,
    )
    bench.until(changed.time_us + 2 * SECOND_US)
    stays_up(bench, puppet, changed)


@case(
    "5880-6.3-04",
    judges=["5880-6.3-r02", "5880-6.8.1-r09"],
    needs=[Capability.IPV4, Capability.IPV6],
    seconds=8,
)
def test_many_sessions_have_many_discriminators(bench: Bench) -> None:
    """Eight sessions at once have eight discriminators, and these are not counted up."""
    puppets = {family: [bench.puppet(family, beside=n + 1) for n in range(NEIGHBOURS)] for family in (4, 6)}
    for puppet in [*puppets[4], *puppets[6]]:
        bench.add_session(puppet)
    start = bench.mark()
    first = {
        family: [
            bench.wait(control(), within_us=SLOW_WAIT_US, after=start, what="a new session", puppet=puppet)
            for puppet in beside
        ]
        for family, beside in puppets.items()
    }
    frames = [*first[4], *first[6]]
    discriminators = {family: [seen.packet.my_discriminator for seen in found] for family, found in first.items()}
    every = [each for found in discriminators.values() for each in found]
    bench.check(
        len(set(every)) == len(every),
        expected=f"{len(every)} different discriminators",
        actual=f"{len(set(every))} different ones: {in_hex(every)}",
        frames=frames,
        requirement="5880-6.3-r02",
    )
    # Other cases may have sessions with the same daemon, so a counter takes small steps, not steps of one. One instance
    # of a daemon for each address family counts twice. Random values of even 16 bits do so once in 10**9 runs.
    bench.check(
        not all(is_counted(found) for found in discriminators.values()),
        expected="discriminators that do not tell the next one",
        actual=f"discriminators in order of creation, over IPv4 {in_hex(discriminators[4])}, "
        f"over IPv6 {in_hex(discriminators[6])}",
        frames=frames,
        requirement="5880-6.8.1-r09",
    )


def is_counted(values: list[int]) -> bool:
    """Small steps only, from each value to the next."""
    return all(abs(second - first) < LARGEST_STEP for first, second in pairwise(values))


def in_hex(values: list[int]) -> str:
    """A list of discriminators in words."""
    return ", ".join(f"{value:#010x}" for value in values)
