"""RFC 5880 section 6.7.4, Keyed SHA1 and Meticulous Keyed SHA1, with their format in 4.4.

The types are alike, so the bodies of the cases are in `authentication_sent`, `authentication_received` and
`authentication_numbers`.
"""

from conformance.bench.bench import Bench
from conformance.bench.cases import Row, cases
from conformance.rfc5880 import authentication_numbers, authentication_received, authentication_sent
from conformance.rfc5880.authentication import DISCARDS, KNOWN, METICULOUS_SHA1, SENT, SEVERAL, SHA1, WINDOWS, Kind
from topologies.node import Capability


@cases(
    Row("5880-6.7.4-01", SHA1.about(*SENT), {"kind": SHA1}, [SHA1.need]),
    Row("5880-6.7.4-02", METICULOUS_SHA1.about(*SENT), {"kind": METICULOUS_SHA1}, [METICULOUS_SHA1.need]),
)
def test_digest_sections(bench: Bench, kind: Kind) -> None:
    """With {kind} every packet is laid out as the RFC says and carries the digest of itself."""
    authentication_sent.digest_sections(bench, kind)


@cases(
    Row("5880-6.7.4-03", SHA1.about("accepts"), {"kind": SHA1}, [SHA1.need]),
    Row("5880-6.7.4-04", METICULOUS_SHA1.about("accepts"), {"kind": METICULOUS_SHA1}, [METICULOUS_SHA1.need]),
)
def test_authentic_packets_are_accepted(bench: Bench, kind: Kind) -> None:
    """With {kind}, packets that are authentic bring the session Up and keep it there."""
    authentication_received.authentic_packets_are_accepted(bench, kind)


@cases(
    Row("5880-6.7.4-05", SHA1.about("ignores_reserved"), {"kind": SHA1}, [SHA1.need]),
    Row("5880-6.7.4-06", METICULOUS_SHA1.about("ignores_reserved"), {"kind": METICULOUS_SHA1}, [METICULOUS_SHA1.need]),
)
def test_reserved_is_ignored(bench: Bench, kind: Kind) -> None:
    """With {kind}, the Reserved byte may have any value, as long as the digest is right."""
    authentication_received.reserved_is_ignored(bench, kind)


@cases(
    Row("5880-6.7.4-07", SHA1.about(*DISCARDS), {"kind": SHA1}, [SHA1.need]),
    Row("5880-6.7.4-08", METICULOUS_SHA1.about(*DISCARDS), {"kind": METICULOUS_SHA1}, [METICULOUS_SHA1.need]),
)
def test_wrong_headers_are_discarded(bench: Bench, kind: Kind) -> None:
    """With {kind}, a packet with another Auth Type, an unknown key ID or a wrong Auth Len is discarded."""
    authentication_received.wrong_headers_are_discarded(bench, kind)


@cases(
    Row("5880-6.7.4-09", SHA1.about("discards_proof"), {"kind": SHA1}, [SHA1.need]),
    Row("5880-6.7.4-10", METICULOUS_SHA1.about("discards_proof"), {"kind": METICULOUS_SHA1}, [METICULOUS_SHA1.need]),
)
def test_wrong_proofs_are_discarded(bench: Bench, kind: Kind) -> None:
    """With {kind}, a packet with another key, or with a bit flipped under its digest, is discarded."""
    authentication_received.wrong_proofs_are_discarded(bench, kind)


@cases(
    Row("5880-6.7.4-11", SHA1.about(*SEVERAL), {"kind": SHA1}, [SHA1.need]),
    Row("5880-6.7.4-12", METICULOUS_SHA1.about(*SEVERAL), {"kind": METICULOUS_SHA1}, [METICULOUS_SHA1.need]),
    needs=[Capability.AUTH_SEVERAL_KEYS],
)
def test_several_keys(bench: Bench, kind: Kind) -> None:
    """With {kind} and two keys, each key ID goes with its own key, in both directions."""
    authentication_received.several_keys(bench, kind)


@cases(
    Row("5880-6.7.4-13", SHA1.about("key_id"), {"kind": SHA1}, [SHA1.need]),
    Row("5880-6.7.4-14", METICULOUS_SHA1.about("key_id"), {"kind": METICULOUS_SHA1}, [METICULOUS_SHA1.need]),
    needs=[Capability.AUTH_SEVERAL_KEYS, Capability.CHANGE_KEYS],
)
def test_rollover(bench: Bench, kind: Kind) -> None:
    """With {kind} and two keys, a target that is told to send with the second one does so."""
    authentication_received.rollover(bench, kind)


@cases(
    Row("5880-6.7.4-15", SHA1.about("sequence", "on_state"), {"kind": SHA1}, [SHA1.need]),
)
def test_number_moves_on_with_the_state(bench: Bench, kind: Kind) -> None:
    """With {kind} the Sequence Number moves on when the state changes.

    A target that counts by a clock may do so between two packets by chance, so the state changes several times.
    """
    authentication_numbers.number_moves_on_with_the_state(bench, kind)


@cases(
    Row("5880-6.7.4-23", SHA1.about("on_contents"), {"kind": SHA1}, [SHA1.need]),
    needs=[Capability.CHANGE_MULT],
)
def test_number_moves_on_with_the_contents(bench: Bench, kind: Kind) -> None:
    """With {kind} the Sequence Number moves on when Detect Mult changes.

    Five changes at a tenth of a second between packets: a target that counts once a second by a clock passes each by
    chance one time in ten, so all of them one time in 10^5.
    """
    authentication_numbers.number_moves_on_with_the_contents(bench, kind)


@cases(
    Row(
        "5880-6.7.4-16",
        METICULOUS_SHA1.about("sequence", "every_packet"),
        {"kind": METICULOUS_SHA1},
        [METICULOUS_SHA1.need],
    ),
)
def test_meticulous_numbers(bench: Bench, kind: Kind) -> None:
    """With {kind} every packet has a Sequence Number of its own, the answers to Polls included."""
    authentication_numbers.meticulous_numbers(bench, kind)


@cases(
    Row("5880-6.7.4-17", SHA1.about(*WINDOWS), {"kind": SHA1}, [SHA1.need]),
    Row("5880-6.7.4-18", METICULOUS_SHA1.about(*WINDOWS), {"kind": METICULOUS_SHA1}, [METICULOUS_SHA1.need]),
)
def test_window(bench: Bench, kind: Kind) -> None:
    """With {kind}, Sequence Numbers before the window and beyond it are discarded, and those at its edges are not."""
    authentication_numbers.window(bench, kind)


@cases(
    Row("5880-6.7.4-19", SHA1.about("circular"), {"kind": SHA1}, [SHA1.need]),
    Row("5880-6.7.4-20", METICULOUS_SHA1.about("circular"), {"kind": METICULOUS_SHA1}, [METICULOUS_SHA1.need]),
)
def test_wrap(bench: Bench, kind: Kind) -> None:
    """With {kind}, the window reaches across the wrap of the Sequence Number."""
    authentication_numbers.wrap(bench, kind)


@cases(
    Row("5880-6.7.4-21", SHA1.about(*KNOWN), {"kind": SHA1}, [SHA1.need]),
    Row("5880-6.7.4-22", METICULOUS_SHA1.about(*KNOWN), {"kind": METICULOUS_SHA1}, [METICULOUS_SHA1.need]),
)
def test_first_packet_begins_the_window(bench: Bench, kind: Kind) -> None:
    """With {kind}, the Sequence Number of the first authentic packet is where the window begins."""
    authentication_numbers.first_packet_begins_the_window(bench, kind)
