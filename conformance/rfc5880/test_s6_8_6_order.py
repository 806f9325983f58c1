"""RFC 5880 section 6.8.6: a packet that is discarded leaves no trace, because the rules come ahead of the assignments.

Each packet would change everything there is to change: it polls, says Down, has a new My Discriminator, and asks for no
more packets (Required Min RX Interval 0). Nothing follows it for a while that could repair what it did.
"""

from typing import Any

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, cases
from conformance.bench.match import control
from conformance.bench.packets import in_words
from conformance.bench.puppet import Puppet
from conformance.bench.scenario import FINAL, establish, pace_polls, poll, sane_after
from conformance.bench.verdicts import Inconclusive
from refimpl.core.constants import State
from refimpl.wire import damage
from refimpl.wire.damage import Damage

INTERVAL_US = 300_000
WATCHED_US = 4 * INTERVAL_US
"""Long enough for three packets at the agreed rate."""


def leaves_no_trace(bench: Bench, puppet: Puppet, flaw: Damage | None, because: str, **fields: Any) -> None:
    """Judge that a packet with a flaw changes nothing: no Final, no transition, no variable."""
    sane = poll(bench, puppet)
    if sane.packet.state != State.UP:
        raise Inconclusive(f"the target was not Up before the probe (frame {sane.frame})")
    pace_polls(bench, puppet)
    puppet.keepalives, puppet.next_keepalive_us = False, None
    everything: dict[str, Any] = {
        "state": State.DOWN,
        "poll": True,
        "my_discriminator": puppet.my_discriminator ^ 0x5A5A5A5A,
        "required_min_rx_interval_us": 0,
    }
    flawed = bench.send(puppet, flaw, **(everything | fields))
    came = bench.expect_never(FINAL, for_us=WATCHED_US, after=flawed, puppet=puppet, because=because)
    untouched = control(state=State.UP, your_discriminator=puppet.my_discriminator)
    touched = [seen for seen in came if not untouched(seen)]
    bench.check(
        not touched,
        expected=f"{untouched} after frame {flawed.frame}, which has to be discarded: {because}",
        actual=f"frame {touched[0].frame}: {in_words(touched[0])}" if touched else "",
        frames=[flawed, *touched],
    )
    bench.check(
        bool(came),
        expected=f"packets at the agreed rate after frame {flawed.frame}, which has to be discarded: {because}",
        actual="no packet: its Required Min RX Interval 0 was obeyed",
        frames=[flawed],
    )
    bench.start_keepalives(puppet)
    sane_after(bench, puppet)


@cases(
    Row("5880-6.8.6-56", ["5880-6.8.6-r02"], {"flaw": damage.field(version=0)}),
    Row("5880-6.8.6-57", ["5880-6.8.6-r02"], {"flaw": damage.field(length=23)}),
    Row("5880-6.8.6-58", ["5880-6.8.6-r02"], {"flaw": damage.field(length=25)}),
    Row("5880-6.8.6-59", ["5880-6.8.6-r02"], {"flaw": damage.field(detect_mult=0)}),
    Row("5880-6.8.6-60", ["5880-6.8.6-r02"], {"flaw": damage.field(my_discriminator=0)}),
)
def test_discarded_packet_leaves_no_trace(bench: Bench, flaw: Damage) -> None:
    """A packet with {flaw} changes no variable, causes no transition and is not answered."""
    puppet = bench.puppet(detect_mult=10)
    establish(bench, puppet=puppet)
    leaves_no_trace(bench, puppet, flaw, f"the packet has {flaw.name}")


@cases(
    Row("5880-6.8.6-68", ["5880-6.8.6-r01"], {"what": "of no session", "your": 0x00FF00FF, "state": State.DOWN}),
    Row("5880-6.8.6-69", ["5880-6.8.6-r01"], {"what": "zero and state Up", "your": None, "state": State.UP}),
)
def test_session_is_selected_before_anything_is_set(bench: Bench, what: str, your: int | None, state: State) -> None:
    """A packet with Your Discriminator {what} sets nothing in the session of the address that it came from."""
    puppet = bench.puppet(detect_mult=10)
    establish(bench, puppet=puppet)
    value = 0 if your is None else puppet.reflected ^ your
    leaves_no_trace(bench, puppet, None, f"its Your Discriminator is {what}", your_discriminator=value, state=state)
