"""RFC 5880 section 6.8.1: the variables behind the Sequence Numbers of authentication."""

from itertools import pairwise

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.cases import Row, cases
from conformance.bench.match import control
from conformance.bench.packets import Seen
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import FINAL, SLOW_WAIT_US, establish, fresh
from conformance.bench.signing import CIRCLE, Seal, read
from conformance.bench.verdicts import Inconclusive
from conformance.rfc5880.authentication import METICULOUS_SHA1, SHA1, Kind
from conformance.rfc5880.authentication_numbers import DETECT_MULT, SECOND_US, WINDOW, signer_of, signing_puppet
from refimpl.core.constants import State


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
