"""RFC 5880 section 6.8.6: packets that do not have the authentication that their session has."""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, case, cases
from conformance.bench.probes import Probe, must_discard_each
from conformance.bench.scenario import establish, sane_after
from conformance.bench.signing import UNSIGNED, Seal
from conformance.rfc5880.authentication import (
    KINDS,
    MD5,
    METICULOUS_MD5,
    METICULOUS_SHA1,
    PASSWORD,
    SHA1,
    Kind,
    signed,
)

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
