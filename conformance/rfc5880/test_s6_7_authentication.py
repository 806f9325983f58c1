"""RFC 5880 sections 6.7, 6.7.1, 6.8.6 and 9: what authentication decides, what it does not, and who switches it."""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.packets import in_words
from conformance.bench.probes import Probe, must_discard_each
from conformance.bench.puppet import Puppet
from conformance.bench.scenario import establish, must_discard, sane_after
from conformance.bench.signing import UNSIGNED, Seal, Signer
from conformance.bench.verdicts import Unsupported
from conformance.rfc5880.authentication import (
    FIRST,
    KINDS,
    MD5,
    METICULOUS_MD5,
    METICULOUS_SHA1,
    PASSWORD,
    SHA1,
    Kind,
)
from refimpl.wire.damage import Damage

SECOND_US = 1_000_000


def signed(kind: Kind) -> Damage:
    """An Authentication Section on a packet of a puppet that does not sign."""
    signer = Signer(kind.scheme, FIRST.id, FIRST.secret, 1)
    return Damage(f"signed by {kind.label}", lambda payload: signer.sign(payload, Seal()))


@case("5880-6.7-01", judges=["5880-6.7-r02"], needs=[SHA1.need])
def test_authentic_is_not_enough(bench: Bench) -> None:
    """An authentic packet is still discarded by the rules of 6.8.6."""
    puppet = establish(bench, auth=SHA1.spec())
    unknown = puppet.reflected ^ 0x00FF00FF or 1
    flaws: dict[str, dict[str, object]] = {
        "Version 0": {"version": 0},
        "Detect Mult 0": {"detect_mult": 0},
        "the Multipoint bit": {"multipoint": True},
        "My Discriminator 0": {"my_discriminator": 0},
        "an unknown Your Discriminator": {"your_discriminator": unknown},
    }
    probes = [Probe(f"authentic, with {what}", fields=fields) for what, fields in flaws.items()]
    must_discard_each(bench, puppet, probes, "5880-6.7-r02")
    sane_after(bench, puppet)


@cases(
    Row("5880-6.7-02", ["5880-6.7-r03"], {"kind": SHA1}),
    Row("5880-6.7-03", ["5880-6.7-r04"], {"kind": METICULOUS_SHA1}),
)
def test_sha1_is_supported(bench: Bench, kind: Kind) -> None:
    """A target that supports authentication supports {kind}."""
    lacks = bench.node.lacks
    if all(each.need in lacks for each in KINDS):
        evidence = bench.evidence_of_lack(kind.need)
        raise Unsupported(f"needs authentication, which the target lacks: {lacks[kind.need]} (checked: {evidence})")
    offered = [each.label for each in KINDS if each.need not in lacks]
    evidence = bench.evidence_of_lack(kind.need) if kind.need in lacks else ""
    bench.check(
        not evidence,
        expected=f"{kind.label}, as the target has {', '.join(offered)}",
        actual=f"a refusal: {evidence}",
    )
    establish(bench, auth=kind.spec())


# ---------------------------------------------------------------------- 6.8.6

BOTH = ["5880-6.8.6-r17", "5880-6.8.6-r18"]


@cases(
    Row("5880-6.8.6-101", BOTH, {"kind": PASSWORD}, [PASSWORD.need]),
    Row("5880-6.8.6-102", BOTH, {"kind": MD5}, [MD5.need]),
    Row("5880-6.8.6-103", BOTH, {"kind": METICULOUS_MD5}, [METICULOUS_MD5.need]),
    Row("5880-6.8.6-104", BOTH, {"kind": SHA1}, [SHA1.need]),
    Row("5880-6.8.6-105", BOTH, {"kind": METICULOUS_SHA1}, [METICULOUS_SHA1.need]),
)
def test_not_authentic_on_authenticated_session(bench: Bench, kind: Kind) -> None:
    """A session with {kind} discards packets without authentication, and such as fail it."""
    puppet = establish(bench, auth=kind.spec())
    plain = [Probe("A clear", UNSIGNED), Probe("A clear, Your Discriminator 0", UNSIGNED, fields=NO_DISCRIMINATOR)]
    must_discard_each(bench, puppet, plain, "5880-6.8.6-r17")
    forged = [
        Probe("signed with another key", Seal(key=b"secret13")),
        Probe("signed with another key, Your Discriminator 0", Seal(key=b"secret13"), fields=NO_DISCRIMINATOR),
    ]
    must_discard_each(bench, puppet, forged, "5880-6.8.6-r18")
    sane_after(bench, puppet)


NO_DISCRIMINATOR = {"your_discriminator": 0}


@case("5880-6.8.6-106", judges=["5880-6.8.6-r16"])
def test_authenticated_on_plain_session(bench: Bench) -> None:
    """A session without authentication discards packets with any of the five types."""
    puppet = establish(bench)
    probes = [Probe(f"signed by {kind.label}", damage=signed(kind)) for kind in KINDS]
    must_discard_each(bench, puppet, probes, "5880-6.8.6-r16")
    sane_after(bench, puppet)


# ---------------------------------------------------------------------- 6.7.1


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
    bench.check(
        not (switched := [seen for seen in bench.from_target(probes[0]) if seen.packet.authentication_present]),
        expected=f"the A bit clear after frame {probes[0].frame} and four more packets with authentication",
        actual=f"frame {switched[0].frame}: {in_words(switched[0])}" if switched else "",
        frames=[*probes, *switched],
    )
    sane_after(bench, puppet)


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


# ---------------------------------------------------------------------- 9


@case("5880-9-101", judges=["5880-9-r02"])
def test_less_than_the_maximum_ttl(bench: Bench) -> None:
    """Across a single link, a packet with less than the maximum TTL is dropped."""
    puppet = establish(bench)
    must_discard(bench, puppet, datagram={"ttl": 254}, because="its TTL is 254 on a session across a single link")
