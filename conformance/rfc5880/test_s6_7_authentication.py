"""RFC 5880 section 6.7: what authentication decides, what it does not, and which types there have to be."""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.probes import Probe, must_discard_each
from conformance.bench.scenario import establish, sane_after
from conformance.bench.verdicts import Unsupported
from conformance.rfc5880.authentication import (
    KINDS,
    METICULOUS_SHA1,
    SHA1,
    Kind,
)


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
