"""RFC 5880 section 4.1: where the fields lie. Judged on the bytes themselves, without the bench's decoder."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.match import Not, control
from conformance.bench.packets import Seen, state_name
from conformance.bench.puppet import SLOW_US, Puppet
from conformance.bench.scenario import SLOW_WAIT_US, establish, fresh, shake_hands
from conformance.bench.verdicts import Inconclusive
from refimpl.core.constants import State
from topologies.node import Capability

FAR_DISCRIMINATOR = 0x01020304
DETECT_MULT = 7
DESIRED_US = 300_000
REQUIRED_US = 400_000
SLOWEST_US = 60 * SLOW_US
"""Until the rate has settled a system may announce slower intervals, but none like this. The configured ones with their
bytes the wrong way round are more than half an hour."""


@case("5880-4.1-04", judges=["5880-4.1-r01"])
def test_fields_are_where_they_belong(bench: Bench) -> None:
    """The Mandatory Section has its fields in the order of the figure, with the most significant byte first."""
    puppet = bench.puppet(my_discriminator=FAR_DISCRIMINATOR)
    fresh(bench, puppet=puppet, desired_min_tx_us=DESIRED_US, required_min_rx_us=REQUIRED_US, detect_mult=DETECT_MULT)
    first = bench.log[-1]
    shake_hands(bench, puppet)
    bench.elapse(2 * SLOW_US)
    last = next(seen for seen in reversed(bench.log) if puppet.is_from_target(seen))
    data = last.datagram.payload
    words = [int.from_bytes(data[at : at + 4], "big") for at in range(4, 20, 4)]
    mine = int.from_bytes(first.datagram.payload[4:8], "big")
    wrong = {
        # A session that never failed has diagnostic 0; of the flags only M is known for sure.
        "Vers and Diag": data[0] != 0x20,
        "Sta and M": data[1] & 0xC1 != State.UP << 6,
        "Detect Mult": data[2] != DETECT_MULT,
        "Length": data[3] != 24,
        "My Discriminator": mine == 0 or words[0] != mine,
        "Your Discriminator": words[1] != FAR_DISCRIMINATOR,
        "Desired Min TX Interval": not is_plausible(words[2], DESIRED_US),
        "Required Min RX Interval": not is_plausible(words[3], REQUIRED_US),
    }
    bench.check(
        not any(wrong.values()),
        expected=f"version 1, diagnostic 0, Up, Detect Mult {DETECT_MULT}, Length 24, My Discriminator {mine:#010x}, "
        f"Your Discriminator {FAR_DISCRIMINATOR:#010x}, {DESIRED_US} µs, {REQUIRED_US} µs, each in its place",
        actual=f"{', '.join(name for name, is_wrong in wrong.items() if is_wrong)}: frame {last.frame} begins with "
        f"{data[:24].hex(' ', 4)}",
        frames=[first, last],
    )


def is_plausible(value: int, configured: int) -> bool:
    """The interval that was configured, or a slow one."""
    return value == configured or SLOW_US <= value <= SLOWEST_US


def must_say(bench: Bench, puppet: Puppet, expected: State, was: State, what: str) -> None:
    """Judge the Sta field in the first packet that does not have the value of state `was` any more."""
    found = bench.find(bench.mark(), SLOW_WAIT_US, puppet, [control(state=Not(was))])
    if found is None:
        raise Inconclusive(f"{what}, but the target's Sta field did not change")
    check_sta(bench, found[0], expected, what)


def check_sta(bench: Bench, seen: Seen, expected: State, what: str) -> None:
    """Judge the two bits of one packet."""
    value = seen.datagram.payload[1] >> 6
    bench.check(
        value == expected,
        expected=f"Sta {int(expected)} ({expected.label}): {what}",
        actual=f"Sta {value} ({state_name(value)}) in frame {seen.frame}",
        frames=[seen],
    )


@case("5880-4.1-05", judges=["5880-4.1-r06"])
def test_states_of_the_handshake(bench: Bench) -> None:
    """Sta is 1 in a new session, 2 when the far end said Down, 3 when it said Up."""
    puppet = bench.puppet()
    bench.add_session(puppet)
    first = bench.wait(control(), within_us=SLOW_WAIT_US, what="a new session", puppet=puppet)
    check_sta(bench, first, State.DOWN, "the session is new")
    bench.send(puppet)
    must_say(bench, puppet, State.INIT, State.DOWN, "the far end said Down")
    puppet.state = State.UP
    bench.send(puppet)
    must_say(bench, puppet, State.UP, State.INIT, "the far end said Up")


@case("5880-4.1-06", judges=["5880-4.1-r06"], needs=[Capability.ADMIN_DOWN])
def test_state_of_a_disabled_session(bench: Bench) -> None:
    """Sta is 0 in a session that is administratively down."""
    puppet = establish(bench)
    start = bench.command(bench.node.set_admin, bench.specs[0], enabled=False)
    found = bench.find(start, SLOW_WAIT_US, puppet, [control(state=Not(State.UP))])
    if found is None:
        raise Inconclusive("the session was disabled, but the target's Sta field did not change")
    check_sta(bench, found[0], State.ADMIN_DOWN, "the session was disabled")
