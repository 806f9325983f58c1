"""RFC 5880 section 6.8.6: the discard rules, in the order of the text, and what must not be discarded.

Each negative case is a packet that would be obeyed (it polls and signals Down) but for one flaw; see `must_discard`.
"""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.match import control
from conformance.bench.puppet import Puppet
from conformance.bench.scenario import establish, in_init, must_discard, sane_after, stays_up
from refimpl.core.constants import State
from refimpl.wire import damage
from refimpl.wire.damage import Damage

INTERVAL_US = 300_000
PASSWORD_SECTION = bytes([1, 9, 1]) + b"secret"
"""A well-formed Simple Password section of 9 bytes (4.2)."""


@cases(
    Row("5880-6.8.6-01", ["5880-6.8.6-r03"], {"flaw": damage.field(version=0)}),
    Row("5880-6.8.6-02", ["5880-6.8.6-r03"], {"flaw": damage.field(version=2)}),
    Row("5880-6.8.6-03", ["5880-6.8.6-r03"], {"flaw": damage.field(version=7)}),
    Row("5880-6.8.6-04", ["5880-6.8.6-r04"], {"flaw": damage.field(length=23)}),
    Row("5880-6.8.6-05", ["5880-6.8.6-r04"], {"flaw": damage.field(length=0)}),
    Row(
        "5880-6.8.6-06",
        ["5880-6.8.6-r05"],
        {"flaw": damage.chain(damage.field(authentication_present=1, length=25), damage.pad(PASSWORD_SECTION))},
    ),
    Row("5880-6.8.6-07", ["5880-6.8.6-r06"], {"flaw": damage.field(length=25)}),
    Row("5880-6.8.6-08", ["5880-6.8.6-r06"], {"flaw": damage.field(length=255)}),
    Row("5880-6.8.6-09", ["5880-6.8.6-r06"], {"flaw": damage.truncate(4)}),
    Row("5880-6.8.6-10", ["5880-6.8.6-r06"], {"flaw": damage.keep(1)}),
    Row("5880-6.8.6-11", ["5880-6.8.6-r07"], {"flaw": damage.field(detect_mult=0)}),
    Row("5880-6.8.6-12", ["5880-6.8.6-r08"], {"flaw": damage.field(multipoint=1)}),
    Row("5880-6.8.6-13", ["5880-6.8.6-r09"], {"flaw": damage.field(my_discriminator=0)}),
    Row(
        "5880-6.8.6-14",
        ["5880-6.8.6-r16"],
        {"flaw": damage.chain(damage.field(authentication_present=1, length=33), damage.pad(PASSWORD_SECTION))},
    ),
)
def test_flawed_packet_is_discarded(bench: Bench, flaw: Damage) -> None:
    """A packet with {flaw} is discarded."""
    puppet = establish(bench)
    must_discard(bench, puppet, flaw, because=f"the packet has {flaw.name}")


@case("5880-6.8.6-15", judges=["5880-6.8.6-r11"])
def test_unknown_your_discriminator(bench: Bench) -> None:
    """A packet whose Your Discriminator belongs to no session is discarded, though its addresses fit one."""
    puppet = establish(bench)
    unknown = puppet.reflected ^ 0x00FF00FF or 1
    must_discard(bench, puppet, your_discriminator=unknown, because="its Your Discriminator selects no session")


@cases(
    Row("5880-6.8.6-16", ["5880-6.8.6-r12"], {"state": State.UP}),
    Row("5880-6.8.6-17", ["5880-6.8.6-r12"], {"state": State.INIT}),
)
def test_zero_your_discriminator(bench: Bench, state: State) -> None:
    """A packet with Your Discriminator zero and state {state} is discarded by a session that is Up."""
    puppet = establish(bench)
    must_discard(
        bench,
        puppet,
        your_discriminator=0,
        state=state,
        my_discriminator=puppet.my_discriminator ^ 0x0F0F0F0F,
        because=f"Your Discriminator is zero and the state is {state.label}",
    )


@cases(
    Row("5880-6.8.6-18", ["5880-6.8.6-r12"], {"state": State.UP}),
    Row("5880-6.8.6-19", ["5880-6.8.6-r12"], {"state": State.INIT}),
)
def test_zero_your_discriminator_in_init(bench: Bench, state: State) -> None:
    """In Init, a packet with Your Discriminator zero and state {state} does not bring the session Up."""
    puppet = in_init(bench)
    flawed = bench.send(puppet, your_discriminator=0, state=state)
    bench.expect_never(
        control(state=State.UP),
        for_us=2_500_000,
        after=flawed,
        puppet=puppet,
        because=f"frame {flawed.frame} has Your Discriminator zero and state {state.label}",
    )
    # The sentinel: with the right Your Discriminator the same packet does bring it Up.
    good = bench.send(puppet, state=state)
    bench.wait(control(state=State.UP), within_us=2_500_000, after=good, what="the sentinel", puppet=puppet)


ACCEPTED = (
    Row("5880-6.8.6-20", ["5880-6.8.6-r49"], {"what": "4 bytes after its Length", "harmless": damage.pad(bytes(4))}),
    Row(
        "5880-6.8.6-21", ["5880-6.8.6-r49"], {"what": "100 bytes after its Length", "harmless": damage.pad(bytes(100))}
    ),
    Row("5880-6.8.6-22", ["5880-6.8.6-r49"], {"what": "reserved diagnostic 9", "harmless": damage.field(diag=9)}),
    Row("5880-6.8.6-23", ["5880-6.8.6-r49"], {"what": "reserved diagnostic 31", "harmless": damage.field(diag=31)}),
    Row(
        "5880-6.8.6-24",
        ["5880-6.8.6-r49"],
        {"what": "the C bit set", "harmless": damage.field(control_plane_independent=1)},
    ),
    Row(
        "5880-6.8.6-25",
        ["5880-6.8.6-r49"],
        {
            "what": "Required Min Echo RX Interval 0xffffffff",
            "harmless": damage.field(required_min_echo_rx_interval=2**32 - 1),
        },
    ),
    Row("5880-6.8.6-26", ["5880-6.8.6-r49"], {"what": "Detect Mult 255", "harmless": damage.field(detect_mult=255)}),
)


@cases(*ACCEPTED)
def test_unusual_packet_is_accepted(bench: Bench, what: str, harmless: Damage) -> None:
    """A packet with {what} counts as received: no rule of 6.8.6 discards it."""
    puppet = bench.puppet(detect_mult=3)
    establish(bench, puppet=puppet)
    feed_only(bench, puppet, harmless)
    sane_after(bench, puppet)


def feed_only(bench: Bench, puppet: Puppet, harmless: Damage) -> None:
    """For twice the Detection Time, send nothing but packets with the peculiarity; the target has to stay Up."""
    puppet.keepalives = False
    puppet.next_keepalive_us = None
    start = bench.mark()
    while bench.now() < start.time_us + 2 * 3 * INTERVAL_US:
        bench.send(puppet, harmless)
        bench.elapse(INTERVAL_US * 2 // 3)
    stays_up(bench, puppet, start, because=f"packets with {harmless.name} were received")
    bench.start_keepalives(puppet)
