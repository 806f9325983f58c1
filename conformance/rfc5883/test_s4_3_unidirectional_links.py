"""RFC 5883 section 4.3: sessions over unidirectional links, told apart by link.

The link is unidirectional because nothing is sent back over it; to the target's kernel it is like any other.
"""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.match import control
from conformance.bench.puppet import SLOW_US
from conformance.bench.scenario import SHOWN_US, SLOW_WAIT_US, over_hops
from refimpl.core.constants import State
from topologies.node import Capability

NEEDS = [Capability.UNIDIRECTIONAL]
SENDER, RECEIVER = "unidirectional_sender", "unidirectional_receiver"


@case("5883-4.3-01", judges=["5883-4.3-r03"], needs=NEEDS)
def test_sender_is_active(bench: Bench) -> None:
    """At the sending end of a unidirectional link the target sends without having received anything."""
    puppet = over_hops(bench)
    bench.add_session(puppet, kind=SENDER)
    bench.expect(control(state=State.DOWN), within_us=SLOW_WAIT_US, puppet=puppet)


@case("5883-4.3-02", judges=["5883-4.3-r05", "5883-4.3-r04"], needs=NEEDS, seconds=8)
def test_receiver_is_passive(bench: Bench) -> None:
    """At the receiving end of a unidirectional link the target is silent while it knows no far end."""
    puppet = over_hops(bench, detect_mult=1)
    added = bench.mark()
    bench.add_session(puppet, kind=RECEIVER)
    bench.expect_never(
        control(),
        for_us=2 * SLOW_US,
        after=added,
        requirement="5883-4.3-r05",
        puppet=puppet,
        because="no packet has come in yet",
    )
    # The sentinel: it was silent by its role, not because it was dead.
    hello = bench.send(puppet)
    bench.wait(
        control(state=State.INIT), within_us=SLOW_WAIT_US, after=hello, what="the passive session", puppet=puppet
    )
    # A Detection Time without packets, and the far end's discriminator is forgotten (RFC 5880 section 6.8.1). In the
    # Passive role nothing is sent then (6.8.7); what tells of the expiry itself may still leave.
    bench.until(hello.time_us + SLOW_US + SHOWN_US)
    bench.expect_never(
        control(),
        for_us=2 * SLOW_US,
        after=bench.mark(),
        requirement="5883-4.3-r04",
        puppet=puppet,
        because=f"no packet has come in since frame {hello.frame}, and the Passive role waits for one",
    )


@case("5883-4.3-03", judges=["5883-4.3-r06"], needs=NEEDS, links=2)
def test_link_selects(bench: Bench) -> None:
    """With a session on each of two unidirectional links, a first packet finds that of the link it came in on."""
    puppet = over_hops(bench)
    # What a session says of itself tells which one has answered.
    multipliers = {link: 3 + link for link in (0, 1)}
    for link, multiplier in multipliers.items():
        interface = bench.wire.links[link].target_interface
        bench.add_session(puppet, kind=RECEIVER, interface=interface, detect_mult=multiplier)
    for link in (1, 0):
        hello = bench.send(puppet, your_discriminator=0, my_discriminator=link + 1, link=link)
        answer = bench.wait(
            control(your_discriminator=link + 1), within_us=SLOW_WAIT_US, after=hello, what="an answer", puppet=puppet
        )
        bench.check(
            answer.packet.detect_mult == multipliers[link],
            expected=f"an answer of the session on link {link}, which has Detect Mult {multipliers[link]}",
            actual=f"frame {answer.frame} with Detect Mult {answer.packet.detect_mult}",
            frames=[hello, answer],
        )


@case("5883-4.3-04", judges=["5883-4.3-r07"], needs=NEEDS)
def test_learnt_discriminator_is_returned(bench: Bench) -> None:
    """The receiving end of a unidirectional link returns the discriminator that it has learnt."""
    puppet = over_hops(bench)
    bench.add_session(puppet, kind=RECEIVER)
    hello = bench.send(puppet, your_discriminator=0)
    bench.expect(
        control(your_discriminator=puppet.my_discriminator), within_us=SLOW_WAIT_US, after=hello, puppet=puppet
    )
