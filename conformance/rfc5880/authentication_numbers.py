"""RFC 5880 sections 6.7.3 and 6.7.4: Sequence Numbers, sent and received, for the two MD5 and the two SHA1 types.

"3*Detect Mult" is taken from the received packet, whose field has that name; both ends have the same Detect Mult here,
so that a target that takes its own is judged alike.
"""

from itertools import pairwise

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.match import control
from conformance.bench.packets import Seen, in_words
from conformance.bench.probes import Probe, must_accept, must_discard_each
from conformance.bench.puppet import Puppet
from conformance.bench.scenario import FINAL, SLOW_WAIT_US, establish, fresh, pace_polls, poll, raise_up
from conformance.bench.signing import CIRCLE, Seal, Signer, read
from conformance.bench.verdicts import Inconclusive
from conformance.rfc5880.authentication import FIRST, Kind, authenticated
from refimpl.core.constants import State

DETECT_MULT = 3
WINDOW = 3 * DETECT_MULT
SECOND_US = 1_000_000
FAST_US = 100_000
CHANGES = (7, 8, 9, 10, 11)


def signing_puppet(bench: Bench, kind: Kind, sequence: int) -> Puppet:
    """A puppet whose first packet has the Sequence Number that follows `sequence`."""
    signer = Signer(kind.scheme, FIRST.id, FIRST.secret, sequence % CIRCLE)
    return bench.puppet(detect_mult=DETECT_MULT, signer=signer)


def signer_of(puppet: Puppet) -> Signer:
    """The signer that `signing_puppet` gave it."""
    assert puppet.signer is not None
    return puppet.signer


# ---------------------------------------------------------------------- sent


Pair = tuple[Seen, int, Seen, int]
"""Two packets, one after the other, each with its Sequence Number."""


def numbers(bench: Bench, kind: Kind) -> list[Pair]:
    """The packets of a conversation that has a handshake and two Polls in it."""
    puppet = establish(bench, auth=kind.spec())
    for _ in range(2):
        poll(bench, puppet)
    bench.elapse(PROMPT_US)
    return neighbours(bench, puppet, kind)


def neighbours(bench: Bench, puppet: Puppet, kind: Kind) -> list[Pair]:
    """The target's packets so far, in pairs."""
    sections = [(seen, read(seen.datagram.payload, kind.scheme)) for seen in authenticated(bench, puppet)]
    if len(sections) < 2 or any(section is None for _, section in sections):
        raise Inconclusive("there are too few Authentication Sections to compare")
    return [(a, s.sequence, b, t.sequence) for (a, s), (b, t) in pairwise(sections) if s is not None and t is not None]


def goes_on(bench: Bench, kind: Kind, pairs: list[Pair]) -> None:
    """Judge that the numbers are those of one variable that is only ever incremented: none goes back, and none is so
    far ahead that a peer that has seen all packets would discard it."""
    for first, before, second, after in pairs:
        advance = (after - before) % CIRCLE
        bench.check(
            advance <= 3 * second.packet.detect_mult,
            expected=f"a Sequence Number not before that of frame {first.frame} ({before:#010x}), nor far ahead",
            actual=f"{after:#010x} in frame {second.frame}",
            frames=[first, second],
            requirement=kind["sequence"],
        )


def number_moves_on_with_the_state(bench: Bench, kind: Kind) -> None:
    """The Sequence Number moves on when the state changes.

    A target that counts by a clock may do so between two packets by chance, so the state changes several times.
    """
    puppet = establish(bench, auth=kind.spec())
    for _ in range(2):
        bench.stop_keepalives(puppet)
        pace_polls(bench, puppet)
        down = bench.send(puppet, state=State.DOWN, poll=True)
        bench.wait(control(state=State.DOWN), within_us=SLOW_WAIT_US, after=down, what="Down", puppet=puppet)
        raise_up(bench, puppet)
    pairs = neighbours(bench, puppet, kind)
    goes_on(bench, kind, pairs)
    changed = [each for each in pairs if each[0].packet.state != each[2].packet.state]
    if not changed:
        raise Inconclusive("the state did not change after the first authentic packet")
    moves_on(bench, changed, "state", kind["on_state"])


def number_moves_on_with_the_contents(bench: Bench, kind: Kind) -> None:
    """The Sequence Number moves on when Detect Mult changes.

    Five changes at a tenth of a second between packets: a target that counts once a second by a clock passes each by
    chance one time in ten, so all of them one time in 10^5.
    """
    fast = bench.puppet(required_min_rx_us=FAST_US)
    puppet = establish(bench, puppet=fast, auth=kind.spec(), desired_min_tx_us=FAST_US)
    for detect_mult in CHANGES:
        start = bench.command(bench.node.set_timers, bench.specs[0], detect_mult=detect_mult)
        new = control(detect_mult=detect_mult)
        bench.wait(new, within_us=SLOW_WAIT_US, after=start, what="the new Detect Mult", puppet=puppet)
    pairs = [
        each
        for each in neighbours(bench, puppet, kind)
        if each[0].packet.detect_mult != each[2].packet.detect_mult and each[0].packet.state == each[2].packet.state
    ]
    if len(pairs) < len(CHANGES):
        raise Inconclusive(f"only {len(pairs)} of {len(CHANGES)} changes of Detect Mult were seen while Up")
    moves_on(bench, pairs, "Detect Mult", kind["on_contents"])


def moves_on(bench: Bench, pairs: list[Pair], changed: str, requirement: str) -> None:
    """Judge that in each of these pairs, in which something `changed`, the Sequence Number changed as well."""
    still = [each for each in pairs if each[1] == each[3]]
    bench.check(
        not still,
        expected=f"another Sequence Number with another {changed}",
        actual=(
            f"{still[0][1]:#010x} in frame {still[0][0].frame} ({in_words(still[0][0])}) "
            f"and in frame {still[0][2].frame} ({in_words(still[0][2])})"
            if still
            else ""
        ),
        frames=[seen for each in still for seen in (each[0], each[2])],
        requirement=requirement,
    )


def meticulous_numbers(bench: Bench, kind: Kind) -> None:
    """Every packet has a Sequence Number of its own, the answers to Polls included."""
    pairs = numbers(bench, kind)
    goes_on(bench, kind, pairs)
    for first, before, second, after in pairs:
        bench.check(
            before != after,
            expected=f"a Sequence Number after that of frame {first.frame}",
            actual=f"{after:#010x} in frame {second.frame}, too ({in_words(second)})",
            frames=[first, second],
            requirement=kind["every_packet"],
        )


# ---------------------------------------------------------------------- received


def window(bench: Bench, kind: Kind) -> None:
    """Sequence Numbers before the window and beyond it are discarded, and those at its edges are not."""
    # Far from the wrap, which is another case's business.
    puppet = establish(
        bench, puppet=signing_puppet(bench, kind, 0x1000_0000), auth=kind.spec(), detect_mult=DETECT_MULT
    )
    least = 1 if kind.scheme.meticulous else 0
    must_accept(bench, puppet, f"{least} ahead", kind["discards_replay"], Seal(least))
    must_accept(bench, puppet, f"{WINDOW} ahead", kind["discards_jump"], Seal(WINDOW))
    must_discard_each(bench, puppet, numbered(least - 1, -2, -WINDOW, -1_000_000), kind["discards_replay"])
    must_discard_each(bench, puppet, numbered(WINDOW + 1, 2 * WINDOW, 1_000_000), kind["discards_jump"])


def numbered(*ahead: int) -> list[Probe]:
    """Authentic packets with these Sequence Numbers, less that of the puppet's last packet."""
    return [Probe(f"Sequence Number {each:+d}", Seal(each)) for each in ahead]


def wrap(bench: Bench, kind: Kind) -> None:
    """The window reaches across the wrap of the Sequence Number."""
    puppet = establish(bench, puppet=signing_puppet(bench, kind, -120), auth=kind.spec(), detect_mult=DETECT_MULT)
    signer = signer_of(puppet)
    pace_polls(bench, puppet)
    # To the last number before the wrap, in steps that any window allows.
    while 0 < (left := (-1 - signer.sequence) % CIRCLE) < CIRCLE // 2:
        step = min(WINDOW, left)
        bench.send(puppet, seal=Seal(step, goes_on=True))
    across = bench.send(puppet, seal=Seal(WINDOW, goes_on=True), poll=True)
    bench.expect(FINAL, within_us=PROMPT_US, after=across, puppet=puppet)
    beyond = bench.elapse(2 * SECOND_US)
    bench.check(
        any(puppet.is_from_target(seen) for seen in beyond) and all(seen.packet.state == State.UP for seen in beyond),
        expected=f"state Up, kept by the Sequence Numbers behind the wrap in frame {across.frame}",
        actual=in_words(beyond[-1]) if beyond else "silence",
        frames=[across, *beyond[-1:]],
    )


def first_packet_begins_the_window(bench: Bench, kind: Kind) -> None:
    """The Sequence Number of the first authentic packet is where the window begins."""
    puppet = fresh(bench, puppet=signing_puppet(bench, kind, 0x2000_0000), auth=kind.spec(), detect_mult=DETECT_MULT)
    first = bench.send(puppet)
    bench.wait(control(state=State.INIT), within_us=SLOW_WAIT_US, after=first, what="the handshake", puppet=puppet)
    for requirement, ahead in ((kind["known"], 1 << 30), (kind["known"], -(1 << 30)), (kind["initial"], WINDOW + 1)):
        flawed = bench.send(puppet, seal=Seal(ahead), state=State.UP, poll=True)
        bench.expect_never(
            control(state=State.UP),
            for_us=PROMPT_US,
            after=flawed,
            requirement=requirement,
            puppet=puppet,
            because=f"the Sequence Number is {ahead:+d} from that of frame {first.frame}",
        )
    puppet.state = State.UP
    good = bench.send(puppet, seal=Seal(WINDOW, goes_on=True), poll=True)
    bench.expect(
        control(state=State.UP), within_us=SLOW_WAIT_US, after=good, requirement=kind["initial"], puppet=puppet
    )


# ---------------------------------------------------------------------- the variables behind it
