"""RFC 5880 sections 6.7.3 and 6.7.4: Sequence Numbers, sent and received, for the two MD5 and the two SHA1 types.

"3*Detect Mult" is taken from the received packet, whose field has that name; both ends have the same Detect Mult here,
so that a target that takes its own is judged alike.
"""

from itertools import pairwise

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.cases import Row, cases
from conformance.bench.match import control
from conformance.bench.packets import Seen, in_words
from conformance.bench.probes import Probe, must_accept, must_discard_each
from conformance.bench.puppet import SLOW_US, Puppet
from conformance.bench.scenario import FINAL, SLOW_WAIT_US, establish, fresh, pace_polls, poll, raise_up
from conformance.bench.signing import CIRCLE, Seal, Signer, read
from conformance.bench.verdicts import Inconclusive
from conformance.rfc5880.authentication import FIRST, MD5, METICULOUS_MD5, METICULOUS_SHA1, SHA1, Kind, authenticated
from refimpl.core.constants import State
from topologies.node import Capability

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


@cases(
    Row("5880-6.7.3-15", MD5.about("sequence", "on_state"), {"kind": MD5}, [MD5.need]),
    Row("5880-6.7.4-15", SHA1.about("sequence", "on_state"), {"kind": SHA1}, [SHA1.need]),
)
def test_number_moves_on_with_the_state(bench: Bench, kind: Kind) -> None:
    """With {kind} the Sequence Number moves on when the state changes.

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


@cases(
    Row("5880-6.7.3-23", MD5.about("on_contents"), {"kind": MD5}, [MD5.need]),
    Row("5880-6.7.4-23", SHA1.about("on_contents"), {"kind": SHA1}, [SHA1.need]),
    needs=[Capability.CHANGE_MULT],
)
def test_number_moves_on_with_the_contents(bench: Bench, kind: Kind) -> None:
    """With {kind} the Sequence Number moves on when Detect Mult changes.

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


@cases(
    Row(
        "5880-6.7.3-16",
        METICULOUS_MD5.about("sequence", "every_packet"),
        {"kind": METICULOUS_MD5},
        [METICULOUS_MD5.need],
    ),
    Row(
        "5880-6.7.4-16",
        METICULOUS_SHA1.about("sequence", "every_packet"),
        {"kind": METICULOUS_SHA1},
        [METICULOUS_SHA1.need],
    ),
)
def test_meticulous_numbers(bench: Bench, kind: Kind) -> None:
    """With {kind} every packet has a Sequence Number of its own, the answers to Polls included."""
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

WINDOWS = ("discards_replay", "discards_jump")


@cases(
    Row("5880-6.7.3-17", MD5.about(*WINDOWS), {"kind": MD5}, [MD5.need]),
    Row("5880-6.7.3-18", METICULOUS_MD5.about(*WINDOWS), {"kind": METICULOUS_MD5}, [METICULOUS_MD5.need]),
    Row("5880-6.7.4-17", SHA1.about(*WINDOWS), {"kind": SHA1}, [SHA1.need]),
    Row("5880-6.7.4-18", METICULOUS_SHA1.about(*WINDOWS), {"kind": METICULOUS_SHA1}, [METICULOUS_SHA1.need]),
)
def test_window(bench: Bench, kind: Kind) -> None:
    """With {kind}, Sequence Numbers before the window and beyond it are discarded, and those at its edges are not."""
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


@cases(
    Row("5880-6.7.3-19", MD5.about("circular"), {"kind": MD5}, [MD5.need]),
    Row("5880-6.7.3-20", METICULOUS_MD5.about("circular"), {"kind": METICULOUS_MD5}, [METICULOUS_MD5.need]),
    Row("5880-6.7.4-19", SHA1.about("circular"), {"kind": SHA1}, [SHA1.need]),
    Row("5880-6.7.4-20", METICULOUS_SHA1.about("circular"), {"kind": METICULOUS_SHA1}, [METICULOUS_SHA1.need]),
)
def test_wrap(bench: Bench, kind: Kind) -> None:
    """With {kind}, the window reaches across the wrap of the Sequence Number."""
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


KNOWN = ("known", "initial")


@cases(
    Row("5880-6.7.3-21", MD5.about(*KNOWN), {"kind": MD5}, [MD5.need]),
    Row("5880-6.7.3-22", METICULOUS_MD5.about(*KNOWN), {"kind": METICULOUS_MD5}, [METICULOUS_MD5.need]),
    Row("5880-6.7.4-21", SHA1.about(*KNOWN), {"kind": SHA1}, [SHA1.need]),
    Row("5880-6.7.4-22", METICULOUS_SHA1.about(*KNOWN), {"kind": METICULOUS_SHA1}, [METICULOUS_SHA1.need]),
)
def test_first_packet_begins_the_window(bench: Bench, kind: Kind) -> None:
    """With {kind}, the Sequence Number of the first authentic packet is where the window begins."""
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


@cases(
    Row("5880-6.8.1-101", ["5880-6.8.1-r19"], {"kind": SHA1}, [SHA1.need]),
    Row("5880-6.8.1-102", ["5880-6.8.1-r19"], {"kind": METICULOUS_SHA1}, [METICULOUS_SHA1.need]),
)
def test_window_moves_along(bench: Bench, kind: Kind) -> None:
    """With {kind}, the window moves along with the packets that are accepted."""
    puppet = signing_puppet(bench, kind, 0x3000_0000)
    puppet.desired_min_tx_us = SLOW_US  # a Detection Time of three seconds: nothing has to be sent in between
    fresh(bench, puppet=puppet, auth=kind.spec(), detect_mult=DETECT_MULT)
    down = bench.send(puppet)
    bench.wait(control(state=State.INIT), within_us=SLOW_WAIT_US, after=down, what="the handshake", puppet=puppet)
    puppet.state = State.UP
    up = bench.send(puppet, poll=True)
    bench.wait(control(state=State.UP), within_us=SLOW_WAIT_US, after=up, what="the handshake", puppet=puppet)
    for _ in range(3):
        step = bench.send(puppet, seal=Seal(WINDOW, goes_on=True))
    bench.until(step.time_us + SLOW_US)  # a Final may be held back that long
    asked = bench.send(puppet, poll=True)
    bench.expect(FINAL, within_us=PROMPT_US, after=asked, puppet=puppet)
    bench.until(asked.time_us + SLOW_US)
    old = bench.send(puppet, seal=Seal(-2 * WINDOW), poll=True, state=State.DOWN)
    bench.expect_never(
        FINAL,
        for_us=PROMPT_US,
        after=old,
        puppet=puppet,
        because=f"its Sequence Number is before that of frame {asked.frame}",
    )
    alive = bench.send(puppet, poll=True)
    bench.expect(control(final=True, state=State.UP), within_us=PROMPT_US, after=alive, puppet=puppet)


@cases(
    Row("5880-6.8.1-103", ["5880-6.8.1-r22"], {"kind": SHA1}, [SHA1.need]),
    Row("5880-6.8.1-104", ["5880-6.8.1-r22"], {"kind": METICULOUS_SHA1}, [METICULOUS_SHA1.need]),
)
def test_any_first_number_is_accepted(bench: Bench, kind: Kind) -> None:
    """With {kind}, the first packet may have any Sequence Number."""
    for sequence in (0x4000_0000, 0xC000_0000):
        puppet = fresh(bench, puppet=signing_puppet(bench, kind, sequence), auth=kind.spec())
        first = bench.send(puppet)
        bench.expect(control(state=State.INIT), within_us=SLOW_WAIT_US, after=first, puppet=puppet)
        bench.remove_session(bench.specs[0])


@cases(
    Row("5880-6.8.1-105", ["5880-6.8.1-r23"], {"kind": SHA1}, [SHA1.need]),
    Row("5880-6.8.1-106", ["5880-6.8.1-r23"], {"kind": METICULOUS_SHA1}, [METICULOUS_SHA1.need]),
)
def test_silence_makes_the_number_unknown(bench: Bench, kind: Kind) -> None:
    """With {kind}, after twice the Detection Time of silence a packet with any Sequence Number is accepted."""
    puppet = establish(
        bench, puppet=signing_puppet(bench, kind, 0x5000_0000), auth=kind.spec(), detect_mult=DETECT_MULT
    )
    silent = bench.stop_keepalives(puppet)
    detection_us = DETECT_MULT * 300_000
    # "At least twice": a target that takes a while longer is not accused.
    bench.until(silent.time_us + 2 * detection_us + 2 * SECOND_US)
    signer_of(puppet).sequence = 0x9000_0000
    puppet.state, puppet.your_discriminator = State.DOWN, 0
    restarted = bench.send(puppet)
    bench.expect(control(state=State.INIT), within_us=SLOW_WAIT_US, after=restarted, puppet=puppet)


@cases(Row("5880-6.8.1-107", ["5880-6.8.1-r21"], {"kind": SHA1}, [SHA1.need]))
def test_first_number_is_random(bench: Bench, kind: Kind) -> None:
    """With {kind}, sessions do not begin with numbers that can be told from those of the session before.

    Of three sessions, one after the other, neighbours are compared. Random numbers are within 65536 of each other
    twice running with a probability of 1 in 10^9.
    """
    begun: list[tuple[Seen, int]] = []
    for _ in range(3):
        puppet = fresh(bench, auth=kind.spec())
        seen = puppet.last_seen
        section = read(seen.datagram.payload, kind.scheme) if seen is not None else None
        if seen is None or section is None:
            raise Inconclusive("the first packet of a session has no Authentication Section")
        begun.append((seen, section.sequence))
        bench.remove_session(bench.specs[0])
    near = [min((b - a) % CIRCLE, (a - b) % CIRCLE) < 1 << 16 for (_, a), (_, b) in pairwise(begun)]
    bench.check(
        not all(near),
        expected="three sessions that begin with random Sequence Numbers",
        actual=", ".join(f"{number:#010x} in frame {seen.frame}" for seen, number in begun),
        frames=[seen for seen, _ in begun],
    )
