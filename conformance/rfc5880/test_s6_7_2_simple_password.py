"""RFC 5880 section 6.7.2, Simple Password, with its format in 4.2.

The types are alike, so the bodies of the cases are in `authentication_sent`, `authentication_received` and
`authentication_numbers`.
"""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, case, cases
from conformance.rfc5880 import authentication_received, authentication_sent
from conformance.rfc5880.authentication import DISCARDS, PASSWORD, SEVERAL, Kind
from topologies.node import Capability


@case(
    "5880-6.7.2-01", judges=PASSWORD.about("type", "size", "layout", "length", "proof", "key_id"), needs=[PASSWORD.need]
)
def test_password_sections(bench: Bench) -> None:
    """With Simple Password every packet carries Auth Type 1, Auth Len, key ID and the password without padding."""
    authentication_sent.password_sections(bench)


@cases(
    Row("5880-6.7.2-02", PASSWORD.about("accepts"), {"kind": PASSWORD}, [PASSWORD.need]),
)
def test_authentic_packets_are_accepted(bench: Bench, kind: Kind) -> None:
    """With {kind}, packets that are authentic bring the session Up and keep it there."""
    authentication_received.authentic_packets_are_accepted(bench, kind)


@cases(
    Row("5880-6.7.2-03", PASSWORD.about(*DISCARDS), {"kind": PASSWORD}, [PASSWORD.need]),
)
def test_wrong_headers_are_discarded(bench: Bench, kind: Kind) -> None:
    """With {kind}, a packet with another Auth Type, an unknown key ID or a wrong Auth Len is discarded."""
    authentication_received.wrong_headers_are_discarded(bench, kind)


@cases(
    Row("5880-6.7.2-04", PASSWORD.about("discards_proof"), {"kind": PASSWORD}, [PASSWORD.need]),
)
def test_wrong_proofs_are_discarded(bench: Bench, kind: Kind) -> None:
    """With {kind}, a packet with another key, or with a bit flipped under its digest, is discarded."""
    authentication_received.wrong_proofs_are_discarded(bench, kind)


@cases(
    Row("5880-6.7.2-05", PASSWORD.about(*SEVERAL), {"kind": PASSWORD}, [PASSWORD.need]),
    needs=[Capability.AUTH_SEVERAL_KEYS],
)
def test_several_keys(bench: Bench, kind: Kind) -> None:
    """With {kind} and two keys, each key ID goes with its own key, in both directions."""
    authentication_received.several_keys(bench, kind)


@cases(
    Row("5880-6.7.2-06", PASSWORD.about("proof", "key_id"), {"kind": PASSWORD}, [PASSWORD.need]),
    needs=[Capability.AUTH_SEVERAL_KEYS, Capability.CHANGE_KEYS],
)
def test_rollover(bench: Bench, kind: Kind) -> None:
    """With {kind} and two keys, a target that is told to send with the second one does so."""
    authentication_received.rollover(bench, kind)
