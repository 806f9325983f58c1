"""RFC 5881 section 2: a session for each IP version, carried by it."""

from ipaddress import ip_address

from conformance.bench.bench import PROMPT_US, Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.encapsulation import around
from conformance.bench.match import control
from conformance.bench.packets import Seen, in_words
from conformance.bench.puppet import Puppet
from conformance.bench.scenario import SHOWN_US, SLOW_WAIT_US, fresh, raise_up
from conformance.bench.verdicts import Inconclusive
from refimpl.core.constants import State
from topologies.node import Capability

BOTH = [Capability.IPV4, Capability.IPV6]


@case("5881-2-01", judges=["5881-2-r03", "5882-6-r04"], needs=BOTH)
def test_a_session_for_each_ip_version(bench: Bench) -> None:
    """With IPv4 and IPv6 both monitored on a link, each has a session: a discriminator and a state of its own."""
    four, six = fresh(bench, 4), fresh(bench, 6)
    sent = bench.send(four)
    bench.wait(control(state=State.INIT), within_us=SLOW_WAIT_US, after=sent, what="the handshake", puppet=four)
    bench.until(sent.time_us + SLOW_WAIT_US)
    over_four, over_six = latest(four), latest(six)
    bench.check(
        over_four.packet.my_discriminator != over_six.packet.my_discriminator,
        expected="a discriminator of its own for the session of each IP version",
        actual=f"My Discriminator {over_six.packet.my_discriminator:#010x} over both",
        frames=[over_four, over_six],
        requirement="5881-2-r03",
    )
    bench.check(
        over_six.packet.state == State.DOWN,
        expected="state Down over IPv6, on which nothing was received",
        actual=f"frame {over_six.frame}: {in_words(over_six)}",
        frames=[sent, over_six],
        requirement="5882-6-r04",
    )


@cases(
    Row("5881-2-02", ["5881-2-r04", "5882-6-r02"], {"family": 4}),
    Row("5881-2-03", ["5881-2-r04", "5882-6-r02"], {"family": 6}),
    needs=BOTH,
)
def test_carried_by_its_own_ip_version(bench: Bench, family: int) -> None:
    """The packets of a session on IPv{family} are carried by IPv{family} all its life."""
    fresh(bench, 4 if family == 6 else 6)
    puppet = fresh(bench, family)
    discriminator = latest(puppet).packet.my_discriminator
    raise_up(bench, puppet)
    asked = bench.send(puppet, poll=True)
    bench.until(asked.time_us + PROMPT_US)
    silent = bench.stop_keepalives(puppet)
    bench.elapse(puppet.detect_mult * puppet.desired_min_tx_us + SHOWN_US)
    packets = [seen for seen in bench.from_target(bench.origin) if seen.packet.my_discriminator == discriminator]
    strays = [seen for seen in packets if ip_address(seen.datagram.source).version != family]
    # What goes astray from the start is carried wrongly; what goes astray after a failure has changed over.
    for requirement, found in (
        ("5881-2-r04", [seen for seen in strays if seen.time_us <= silent.time_us]),
        ("5882-6-r02", strays),
    ):
        bench.check(
            not found,
            expected=f"IPv{family} around each of {len(packets)} packets with My Discriminator {discriminator:#010x}",
            actual=f"frame {found[0].frame}: {around(found[0])}" if found else "",
            frames=found,
            requirement=requirement,
        )


def latest(puppet: Puppet) -> Seen:
    """The target's last packet to this far end."""
    if puppet.last_seen is None:
        raise Inconclusive("the target has not sent yet")
    return puppet.last_seen
