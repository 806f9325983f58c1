"""RFC 5880 section 6.7.1: who may switch authentication on and off."""

from conformance.bench.bench import Bench
from conformance.bench.cases import case
from conformance.bench.packets import in_words
from conformance.bench.puppet import Puppet
from conformance.bench.scenario import establish, sane_after
from conformance.bench.signing import UNSIGNED, Seal
from conformance.bench.verdicts import Inconclusive
from conformance.rfc5880.authentication import (
    KINDS,
    SHA1,
    signed,
)

SECOND_US = 1_000_000


@case("5880-6.7.1-01", judges=["5880-6.7.1-r05"], needs=[SHA1.need])
def test_plain_packets_do_not_switch_off(bench: Bench) -> None:
    """On a session with authentication, packets without it do not switch it off."""
    puppet = establish(bench, auth=SHA1.spec())
    plain = [bench.send(puppet, seal=UNSIGNED) for _ in range(5)]
    bench.elapse(SECOND_US)
    bench.check(
        not (switched := [seen for seen in bench.from_target(plain[0]) if not seen.packet.authentication_present]),
        expected=f"the A bit set after frame {plain[0].frame} and four more packets without authentication",
        actual=f"frame {switched[0].frame}: {in_words(switched[0])}" if switched else "",
        frames=[*plain, *switched],
    )
    sane_after(bench, puppet)


@case("5880-6.7.1-02", judges=["5880-6.7.1-r05"])
def test_signed_packets_do_not_switch_on(bench: Bench) -> None:
    """On a session without authentication, packets with it do not switch it on."""
    puppet = establish(bench)
    probes = [bench.send(puppet, signed(kind)) for kind in KINDS]
    bench.elapse(SECOND_US)
    # What it sends afterwards is enough to tell; that it still listens is another requirement's business (6.8.6).
    came = [seen for seen in bench.from_target(probes[0]) if puppet.is_from_target(seen)]
    if not came:
        raise Inconclusive(f"the target sent nothing after frame {probes[0].frame}")
    bench.check(
        not (switched := [seen for seen in came if seen.packet.authentication_present]),
        expected=f"the A bit clear after frame {probes[0].frame} and four more packets with authentication",
        actual=f"frame {switched[0].frame}: {in_words(switched[0])}" if switched else "",
        frames=[*probes, *switched],
    )


@case("5880-6.7.1-03", judges=["5880-6.7.1-r04"], needs=[SHA1.need], seconds=8)
def test_packets_switch_at_most_once(bench: Bench) -> None:
    """Packets with and without authentication in turns do not switch it back and forth."""
    puppet = establish(bench, auth=SHA1.spec())
    start = bench.mark()
    for seal in (UNSIGNED, None, UNSIGNED, None):
        phase(bench, puppet, seal)
    came = [seen for seen in bench.from_target(start) if puppet.is_from_target(seen)]
    bits = [True, *(seen.packet.authentication_present for seen in came)]
    turns = [seen for seen, before in zip(came, bits, strict=False) if seen.packet.authentication_present != before]
    bench.check(
        bool(came) and len(turns) <= 1,
        expected="the A bit to change once at most",
        actual=f"{len(turns)} changes, the first ones in frames {[seen.frame for seen in turns[:2]]}",
        frames=turns,
    )


def phase(bench: Bench, puppet: Puppet, seal: Seal | None) -> None:
    """For half a second, several packets signed in one way."""
    for _ in range(5):
        bench.send(puppet, seal=seal)
        bench.elapse(100_000)
