"""RFC 5881 section 3: both sides speak first, and the first packets find their session."""

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.match import Not, control
from conformance.bench.packets import in_words
from conformance.bench.scenario import SHOWN_US, SLOW_WAIT_US, establish, fresh, must_discard
from conformance.bench.sharing import ask_for_another, one_session
from refimpl.core.constants import Diag, State
from topologies.node import Capability


@cases(
    Row("5881-3-01", ["5881-3-r03", "5881-3-r04"], {"family": 4}, [Capability.IPV4]),
    Row("5881-3-02", ["5881-3-r03", "5881-3-r04"], {"family": 6}, [Capability.IPV6]),
)
def test_active_role(bench: Bench, family: int) -> None:
    """On IPv{family} the target sends first, with Your Discriminator zero."""
    puppet = bench.puppet(family)
    bench.add_session(puppet)
    first = bench.expect(control(), within_us=SLOW_WAIT_US, requirement="5881-3-r03", puppet=puppet)
    bench.check(
        first.packet.your_discriminator == 0,
        expected="Your Discriminator 0 in the first packet",
        actual=f"frame {first.frame}: {in_words(first)}",
        frames=[first],
        requirement="5881-3-r04",
    )


@cases(
    Row("5881-3-03", ["5881-3-r05"], {"family": 4}, [Capability.IPV4]),
    Row("5881-3-04", ["5881-3-r05"], {"family": 6}, [Capability.IPV6]),
)
def test_zero_your_discriminator_finds_the_session(bench: Bench, family: int) -> None:
    """On IPv{family} a packet with Your Discriminator zero finds the session of its sender."""
    puppet = fresh(bench, family)
    sent = bench.send(puppet, your_discriminator=0)
    bench.expect(
        control(state=State.INIT, your_discriminator=puppet.my_discriminator),
        within_us=SLOW_WAIT_US,
        after=sent,
        puppet=puppet,
    )


@case("5881-3-05", judges=["5881-3-r05"])
def test_stranger_does_not_find_the_session(bench: Bench) -> None:
    """A packet with Your Discriminator zero from another address of the subnet leaves the session alone."""
    puppet = establish(bench)
    stranger = bench.stranger(puppet)
    must_discard(
        bench,
        puppet,
        datagram={"source": stranger},
        your_discriminator=0,
        my_discriminator=puppet.my_discriminator ^ 0x0BADBAD0,
        because=f"no session is configured to {stranger}",
    )


@case("5881-3-06", judges=["5881-3-r07"], needs=[Capability.IPV4, Capability.IPV6])
def test_protocols_are_kept_apart(bench: Bench) -> None:
    """With a session on each IP version, a packet with Your Discriminator zero moves the session of its own version."""
    four, six = fresh(bench, 4), fresh(bench, 6)
    sent = bench.send(six, your_discriminator=0)
    bench.expect(control(state=State.INIT), within_us=SLOW_WAIT_US, after=sent, puppet=six)
    bench.expect_never(
        control(state=Not(State.DOWN)), for_us=SLOW_WAIT_US, after=sent, puppet=four, because="nothing came over IPv4"
    )


@case("5881-3-07", judges=["5881-3-r05"])
def test_restarted_far_end(bench: Bench) -> None:
    """A far end that restarted (Your Discriminator 0, Down, a new discriminator) takes the session out of Up at
    once."""
    puppet = establish(bench)
    bench.stop_keepalives(puppet)
    puppet.my_discriminator ^= 0x33333333
    puppet.state = State.DOWN
    restarted = bench.send(puppet, your_discriminator=0)
    # RFC 5880 section 6.8.6 would allow a selection by My Discriminator, too; this application leaves no choice: the
    # packet is associated with the session of its sender, and a received Down takes that one Down.
    bench.expect(
        control(state=State.DOWN, diag=Diag.NEIGHBOR_SIGNALED_SESSION_DOWN),
        # Well before the Detection Time, which would take it Down anyway.
        within_us=PROMPT_US,
        after=restarted,
        puppet=puppet,
    )


@case("5881-3-08", judges=["5881-3-r01"])
def test_one_session_for_interface_and_protocol(bench: Bench) -> None:
    """A second session to the same far end over the same interface is refused, or takes the place of the first."""
    puppet = fresh(bench)
    asked = ask_for_another(bench, puppet, detect_mult=4)
    one_session(bench, puppet, asked)


@cases(
    Row("5881-3-09", ["5881-3-r02"], {"family": 4}, [Capability.IPV4]),
    Row("5881-3-10", ["5881-3-r02"], {"family": 6}, [Capability.IPV6]),
    links=2,
)
def test_bound_to_its_interface(bench: Bench, family: int) -> None:
    """On IPv{family} a first packet with the right addresses over another interface begins no handshake."""
    puppet = fresh(bench, family)
    elsewhere = bench.send(puppet, your_discriminator=0, link=1)
    bench.expect_never(
        control(state=Not(State.DOWN)),
        for_us=SHOWN_US,
        after=elsewhere,
        puppet=puppet,
        because=f"frame {elsewhere.frame} came in over another interface than the session's",
    )
    good = bench.send(puppet, your_discriminator=0)
    bench.wait(control(state=State.INIT), within_us=SLOW_WAIT_US, after=good, what="the sentinel", puppet=puppet)


@case("5881-3-11", judges=["5881-3-r06"], needs=[Capability.IPV6, Capability.LINK_LOCAL], links=2)
def test_interface_selects_the_session(bench: Bench) -> None:
    """With sessions to one link-local address on two interfaces, a first packet moves that of its interface only."""
    puppets = [fresh(bench, 6, puppet=bench.puppet(6, link=link, link_local=True)) for link in (0, 1)]
    # The other one than the first that was configured, which a target without regard to interfaces might take.
    idle, called = puppets
    sent = bench.send(called, your_discriminator=0)
    bench.expect(control(state=State.INIT), within_us=SLOW_WAIT_US, after=sent, puppet=called)
    bench.expect_never(
        control(state=Not(State.DOWN)),
        for_us=SHOWN_US,
        after=sent,
        puppet=idle,
        because=f"frame {sent.frame} came in over the other interface",
    )
